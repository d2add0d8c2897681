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

func TestAChangeThatCannotBeSeenInTheNumberIsHardlyOne(t *testing.T) {
	for _, c := range []struct {
		before, now float64
		unit, said  string
	}{
		{43.2, 43.20007539, "%", "hardly changed"}, {43.20007539, 43.2, "percent", "hardly changed"}, {0.5, 0.50000001, "", "hardly changed"}, {2, 2.00001, "orders", "hardly changed"},
		{43.2, 43.2, "%", "unchanged"}, {43.2, 43.21, "%", "↑ 0.01%"}, {0, 0.00005, "%", "↑ 5e−05%"}, {0.00002, 0.00001, "", "↓ 1e−05"},
		// beside the last digit of 67.9: a thousandth of it is nothing, a tenth is something
		{67.9, 67.900188, "%", "hardly changed"}, {67.900188, 67.9, "%", "hardly changed"}, {67.9, 67.91, "%", "↑ 0.01%"}, {67.9499, 67.9501, "%", "↑ 0.0002%"},
		{40, 40.0005, "%", "hardly changed"}, {0.5, 0.50003, "", "hardly changed"}, {0.5, 0.5001, "", "↑ 0.0001"}, {-21.5, -21.50004, "°C", "hardly changed"},
		// what is counted is whole, and one more is one more; what is measured is not
		{1234567, 1234570, "", "↑ 3"}, {1234567, 1234566, "orders", "↓ 1\u00a0orders"}, {1234567.5, 1234567.7, "", "hardly changed"}, {1234567.5, 1234600, "", "↑ 32.5"},
		{1 << 34, 1<<34 + 5, "B", "hardly changed"}, {1 << 34, 1<<34 + 3<<20, "bytes", "↑ 3\u00a0MiB"}, {100, 101, "B", "↑ 1\u00a0B"}, {1 << 20, 1<<20 + 50, "B/s", "hardly changed"},
		{7200, 7200.00001, "s", "hardly changed"}, {7200, 7201, "s", "↑ 1\u00a0s"}, {7200000, 7200100, "ms", "hardly changed"}, {0.25, 0.25000001, "s", "hardly changed"}, {0.25, 0.2501, "s", "↑ 100\u00a0µs"},
		{230, 230.0000001, "V", "hardly changed"}, {0.002, 0.0021, "A", "↑ 100\u00a0µA"},
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
