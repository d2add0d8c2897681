package ui

import (
	"slices"
	"strings"
	"testing"

	"telltale/shared/board"
	"telltale/shared/metric"
)

func TestWhatIsWrongWithAPanelIsSaidAtItsField(t *testing.T) {
	one, ten := 1.0, 10.0
	line := func(change func(*board.Panel)) board.Panel {
		p := board.Panel{ID: "p", Kind: board.Line, Queries: []board.Query{{Metric: "a"}, {Metric: "b"}}}
		change(&p)
		return p
	}
	for field, c := range map[string]struct {
		p    board.Panel
		says string
	}{
		"":           {line(func(*board.Panel) {}), ""},
		"title":      {line(func(p *board.Panel) { p.Title = strings.Repeat("x", board.MaxTitle+1) }), "longer than"},
		"id":         {line(func(p *board.Panel) { p.ID = "other" }), "stands twice"},
		"queries":    {line(func(p *board.Panel) { p.Queries = nil }), "Choose a metric"},
		"query-1":    {line(func(p *board.Panel) { p.Queries[1].Metric = "b c" }), "matches"},
		"room":       {board.Panel{ID: "p", Kind: board.Log, Room: "a b"}, "room"},
		"scale":      {line(func(p *board.Panel) { p.Min, p.Max = &ten, &one }), "min is below max"},
		"thresholds": {line(func(p *board.Panel) { p.Thresholds = []board.Threshold{{At: 1, Tone: "odd"}} }), "tone"},
		"size":       {line(func(p *board.Panel) { p.W = 99 }), "99"},
		"every":      {line(func(p *board.Panel) { p.Every = -5 }), ""},
		"kind":       {line(func(p *board.Panel) { p.Kind = "pie" }), "pie"},
		"text":       {board.Panel{ID: "p", Kind: board.Text, Text: strings.Repeat("x", 70_000)}, "longer"},
	} {
		b := board.Board{ID: "b", Panels: []board.Panel{{ID: "other", Kind: board.Run}, c.p}}
		got, says := fault(b, 1)
		if got != field || !strings.Contains(says, c.says) || strings.HasPrefix(says, "Panel") {
			t.Errorf("%s: told at %q: %s", field, got, says)
		}
	}
}

func TestAFormTakesWhatItsKindTakesAndLosesNothing(t *testing.T) {
	max := 5.0
	f := newForm(board.Panel{ID: "p", Kind: board.Line, Queries: []board.Query{{Metric: "a"}}, Max: &max, Unit: "s", Every: 60_000,
		Thresholds: []board.Threshold{{At: 3, Tone: board.Bad}, {At: 1, Tone: board.Warn}}}, 0, false)
	was := f.panel()
	for _, k := range kinds {
		f.full.Kind, f.full.Room, f.full.Text = k.kind, "build", "words"
		b := board.Board{ID: "b", Panels: []board.Panel{f.panel()}}
		if err := b.Check(); err != nil {
			t.Errorf("%s: %v", k.kind, err)
		}
	}
	f.full.Kind = board.Line
	if got := f.panel(); !(board.Board{Panels: []board.Panel{got}}).Same(board.Board{Panels: []board.Panel{was}}) || got.Thresholds[0].At != 1 {
		t.Errorf("%+v came back as %+v", was, got)
	}
}

func TestMetricsAreFoundByPartsOfNamesAndByPatterns(t *testing.T) {
	known := []metric.Metric{{ID: "host.cpu"}, {ID: "host.net.in", Declaration: metric.Declaration{Title: "Received"}}, {ID: "orders"}}
	for text, want := range map[string][]string{
		"": {"host.cpu", "host.net.in", "orders"}, "CPU": {"host.cpu"}, "receiv": {"host.net.in"}, "host.*": {"host.cpu", "host.net.in"}, "zzz": nil,
	} {
		var got []string
		for _, m := range found(known, text) {
			got = append(got, string(m.ID))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
}

func TestAPaperSaysWhereItIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		``:                                "",
		`{"panels":[]}`:                   "",
		`{`:                               "The text ends too early, in line 1, column 1",
		"{\n  \"panels\": [}\n":           "in line 2, column 14",
		`{"panels":[],"x":1}`:             `The field "x" is not known here`,
		`{"title":"a"}`:                   `"panels"`,
		`{"panels":[{"id":"a","w":"b"}]}`: `Panel 1: the field "w" cannot be a string`,
		`{"panels":[{"id":"a","kind":"line","queries":[{"metrik":"a"}]}]}`: `Panel 1: the field "metrik" is not known here`,
		`{"panels":[{"id":"a","kind":"pie"}]}`:                             `Panel 1: "pie" is not a kind`,
		`{"panels":[]} more`:                                               "stands behind",
		`[1]`:                                                              "This is array",
	} {
		var p paper
		p.read(text, "b")
		if want == "" && p.wrong != "" || !strings.Contains(p.wrong, want) {
			t.Errorf("%s: %q, want %q", text, p.wrong, want)
		}
	}
	var p paper
	p.read(document(board.Home()), "other")
	if p.wrong != "" || !p.board.Same(board.Home()) {
		t.Errorf("home came back as %+v, %s", p.board, p.wrong)
	}
}

func TestEveryKeyOfTheTableDoesSomething(t *testing.T) {
	page := &BoardPage{}
	d := &page.desk
	d.page = page
	page.at.board = board.Home()
	d.history = board.NewHistory(page.at.board)
	for _, s := range []stroke{
		{Key: "e", Frame: -1}, {Key: "m", Frame: -1}, {Key: "f", Frame: -1}, {Key: "n", Frame: -1}, {Key: "a", Frame: -1},
		{Key: "ArrowLeft"}, {Key: "ArrowDown", Shift: true}, {Key: "Enter"}, {Key: "d"}, {Key: "Delete"},
		{Key: "z", Ctrl: true, Frame: -1}, {Key: "Z", Ctrl: true, Shift: true, Frame: -1}, {Key: "y", Ctrl: true, Frame: -1}, {Key: "s", Ctrl: true, Frame: -1}, {Key: "s", Ctrl: true, Frame: -1, Typing: true},
	} {
		if d.strike(s) == nil {
			t.Errorf("%+v does nothing", s)
		}
	}
	for _, s := range []stroke{
		{Key: "e", Frame: -1, Typing: true}, {Key: "e", Frame: -1, Dialog: true}, {Key: "z", Ctrl: true, Typing: true, Frame: -1}, {Key: "Enter", Inside: true}, {Key: "ArrowLeft", Frame: -1}, {Key: "q", Frame: -1},
	} {
		if d.strike(s) != nil {
			t.Errorf("%+v is taken", s)
		}
	}
	var k Keys
	for _, keys := range []string{"?", "gb"} {
		for i := range keys {
			if k.take(d.ctx, stroke{Key: keys[i : i+1], Frame: -1}) == nil {
				t.Errorf("%q does nothing", keys)
			}
		}
	}
	d.history = nil
	if d.strike(stroke{Key: "a", Frame: -1}) != nil || d.strike(stroke{Key: "z", Ctrl: true, Frame: -1}) != nil {
		t.Error("keys of editing are taken while nothing is edited")
	}
}

func TestAPanelGoesStraightDownAndUp(t *testing.T) {
	b := board.Board{ID: "b"}
	for range 6 {
		b = b.Insert(99, board.Panel{Kind: board.Run})
	}
	for _, c := range []struct{ at, dy, want int }{{0, 1, 3}, {1, 1, 4}, {2, 1, 5}, {3, -1, 0}, {5, -1, 2}} {
		if got := below(b, c.at, 3, c.dy); got != c.want {
			t.Errorf("%d goes to %d, want %d", c.at, got, c.want)
		}
	}
}
