package redis

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
)

// stopped notes which runs a process is told to end.
type stopped struct {
	mu   sync.Mutex
	runs []string
}

func (s *stopped) note(run string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = append(s.runs, run)
}

func (s *stopped) has(run string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.runs, run)
}

// TestThatARunIsToEndIsHeardByWhoReadsTheLogAndByWhoDoesNot has one process follow the log, and another
// begin to only after it was said.
func TestThatARunIsToEndIsHeardByWhoReadsTheLogAndByWhoDoesNot(t *testing.T) {
	server := redistest.Start(t)
	asks, follows := open(t, server.URL(), "p"), open(t, server.URL(), "p")
	if err := asks.Stop(t.Context(), "early"); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("before it has joined the others: %v", err)
	}
	p := asks.Join(nobody{})
	follows.Join(nobody{})
	var atOnce, later stopped
	follows.HearStops(atOnce.note)
	if err := asks.Stop(t.Context(), "run"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "who follows hears it", func() bool { return atOnce.has("run") })
	late := open(t, server.URL(), "p")
	late.HearStops(later.note)
	for _, run := range []string{"other", "run"} {
		if err := late.Hear(t.Context(), run, peerLease); err != nil {
			t.Fatal(err)
		}
	}
	if !later.has("run") || later.has("other") {
		t.Errorf("who has come later hears of %v", later.runs)
	}

	eventually(t, "all is told", func() bool { return !p.waits() })
	<-p.lane.turn // the next call stands still
	if !p.ask("id", &question{open: map[string]bool{"other": true}, answered: make(chan struct{})}, hubStop, "under way", nil) {
		t.Fatal("too much waits")
	}
	eventually(t, "a call is under way", func() bool { return !p.waits() })
	ctx, end := context.WithCancel(t.Context())
	given := make(chan error)
	go func() { given <- asks.Stop(ctx, "given up") }()
	eventually(t, "it waits", p.waits)
	end()
	if err := <-given; !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("given up: %v", err)
	}
	p.lane.turn <- struct{}{}
	if err := asks.Stop(t.Context(), "last"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "things go on", func() bool { return atOnce.has("last") })
	if atOnce.has("given up") {
		t.Error("what was given up was told all the same")
	}
}
