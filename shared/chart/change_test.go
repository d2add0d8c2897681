package chart_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"telltale/shared/chart"
	"telltale/shared/scene"
	"telltale/shared/series"
)

func TestAChangeThatIsNothingToSpeakOfHasNoExponent(t *testing.T) {
	for _, c := range []struct {
		before, now float64
		unit, said  string
	}{
		{43.2, 43.20007539, "%", "hardly changed"}, {43.20007539, 43.2, "percent", "hardly changed"}, {0.5, 0.50000001, "", "hardly changed"}, {2, 2.00001, "orders", "hardly changed"},
		{43.2, 43.2, "%", "unchanged"}, {43.2, 43.21, "%", "↑ 0.01%"}, {0, 0.00005, "%", "↑ 5e−05%"}, {0.00002, 0.00001, "", "↓ 1e−05"},
		{1234567, 1234570, "", "↑ 3"}, {1 << 34, 1<<34 + 5, "B", "↑ 5\u00a0B"}, {7200, 7200.00001, "s", "↑ 10\u00a0µs"},
	} {
		for _, kind := range []chart.Kind{chart.Stat, chart.Table} {
			var drawn chart.Chart
			var tape scene.Tape
			list := one(feed(second, minute, c.before, c.now))
			list[0].Unit, list[0].Name = c.unit, "it"
			drawn.Draw(&tape, &chart.Input{Kind: kind, Unit: c.unit, From: noon - 5*minute, To: noon, Series: list}, 600, 200)
			said := ""
			for _, w := range texts(t, &tape) {
				if strings.HasPrefix(w.text, "↑") || strings.HasPrefix(w.text, "↓") || strings.HasSuffix(w.text, "changed") {
					said = w.text
				}
			}
			want := c.said
			if kind == chart.Table && strings.HasSuffix(want, "changed") {
				want = "" // there an empty cell says so
			}
			if by, known := drawn.Change(0); said != want || !known || (by == 0) != strings.HasSuffix(c.said, "changed") {
				t.Errorf("%v: from %v to %v %s: %q, want %q; the change is %v, %v", kind, c.before, c.now, c.unit, said, want, by, known)
			}
		}
	}
}

// A bar that has just begun is drawn, and wide enough to be seen.
func TestABarIsSeenOnceItHasBegun(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	for since := range int64(10) {
		s := series.NewSeries(second, 2000)
		s.Add(series.Bucket{Time: noon, Last: 1, Min: 1, Max: 1, Sum: 1, Count: 1})
		in := chart.Input{Kind: chart.Bars, From: noon - 5*minute + since*second, To: noon + since*second, Series: []chart.Series{{Columns: s}}}
		c.Draw(&tape, &in, 400, 200)
		svg := string(scene.AppendSVG(nil, &tape, &scene.Light, ""))
		wide := 0.0
		for _, m := range regexp.MustCompile(`<rect x="[^"]*" y="[^"]*" width="([^"]*)" height="([^"]*)"`).FindAllStringSubmatch(svg, -1) {
			w, _ := strconv.ParseFloat(m[1], 64)
			if h, _ := strconv.ParseFloat(m[2], 64); h > 50 && w < 100 {
				wide = w
			}
		}
		if wide < 0.8 || since > 0 && wide < 1.5 {
			t.Errorf("after %d s it is %v pixels wide\n%s", since, wide, svg)
		}
	}
}
