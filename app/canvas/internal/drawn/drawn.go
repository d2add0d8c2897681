// Package drawn makes the same drawings wherever it runs: a panel of each kind of metrics,
// from the same series, as SVG. The test of package canvas has a browser make them and
// compares bytes. It must not know where it runs.
package drawn

import (
	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/metric"
	"telltale/shared/scene"
	"telltale/shared/series"
)

const (
	noon  = 1_750_593_600_000
	reach = 900_000
)

// All are the drawings, by the name of their kind.
func All() map[string]string {
	shown, titles, set := known()
	low, high := 0.0, 100.0
	all := map[string]string{}
	for _, p := range []board.Panel{
		{Kind: board.Line}, {Kind: board.Area}, {Kind: board.Area, Stacked: true, Title: "stacked"}, {Kind: board.Bars}, {Kind: board.Stat}, {Kind: board.Table, Every: 1000},
		{Kind: board.Gauge, Min: &low, Max: &high, Thresholds: []board.Threshold{{At: 30, Tone: board.Warn}, {At: 60, Tone: board.Bad}}},
	} {
		var in chart.Input
		var c chart.Chart
		var tape scene.Tape
		in.Panel(&p, shown, titles, set, chart.Moment{From: noon - reach, To: noon, Heard: noon, Zone: func(int64) int { return 5400 }})
		in.Title = p.Title
		c.Draw(&tape, &in, 479, 233)
		all[string(p.Kind)+p.Title] = string(scene.AppendSVG(nil, &tape, &scene.Dark, p.Title))
	}
	return all
}

// known are three metrics whose values are no round numbers.
func known() (shown []metric.Metric, titles []string, set *series.Set) {
	set = series.NewSet(1000, 1000)
	for i, name := range []string{"roof", "cellar", "<&> ünï 日本"} {
		m := metric.Metric{ID: metric.ID("t" + string(rune('a'+i))), Declaration: metric.Declaration{Kind: metric.Gauge, Unit: "°C"}}
		e := &series.Entry{Series: series.NewSeries(1000, 1000)}
		slow, seed := 0.0, uint32(i+1)
		for k := range int64(reach / 1000) {
			seed = seed*1664525 + 1013904223
			slow += float64((float64(seed>>16)/65536 - 0.5) * 0.3)
			slow -= float64(slow * 0.04)
			if k/50 == 7 {
				continue // a gap
			}
			v := 40 + 20*float64(i) + float64(slow*10)
			at := noon - reach + 1000*k
			e.Series.Add(series.Bucket{Time: at, Last: v, Min: v - 0.3, Max: v + float64(seed%3)/3, Total: v, Sum: float64(seed % 5), Count: 1})
			e.Head = metric.Head{Time: at, Seq: uint64(k) + 1, Value: v}
		}
		m.Head, set.Metrics[m.ID] = e.Head, e
		shown, titles = append(shown, m), append(titles, name)
	}
	return shown, titles, set
}
