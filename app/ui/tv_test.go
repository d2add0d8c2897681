package ui

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAWallIsWhatItsURLSays(t *testing.T) {
	for _, c := range []struct {
		query  string
		on     bool
		boards []string
		every  time.Duration
		name   string
	}{
		{"", false, nil, usualTurn, ""},
		{"tv=1", true, nil, usualTurn, ""},
		{"tv=yes", false, nil, usualTurn, ""},
		{"tv=1&boards=home,+shop,,a+b,all&every=1m&screen=Lobby", true, []string{"home", "shop", "all"}, time.Minute, "Lobby"},
		{"tv=1&every=0s", true, nil, shortTurn, ""},
		{"tv=1&every=100d", true, nil, longTurn, ""},
		{"tv=1&every=soon", true, nil, usualTurn, ""},
		{"tv=1&boards=" + strings.Repeat("x,", 100), true, slices.Repeat([]string{"x"}, mostTurns), usualTurn, ""},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		if w := wallOf(q); w.on != c.on || !slices.Equal(w.boards, c.boards) || w.every != c.every || w.name != c.name {
			t.Errorf("%q: %+v", c.query, w)
		}
	}
}

func TestTurnsAreTheSameOnAllScreensAndFollowEachOther(t *testing.T) {
	w := wall{boards: []string{"a", "b", "c"}, every: 30 * time.Second}
	for _, c := range []struct {
		now  int64
		by   int
		of   int
		left time.Duration
	}{
		{0, 0, 0, 30 * time.Second}, {29_999, 0, 0, time.Millisecond}, {30_000, 0, 1, 30 * time.Second}, {75_000, 0, 2, 15 * time.Second},
		{90_000, 0, 0, 30 * time.Second}, {0, 1, 1, 30 * time.Second}, {0, -1, 2, 30 * time.Second}, {0, -100, 2, 30 * time.Second},
	} {
		if of, left := w.turn(c.now, c.by); of != c.of || left != c.left {
			t.Errorf("at %d, %d on: %d for %v, want %d for %v", c.now, c.by, of, left, c.of, c.left)
		}
	}
}
