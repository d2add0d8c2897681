package chart

import (
	"math"
	"telltale/shared/scene"
	"telltale/shared/series"
	"testing"
)

func BenchmarkDraw(b *testing.B) {
	s := series.NewSeries(100, 962)
	for i := range 300 {
		v := 50 + 10*math.Sin(float64(i)/20)
		s.Add(series.Bucket{Time: 1_760_000_000_000 + int64(i)*100, Last: v, Min: v, Max: v, Count: 1})
	}
	in := Input{From: 1_760_000_000_000, To: 1_760_000_000_000 + 29900, Series: []Series{{Columns: s, Name: "a"}}}
	var c Chart
	var tp scene.Tape
	b.ReportAllocs()
	for b.Loop() {
		c.Draw(&tp, &in, 960, 320)
	}
}
