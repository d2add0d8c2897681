package ui

import (
	"errors"
	"net/url"
	"testing"

	"telltale/shared/board"
	"telltale/shared/fresh"
	"telltale/shared/metric"
)

func TestAnAgeIsSaidOfOldReadingsAndOfEverythingWithoutContact(t *testing.T) {
	reading, count := gauge("g", 1), counter("c", 1)
	for _, c := range []struct {
		m     metric.Metric
		past  int64 // ms after the value
		stale bool
		want  string
	}{
		{reading, 5_000, false, ""},
		{reading, 59_999, false, ""},
		{reading, 61_000, false, "61 s ago"},
		{reading, 600_000, false, "10 min ago"},
		{reading, 3 * 3_600_000, false, "3 h ago"},
		{reading, 3 * 86_400_000, false, "3 days ago"},
		{count, 3 * 86_400_000, false, ""},
		{count, 12_000, true, "12 s ago"},
		{metric.Metric{ID: "none"}, 0, true, ""},
	} {
		heard := c.m.Head.Time + c.past
		if c.stale {
			heard -= fresh.Silence
		}
		card := &Card{Shown: []metric.Metric{c.m}, Titles: []string{"it"}}
		got := card.badge(c.m.Head.Time+c.past, func(metric.Metric) (int64, int64) { return c.m.Head.Time, heard }).Words
		if got != c.want {
			t.Errorf("%s after %d ms, stale %v: %q, want %q", c.m.ID, c.past, c.stale, got, c.want)
		}
	}
}

func TestACardSaysInItsFirstPaintHowLateItIs(t *testing.T) {
	const now = 1_700_000_000_000
	card := func(of ...metric.Metric) *Card {
		c := &Card{Panel: board.Panel{Every: 60_000}, Shown: of, Now: now}
		for _, m := range of {
			c.Titles = append(c.Titles, string(m.ID))
		}
		return c
	}
	at := func(id metric.ID, ago int64) metric.Metric {
		return metric.Metric{ID: id, Head: metric.Head{Seq: 1, Time: now - ago}}
	}
	for _, c := range []struct {
		card *Card
		want fresh.Badge
	}{
		{card(at("a", 4_000)), fresh.Badge{State: fresh.Fresh, Words: "4 s ago"}},
		{card(at("a", 4_000), at("b", 90_000)), fresh.Badge{State: fresh.Late, Words: "b: 30 s late"}},
		{card(at("a", 600_000)), fresh.Badge{State: fresh.Overdue, Words: "9 min late"}},
		{card(at("a", -600_000)), fresh.Badge{State: fresh.Overdue, Words: "never written"}},
		{card(), fresh.Badge{State: fresh.Overdue, Words: "never written"}},
		{&Card{Shown: []metric.Metric{at("a", -600_000)}, Titles: []string{"a"}, Now: now, Panel: board.Panel{Every: 60_000},
			Written: map[metric.ID]int64{"a": now - 70_000}}, fresh.Badge{State: fresh.Late, Words: "10 s late"}},
	} {
		if got := c.card.firstBadge(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.card.Shown, got, c.want)
		}
	}
}

func TestACurlLineChangesWhatItsPanelShows(t *testing.T) {
	for _, c := range []struct {
		m    metric.Metric
		want string
	}{
		{counter("orders", 0), "curl -X POST localhost:8082/order"},
		{counter("customers", 0), "curl -X POST localhost:8082/sign-up"},
		{counter("clicks", 0), "curl -X POST localhost:8082/m/clicks"},
		{gauge("temp", 0), "curl -d 21.5 localhost:8082/m/temp"},
		{gauge("host.cpu", 0), "curl localhost:8082/m/host.cpu"},
		{gauge(`a{b="c/d"}`, 0), "curl -d 21.5 localhost:8082/m/a%7Bb=%22c%2Fd%22%7D"},
	} {
		if got := curlLine("localhost:8082", c.m); got != c.want {
			t.Errorf("%s: %s, want %s", c.m.ID, got, c.want)
		}
	}
}

func TestARefusalIsASentence(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		err    error
		want   string
	}{
		{200, `{"metric":"orders"}`, nil, ""},
		{400, `{"title":"Bad Request","detail":"no order remains to remove"}`, nil, "No order remains to remove"},
		{429, `{"title":"Too Many Requests"}`, nil, "Too Many Requests"},
		{502, `<html>`, nil, "Not counted: the server answered with status 502"},
		{0, "", errors.New("x"), "Not counted: the server does not answer"},
	} {
		if got := refusal(c.status, c.body, c.err); got != c.want {
			t.Errorf("%d %s: %q, want %q", c.status, c.body, got, c.want)
		}
	}
}

func TestAPlaceIsReadFromItsURL(t *testing.T) {
	for _, c := range []struct{ path, board, span string }{
		{"/", "home", "5m"},
		{"/?range=1h", "home", "1h"},
		{"/?range=nonsense", "home", "5m"},
		{"/b/all?range=30d", "all", "30d"},
		{"/m/temp", "metric", "5m"},
		{"/m/a%7Bb=%22c%2Fd%22%7D?range=7d", "metric", "7d"},
	} {
		u, err := url.Parse(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if at := placeOf(u); at.board.ID != c.board || at.span.name != c.span {
			t.Errorf("%s is %s over %s, want %s over %s", c.path, at.board.ID, at.span.name, c.board, c.span)
		}
	}
}

func TestAMomentSaysItsDateWhereItIsNotToday(t *testing.T) {
	zone := func(int64) int { return 7200 }
	if got := moment(now, now+1000, zone); got != "10:00:00" {
		t.Errorf("today: %s", got)
	}
	if got := moment(now-86_400_000, now, zone); got != "14 Jan 10:00" {
		t.Errorf("yesterday: %s", got)
	}
}
