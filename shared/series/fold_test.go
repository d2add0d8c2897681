package series

import (
	"math"
	"math/rand/v2"
	"testing"

	"telltale/shared/metric"
)

// What a viewer missed, folded and then added to what it has, must leave it where
// one is who saw every sample.
func TestFoldedSamplesAddedToColumnsAreThePlainFold(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 0))
		var samples []metric.Sample
		for seq := uint64(1); seq <= 40; seq++ {
			samples = append(samples, metric.Sample{Metric: "m", Seq: seq, Time: int64(r.IntN(50)), Value: float64(r.IntN(9)), Add: float64(r.IntN(3))})
		}
		cut := r.IntN(len(samples))
		plain, resumed := NewSeries(10, 20), NewSeries(10, 20)
		for i, s := range samples {
			plain.Add(Of(s))
			if i < cut {
				resumed.Add(Of(s))
			}
		}
		for _, row := range Fold(samples[cut:], 10)["m"] {
			resumed.Add(row.Bucket())
		}
		for k, next := plain.Bounds(); k < next; k++ {
			got, want := resumed.Column(k), plain.Column(k)
			if math.Abs(got.Total-want.Total) > 1e-9 { // a row carries the average, so the total is rounded
				t.Fatalf("seed %d: column %d adds up to %v, want %v", seed, k, got.Total, want.Total)
			}
			if got.Total = want.Total; got != want {
				t.Fatalf("seed %d: column %d is %+v, want %+v", seed, k, got, want)
			}
		}
	}
}
