package ui

import (
	"strings"
	"testing"

	"telltale/shared/board"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/run"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

func TestALogAndARunSayHowLateWhatWasPromisedIs(t *testing.T) {
	const now = 1_000_000_000
	said := func(at int64) RoomView {
		return RoomView{First: 1, Last: 1, Messages: []wire.MessageRow{{Seq: 1, Time: at, Content: "x"}}}
	}
	log := func(every board.Span, past bool, early RoomView) app.UI {
		return &RoomCard{Panel: board.Panel{ID: "p", Kind: board.Log, Room: "build", Every: every}, Now: now, Past: past, Early: early}
	}
	ran := func(every board.Span, runs ...run.Run) app.UI {
		return &RunCard{Panel: board.Panel{ID: "p", Kind: board.Run, Command: "backup", Every: every}, Now: now, Early: runs}
	}
	backup := func(at int64) run.Run {
		return run.Run{ID: "id", Command: "backup", State: run.Exited, Started: at}
	}
	for _, c := range []struct {
		name        string
		card        app.UI
		trust, word string
	}{
		{"a log in time", log(60_000, false, said(now-30_000)), "fresh", "30 s ago"},
		{"a late log", log(60_000, false, said(now-90_000)), "late", "30 s late"},
		{"an overdue log", log(60_000, false, said(now-240_000)), "overdue", "3 min late"},
		{"a log of nothing", log(60_000, false, RoomView{First: 1}), "overdue", "nothing said"},
		{"a log without a promise", log(0, false, said(now-90_000)), "", ""},
		{"a log of the past", log(60_000, true, said(now-90_000)), "", ""},
		{"a run in time", ran(86_400_000, backup(now-3600_000)), "fresh", "60 min ago"},
		{"a late run", ran(86_400_000, backup(now-90_000_000)), "late", "60 min late"},
		{"a command that never ran", ran(86_400_000), "overdue", "never run"},
		{"a run without a promise", ran(0, backup(now-90_000_000)), "", ""},
	} {
		html := app.HTMLString(c.card)
		if trust := `data-trust="` + c.trust + `"`; c.trust != "" && !strings.Contains(html, trust) || c.trust == "" && strings.Contains(html, "data-trust") || !strings.Contains(html, c.word) {
			t.Errorf("%s: want %s, %q in\n%s", c.name, trust, c.word, html)
		}
	}
}

func TestAPageMadeWhileTheStoreIsOutOfReachDoesNotLookFresh(t *testing.T) {
	m := metric.Metric{ID: "load", Declaration: metric.Declaration{Kind: metric.Gauge}, Head: metric.Head{Time: now - 30_000, Seq: 1, Value: 1}}
	card := Card{Panel: board.Panel{ID: "p", Kind: board.Stat}, Shown: []metric.Metric{m}, Titles: []string{"load"}, Now: now}
	if said := card.firstBadge(); said.State != fresh.Fresh {
		t.Errorf("with a store it is %v", said)
	}
	card.Stale = fresh.Silence
	if said := card.firstBadge(); said.State != fresh.Cut || said.Words != "30 s ago" {
		t.Errorf("without one it is %v", said)
	}
}

// told is a browser whose viewer knows how far cards may be trusted.
type told struct {
	alive
	said fresh.Badge
}

func (b told) Trust(*Card) fresh.Badge { return b.said }

func TestACardThatIsDrawnAnewSaysWhatIsKnownNow(t *testing.T) {
	browser = told{said: fresh.Badge{State: fresh.Late, Words: "2 s late"}}
	t.Cleanup(func() { browser = nil })
	m := metric.Metric{ID: "load", Declaration: metric.Declaration{Kind: metric.Gauge}, Head: metric.Head{Time: now + 500, Seq: 2, Value: 1}}
	card := &Card{Panel: board.Panel{ID: "p", Kind: board.Stat, Every: 60_000}, Shown: []metric.Metric{m}, Titles: []string{"load"}, Now: now}
	if html := app.HTMLString(card); !strings.Contains(html, `data-trust="late"`) || !strings.Contains(html, "2 s late") || strings.Contains(html, "never written") {
		t.Errorf("of a value that was written after the page was made it says\n%s", html)
	}
}

func TestWhatIsPromisedAndNotThereIsAsUnknownAsAnyOther(t *testing.T) {
	card := &Card{Panel: board.Panel{ID: "p", Kind: board.Stat, Every: 60_000, Queries: []board.Query{{Metric: "load"}}}, Now: now}
	for heard, want := range map[int64]fresh.Badge{now: {State: fresh.Overdue, Words: "never written"}, 0: {State: fresh.Cut}} {
		got := card.badge(now, func(m metric.Metric) (int64, int64) {
			if m.ID != "load" {
				t.Errorf("asked of %q", m.ID)
			}
			return 0, heard
		})
		if got != want {
			t.Errorf("heard of at %d: %+v, want %+v", heard, got, want)
		}
	}
}
