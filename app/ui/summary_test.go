package ui

import (
	"testing"

	"telltale/shared/series"
)

func TestATrendIsAgainstAQuarterOfTheRangeBefore(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		want   string
	}{
		{"nothing", nil, "steady"},
		{"one value", []float64{5}, "steady"},
		{"always the same", []float64{5, 5, 5, 5, 5, 5, 5, 5}, "steady"},
		{"up", []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "rising"},
		{"down", []float64{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, "falling"},
		{"up long ago", []float64{0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, "steady"},
		{"a little of much", []float64{0, 100, 50, 50, 50, 50, 50, 50, 51, 51, 52, 52}, "steady"},
	} {
		s, last := series.NewSeries(1000, 100), 0.0
		for i, v := range c.values {
			s.Add(series.Bucket{Time: int64(i) * 1000, Last: v, Min: v, Max: v, Count: 1})
			last = v
		}
		if got := trend(s, last); got != c.want {
			t.Errorf("%s is %s, want %s", c.name, got, c.want)
		}
	}
}

func TestASummarySaysValueTrendAndAge(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{summary("CPU", []summed{{"", "23%", "rising"}}, 0, 2000, false), "CPU 23%, rising, 2 s old"},
		{summary("Network", []summed{{"in", "1 kB/s", "steady"}, {"out", "2 kB/s", "falling"}}, 3, -1, false), "Network in 1 kB/s, steady; out 2 kB/s, falling; 3 more"},
		{summary("Orders", []summed{{"", "–", ""}}, 0, -1, true), "Orders –, no contact"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
