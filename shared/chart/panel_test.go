package chart_test

import (
	"math"
	"slices"
	"testing"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// headed is a list with the newest samples as heads, each series that many ms older than the
// one before.
func headed(list []chart.Series, older int64, units ...string) []chart.Series {
	list = slices.Clone(list)
	for i := range list {
		list[i].Unit = units[i%len(units)]
		list[i].Written = noon - int64(i)*older
		list[i].Head = metric.Head{Time: list[i].Written, Seq: 1, Value: list[i].Columns.Column(noon / second).Last}
	}
	return list
}

// percents is a series of shares of the whole, the last one as given.
func percents(last float64) []chart.Series {
	values := wave(300, last, 12, 3)
	values[299] = last
	return one(feed(second, second, values...))
}

// panels are goldens of what panels of a board may ask for besides.
func panels(many []chart.Series) []golden {
	five := func(kind chart.Kind, list []chart.Series, more ...func(*chart.Input)) chart.Input {
		in := chart.Input{Kind: kind, From: noon - 5*minute, To: noon, Zone: func(int64) int { return 7200 }, Series: list}
		for _, change := range more {
			change(&in)
		}
		return in
	}
	unit := func(name string) func(*chart.Input) { return func(in *chart.Input) { in.Unit = name } }
	badge := func(state fresh.State, words string) func(*chart.Input) {
		return func(in *chart.Input) { in.Badge = fresh.Badge{State: state, Words: words} }
	}
	titled := func(in *chart.Input) { in.Title = "Requests by service" }
	stacked := func(in *chart.Input) { in.Stacked = true }
	limits := func(in *chart.Input) {
		in.Thresholds = []board.Threshold{{At: 0, Tone: board.Good}, {At: 70, Tone: board.Warn}, {At: 90, Tone: board.Bad}}
	}
	within := func(lo, hi float64) func(*chart.Input) { return func(in *chart.Input) { in.Min, in.Max = &lo, &hi } }
	hidden := func(in *chart.Input) { in.Series[1].Hidden, in.Series[2].Hidden = true, true }

	nan := math.NaN()
	late := []chart.Series{
		{Name: "every second", Columns: feed(second, second, wave(300, 30, 10, 1)...)},
		{Name: "every twenty", Columns: feed(second, 20*second, wave(15, 20, 10, 2)...), Color: 1},
		{Name: "held", Hold: true, Columns: feed(second, 50*second, 5, 9, 4, 12), Color: 2},
		{Name: "gone and back", Columns: feed(second, second, append(append(wave(150, 15, 5, 4), slices.Repeat([]float64{nan}, 60)...), wave(90, 18, 5, 6)...)...), Color: 3},
	}
	signs := []chart.Series{
		{Name: "in", Columns: feed(second, second, wave(300, 30, 20, 1)...)},
		{Name: "out", Columns: feed(second, second, wave(300, -20, 20, 2)...), Color: 1},
		{Name: "more out", Columns: feed(second, second, wave(300, -6, 3, 4)...), Color: 2},
	}
	shares := headed(many[:4], 0, "percent")
	rows := headed(many, 25*second, "percent", "bytes", "", "ms")
	rows[3].Trust, rows[4].Trust = fresh.Late, fresh.Overdue
	rows[6].Head, rows[6].Written, rows[6].Columns = metric.Head{}, 0, nil
	events := series.NewSeries(second, 400)
	for i := range int64(60) {
		events.Add(series.Bucket{Time: noon - i*5*second, Sum: float64(i * i % 11), Count: 1})
	}

	const w, h = 640, 240
	return []golden{
		{"stacked", five(chart.Area, many[:4], stacked, unit("percent")), w, h},
		{"stacked-uneven", five(chart.Area, late, stacked), w, h},
		{"stacked-signs", five(chart.Area, signs, stacked), w, h},
		{"stacked-one-sample", five(chart.Area, one(feed(second, minute, 21.5, nan)), stacked), w, h},
		{"stacked-empty", five(chart.Area, nil, stacked), w, h},
		{"hidden", five(chart.Line, slices.Clone(many[:4]), hidden), w, h},
		{"hidden-stacked", five(chart.Area, slices.Clone(many[:4]), hidden, stacked), w, h},
		{"thresholds", five(chart.Line, percents(82), unit("percent"), limits, within(0, 100)), w, h},
		{"thresholds-area", five(chart.Area, percents(88), unit("percent"), limits), w, h},
		{"thresholds-bars", five(chart.Bars, []chart.Series{{Columns: events}}, func(in *chart.Input) {
			in.Thresholds = []board.Threshold{{At: 6, Tone: board.Warn}, {At: 9, Tone: board.Bad}}
		}), w, h},
		{"min-max", five(chart.Line, percents(50), within(40, 55)), w, h},
		{"min-above", five(chart.Line, percents(50), func(in *chart.Input) { least := 80.0; in.Min = &least }), w, h},
		{"gauge", five(chart.Gauge, percents(37.5), unit("percent")), 344, 168},
		{"gauge-good", five(chart.Gauge, percents(42), unit("percent"), limits), 344, 168},
		{"gauge-warn", five(chart.Gauge, percents(78.25), unit("percent"), limits), 344, 168},
		{"gauge-bad", five(chart.Gauge, percents(96), unit("percent"), limits), 344, 168},
		{"gauge-beyond", five(chart.Gauge, percents(140), unit("percent"), limits), 344, 168},
		{"gauge-free", five(chart.Gauge, one(feed(second, second, wave(300, 5.5e9, 1e9, 1)...)), unit("bytes")), 344, 168},
		{"gauge-negative", five(chart.Gauge, one(feed(second, second, wave(300, -12, 8, 11)...)), unit("°C")), 344, 168},
		{"gauge-none", five(chart.Gauge, []chart.Series{{Name: "load"}}, unit("percent"), limits), 344, 168},
		{"gauge-cut", five(chart.Gauge, trusted(fresh.Cut, percents(78)), unit("percent"), limits), 344, 168},
		{"gauge-bar", five(chart.Gauge, percents(78), unit("percent"), limits), 344, 56},
		{"gauge-wide", five(chart.Gauge, percents(78), unit("percent"), limits), 1128, 460},
		{"gauges", five(chart.Gauge, shares, unit("percent"), limits, titled), w, h},
		{"gauges-narrow", five(chart.Gauge, shares, unit("percent"), limits), 200, 260},
		{"stat-tone", five(chart.Stat, percents(78), unit("percent"), limits), 344, 168},
		{"stat-bad-low", five(chart.Stat, percents(96), unit("percent"), limits), 300, 64},
		{"stat-large", five(chart.Stat, percents(96), unit("percent"), limits), 736, 460},
		{"stats", five(chart.Stat, shares, unit("percent"), limits), w, h},
		{"stats-many", five(chart.Stat, headed(many, 0, "percent"), unit("percent")), 344, 168},
		{"table", five(chart.Table, rows, limits), w, 300},
		{"table-card", five(chart.Table, rows), 344, 168},
		{"table-narrow", five(chart.Table, rows[:4], limits), 160, 120},
		{"table-titled", five(chart.Table, rows, titled), 960, 400},
		{"table-empty", five(chart.Table, nil), 344, 168},
		{"sparks", five(chart.Sparks, rows), 88, 280},
		{"late", five(chart.Line, trusted(fresh.Late, headed(many[:1], 0, "")), titled, badge(fresh.Late, "12 min late")), w, h},
		{"overdue", five(chart.Line, trusted(fresh.Overdue, []chart.Series{{Name: "orders"}}), titled, badge(fresh.Overdue, "never written")), w, h},
	}
}

func TestACounterThatWasNeverWrittenStandsWhereItBeginsAndAGaugeNowhere(t *testing.T) {
	floor := 5.0
	shown := []metric.Metric{
		{ID: "orders", Declaration: metric.Declaration{Kind: metric.Counter}},
		{ID: "seats", Declaration: metric.Declaration{Kind: metric.Counter, Floor: &floor}},
		{ID: "heat", Declaration: metric.Declaration{Kind: metric.Gauge}},
	}
	var in chart.Input
	in.Panel(&board.Panel{Kind: board.Table}, shown, []string{"Orders", "Seats", "Heat"}, &series.Set{}, chart.Moment{From: noon - minute, To: noon})
	for i, want := range []float64{0, 5, 0} {
		if s := &in.Series[i]; s.Head.Value != want || s.Valued() != (i < 2) || s.Written != 0 {
			t.Errorf("%s: %v, has a value: %t, written: %d", s.Name, s.Head.Value, s.Valued(), s.Written)
		}
	}
}
