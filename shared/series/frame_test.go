package series

import (
	"math/rand/v2"
	"testing"

	"telltale/shared/metric"
)

// A viewer must end with the true head however the samples fall into frames and
// the frames are merged, late samples and cancelling adds included.
func TestAnyCutAndMergeOfFramesLeadsToTheTrueHead(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 0))
		var head metric.Head
		merged, set := Frame{}, NewSet(1, 10)
		frame := Frame{}
		for seq := uint64(1); seq <= 8; seq++ {
			s := metric.Sample{Metric: "m", Seq: seq, Time: int64(r.IntN(4)), Value: float64(r.IntN(5))}
			if r.IntN(2) == 0 {
				s.Add = float64(r.IntN(3) - 1)
				s.Value = head.Value + s.Add
			}
			head.Apply(s)
			frame.Add(s, head)
			if r.IntN(2) == 0 || seq == 8 {
				if err := merged.Merge(frame); err != nil {
					t.Fatal(err)
				}
				frame = Frame{From: seq, Seq: seq}
			}
			if r.IntN(4) == 0 || seq == 8 {
				if err := set.Apply(merged); err != nil {
					t.Fatal(err)
				}
				merged = Frame{From: merged.Seq, Seq: merged.Seq}
			}
		}
		if got := set.Metrics["m"].Head; got.Value != head.Value || got.Time != head.Time {
			t.Fatalf("seed %d: head is %+v, want %+v", seed, got, head)
		}
	}
}
