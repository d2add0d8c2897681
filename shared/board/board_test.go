package board

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
)

func known(ids ...string) []metric.Metric {
	var all []metric.Metric
	for _, id := range ids {
		all = append(all, metric.Metric{ID: metric.ID(id)})
	}
	return all
}

func ids(panels []Panel) (all []string) {
	for _, p := range panels {
		all = append(all, p.ID)
	}
	return all
}

func TestBoardsThatNobodyMadePassTheirOwnCheckAndSurviveJSON(t *testing.T) {
	for _, id := range []string{"home", "all"} {
		b, ok := Builtin(id)
		if !ok || b.ID != id {
			t.Fatalf("Builtin(%q) = %v, %v", id, b.ID, ok)
		}
		if err := b.Check(); err != nil {
			t.Error(err)
		}
		text, _ := json.Marshal(b)
		var back Board
		if err := json.Unmarshal(text, &back); err != nil || !slices.Equal(ids(back.Panels), ids(b.Panels)) {
			t.Errorf("%s came back as %v, %v", text, back, err)
		}
	}
	if _, ok := Builtin("nobody"); ok {
		t.Error("a board called nobody exists")
	}
}

func TestPatternsHoldEachOnceInTheBoardsOrder(t *testing.T) {
	b := Board{Panels: []Panel{
		{Queries: []Query{{Metric: "b"}, {Metric: "a*"}}},
		{Queries: []Query{{Metric: "a*"}, {Metric: "c"}}},
	}}
	if got := b.Patterns(); !slices.Equal(got, []string{"b", "a*", "c"}) {
		t.Errorf("Patterns() = %q", got)
	}
}

func TestTheBoardOfAllHasAPanelForEachMetricAndGrows(t *testing.T) {
	metrics := known("a", `b{x="1"}`)
	if got := ids(All().Expand(metrics)); !slices.Equal(got, []string{"a", `b{x="1"}`}) {
		t.Errorf("panels %q", got)
	}
	if got := ids(All().Expand(append(metrics, known("c")...))); !slices.Equal(got, []string{"a", `b{x="1"}`, "c"}) {
		t.Errorf("panels %q once c exists", got)
	}
}

func TestAPanelForEachMetricIsOfTheKindThatSuitsTheMetric(t *testing.T) {
	for _, c := range []struct {
		d    metric.Declaration
		want Kind
	}{
		{metric.Declaration{Kind: metric.Counter}, Bars},
		{metric.Declaration{Kind: metric.Gauge, Unit: "percent"}, Area},
		{metric.Declaration{Kind: metric.Gauge}, Line},
		{metric.Declaration{}, Line},
	} {
		panels := All().Expand([]metric.Metric{{ID: "m", Declaration: c.d}})
		if panels[0].Kind != c.want {
			t.Errorf("%+v is shown as %s, want %s", c.d, panels[0].Kind, c.want)
		}
	}
}

func TestAPanelShowsEachMetricOnceWithTheTitleTheQueryGives(t *testing.T) {
	metrics := known("host.in", "host.out", "other")
	metrics[1].Title = "Sent"
	p := Panel{Queries: []Query{{Metric: "host.in", Title: "in"}, {Metric: "host.*"}}}
	shown, titles := p.Shown(metrics, 8)
	if len(shown) != 2 || shown[0].ID != "host.in" || !slices.Equal(titles, []string{"in", "Sent"}) {
		t.Errorf("shown %v, titles %q", shown, titles)
	}
	if shown, _ = p.Shown(metrics, 1); len(shown) != 1 {
		t.Errorf("%d metrics shown where 1 is allowed", len(shown))
	}
}

func TestACounterWithButtonsIsShownBeforeItsFirstPress(t *testing.T) {
	shown, titles := Home().Panels[0].Shown(nil, 8)
	if len(shown) != 1 || shown[0].ID != "orders" || shown[0].Kind != metric.Counter || titles[0] != "orders" {
		t.Errorf("shown %+v, titles %q", shown, titles)
	}
	if shown, _ = Home().Panels[3].Shown(nil, 8); len(shown) != 0 {
		t.Errorf("a reading that does not exist is shown as %+v", shown)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	ok := func() Board {
		return Board{ID: "b", Panels: []Panel{{ID: "p", Kind: Line, Queries: []Query{{Metric: "m"}}}}}
	}
	for _, c := range []struct {
		name, want string
		change     func(*Board)
	}{
		{"no id", Grammar, func(b *Board) { b.ID = "" }},
		{"an id that begins with a dot", Grammar, func(b *Board) { b.ID = ".b" }},
		{"an id of 129 letters", Grammar, func(b *Board) { b.ID = strings.Repeat("a", 129) }},
		{"a long title", "title", func(b *Board) { b.Title = strings.Repeat("a", MaxTitle+1) }},
		{"too many panels", "more than", func(b *Board) { b.Panels = make([]Panel, MaxPanels+1) }},
		{"a panel's id", "panel 1", func(b *Board) { b.Panels[0].ID = "a b" }},
		{"an unknown kind", `"pie" is not a kind`, func(b *Board) { b.Panels[0].Kind = "pie" }},
		{"auto for one", "needs each", func(b *Board) { b.Panels[0].Kind = Auto }},
		{"no query", "0 queries", func(b *Board) { b.Panels[0].Queries = nil }},
		{"an empty pattern", "pattern", func(b *Board) { b.Panels[0].Queries[0].Metric = "" }},
		{"a room for metrics", "log or presence", func(b *Board) { b.Panels[0].Room = "build" }},
		{"a log without a room", "needs a room", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Log} }},
		{"a run of a room", "no queries, room", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Run, Room: "build"} }},
		{"a run with a metric", "no queries, room", func(b *Board) { b.Panels[0].Kind = Run }},
		{"a run of an endless command", "longer than", func(b *Board) {
			b.Panels[0] = Panel{ID: "p", Kind: Run, Command: strings.Repeat("x", run.MaxCommand+1)}
		}},
		{"a run with an endless title", "longer than", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Run, Title: strings.Repeat("x", MaxTitle+1)} }},
		{"a command for metrics", "that takes run", func(b *Board) { b.Panels[0].Command = "make" }},
		{"a presence without a room", "needs a room", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Presence} }},
		{"a room's name", room.Grammar, func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Log, Room: "a b"} }},
		{"a log with queries", "no queries", func(b *Board) { b.Panels[0].Kind, b.Panels[0].Room = Log, "build" }},
		{"a log for each", "no queries, each", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Log, Room: "build", Each: true} }},
		{"a presence with buttons", "each, buttons", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Presence, Room: "build", Buttons: true} }},
		{"a log's long title", "title", func(b *Board) {
			b.Panels[0] = Panel{ID: "p", Kind: Log, Room: "build", Title: strings.Repeat("a", MaxTitle+1)}
		}},
		{"too many rooms", "more than 32 rooms", func(b *Board) {
			for i := range MaxRooms + 1 {
				b.Panels = append(b.Panels, Panel{ID: "r" + strconv.Itoa(i), Kind: Log, Room: "r" + strconv.Itoa(i)})
			}
		}},
		{"a negative width", "from 1 to 6", func(b *Board) { b.Panels[0].W = -1 }},
		{"seven columns", "from 1 to 6", func(b *Board) { b.Panels[0].W = 7 }},
		{"seven rows", "from 1 to 6", func(b *Board) { b.Panels[0].H = 7 }},
		{"a range of half a second", "range is", func(b *Board) { b.Range = 500 }},
		{"a range of a thousand years", "range is", func(b *Board) { b.Range = 10 * MaxSpan }},
		{"a promise of half a second", "every is", func(b *Board) { b.Panels[0].Every = 500 }},
		{"a promise for ever", "every is", func(b *Board) { b.Panels[0].Every = MaxSpan + 1000 }},
		{"a promise that is negative", "every is", func(b *Board) { b.Panels[0].Every = -5000 }},
		{"stacked lines", "takes area", func(b *Board) { b.Panels[0].Stacked = true }},
		{"a text for metrics", "takes text", func(b *Board) { b.Panels[0].Text = "x" }},
		{"a long unit", "unit", func(b *Board) { b.Panels[0].Unit = strings.Repeat("u", MaxUnit+1) }},
		{"min above max", "min is below max", func(b *Board) { b.Panels[0].Min, b.Panels[0].Max = new(2.0), new(1.0) }},
		{"min that is max", "min is below max", func(b *Board) { b.Panels[0].Min, b.Panels[0].Max = new(2.0), new(2.0) }},
		{"an endless max", "finite", func(b *Board) { b.Panels[0].Max = new(math.Inf(1)) }},
		{"a min that is no number", "finite", func(b *Board) { b.Panels[0].Min = new(math.NaN()) }},
		{"a threshold that is no number", "threshold 1: at is a finite", func(b *Board) { b.Panels[0].Thresholds = []Threshold{{math.NaN(), Bad}} }},
		{"a threshold of no tone", `threshold 1: "" is not a tone`, func(b *Board) { b.Panels[0].Thresholds = []Threshold{{At: 1}} }},
		{"a threshold of an unknown tone", `"red" is not a tone`, func(b *Board) { b.Panels[0].Thresholds = []Threshold{{1, "red"}} }},
		{"thresholds that fall", "threshold 2: 1 is not above 2", func(b *Board) { b.Panels[0].Thresholds = []Threshold{{2, Warn}, {1, Bad}} }},
		{"thresholds that stand", "threshold 2: 2 is not above 2", func(b *Board) { b.Panels[0].Thresholds = []Threshold{{2, Warn}, {2, Bad}} }},
		{"many thresholds", "17 thresholds", func(b *Board) {
			for i := range MaxThresholds + 1 {
				b.Panels[0].Thresholds = append(b.Panels[0].Thresholds, Threshold{float64(i), Good})
			}
		}},
		{"a text with a metric", "no queries", func(b *Board) { b.Panels[0].Kind = Text }},
		{"a text with a threshold", "thresholds", func(b *Board) {
			b.Panels[0] = Panel{ID: "p", Kind: Text, Text: "x", Thresholds: []Threshold{{1, Bad}}}
		}},
		{"a text that promises", "every", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Text, Text: "x", Every: 5000} }},
		{"people who promise", "every", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Presence, Room: "build", Every: 5000} }},
		{"a log that promises for ever", "every is", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Log, Room: "build", Every: MaxSpan + 1000} }},
		{"a run that promises half a second", "every is", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Run, Every: 500} }},
		{"a text of a room", "room", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Text, Text: "x", Room: "build"} }},
		{"a long text", "64 KiB", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Text, Text: strings.Repeat("x", MaxText+1)} }},
		{"a log with a scale", "min", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Log, Room: "build", Min: new(1.0)} }},
		{"a run with a unit", "unit", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Run, Unit: "s"} }},
		{"a gauge without a query", "0 queries", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Gauge} }},
		{"a table of a room", "log or presence", func(b *Board) { b.Panels[0] = Panel{ID: "p", Kind: Table, Room: "build"} }},
		{"many patterns", "33 of them patterns", func(b *Board) {
			b.Panels = nil
			for i := range MaxGlobs + 1 {
				b.Panels = append(b.Panels, Panel{ID: strconv.Itoa(i), Kind: Line, Queries: []Query{{Metric: "m*" + strconv.Itoa(i)}}})
			}
		}},
		{"a long pattern", "at most 256", func(b *Board) { b.Panels[0].Queries[0].Metric = strings.Repeat("m", MaxGlob) + "*" }},
		{"many metrics", "1001 metrics", func(b *Board) {
			b.Panels = nil
			for i := range 143 {
				p := Panel{ID: strconv.Itoa(i), Kind: Line}
				for k := range 7 {
					p.Queries = append(p.Queries, Query{Metric: "m" + strconv.Itoa(7*i+k)})
				}
				b.Panels = append(b.Panels, p)
			}
		}},
		{"one id twice", "stands twice", func(b *Board) { b.Panels = append(b.Panels, b.Panels[0]) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := ok()
			if err := b.Check(); err != nil {
				t.Fatal(err)
			}
			c.change(&b)
			if err := b.Check(); !errors.Is(err, ErrBoard) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Check() = %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestABoardNamesEachRoomOnceAndAsksNoMetricForIt(t *testing.T) {
	b := Board{ID: "b", Panels: []Panel{
		{ID: "1", Kind: Log, Room: "b"}, {ID: "2", Kind: Presence, Room: "a"}, {ID: "3", Kind: Presence, Room: "b"},
		{ID: "4", Kind: Line, Queries: []Query{{Metric: "m"}}},
	}}
	if err := b.Check(); err != nil {
		t.Error(err)
	}
	if got := b.Rooms(); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("Rooms() = %q", got)
	}
	if got := b.Patterns(); !slices.Equal(got, []string{"m"}) {
		t.Errorf("Patterns() = %q", got)
	}
	if got := ids(b.Expand(known("m"))); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("panels %q", got)
	}
}

func TestCheckTakesWhatCanBeShown(t *testing.T) {
	m := []Query{{Metric: "m"}}
	levels := []Threshold{{0, Good}, {70.5, Warn}, {90, Bad}}
	for _, p := range []Panel{
		{Kind: Line, Queries: m, W: MaxSide, H: MaxSide, Unit: strings.Repeat("u", MaxUnit), Min: new(-1.0), Thresholds: levels, Every: 1000},
		{Kind: Area, Queries: m, Stacked: true, Max: new(0.0), Every: MaxSpan},
		{Kind: Area, Queries: m, Stacked: true, Each: true},
		{Kind: Bars, Queries: []Query{{Metric: "a*"}, {Metric: `b{c="d"}`}}, Buttons: true},
		{Kind: Stat, Queries: m, Thresholds: levels},
		{Kind: Gauge, Queries: m, Min: new(0.0), Max: new(100.0), Thresholds: levels},
		{Kind: Gauge, Queries: m},
		{Kind: Table, Queries: []Query{{Metric: "*"}}, W: 2, H: 3},
		{Kind: Text, Text: strings.Repeat("x", MaxText)},
		{Kind: Text},
		{Kind: Log, Room: "build", W: 3, H: 2},
		{Kind: Presence, Room: "home"},
		{Kind: Run, Command: "make", W: 2},
		{Kind: Auto, Each: true, Queries: m, Every: 300_000},
		{Kind: Log, Room: "build", Every: 300_000},
		{Kind: Run, Command: "backup", Every: 86_400_000},
	} {
		p.ID = "p"
		if err := (Board{ID: "b", Range: 3_600_000, Panels: []Panel{p}}).Check(); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestAPanelForEachMetricIsAsItsTemplateSays(t *testing.T) {
	template := Panel{ID: "each", Kind: Gauge, Each: true, Queries: []Query{{Metric: "*"}}, W: 2, H: 3, Unit: "V", Min: new(1.0), Max: new(2.0),
		Thresholds: []Threshold{{1, Bad}}, Every: 5000}
	panels := Board{ID: "b", Panels: []Panel{template}}.Expand(known("a", "b"))
	for i, id := range []string{"a", "b"} {
		want := template
		want.ID, want.Queries, want.Each = id, []Query{{Metric: id}}, false
		if !reflect.DeepEqual(panels[i], want) {
			t.Errorf("panel %d is %+v", i, panels[i])
		}
	}
}
