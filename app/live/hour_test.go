package live

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/metric"
	"telltale/shared/scene"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// heapInUse is what is in use after all that is not has been let go, in bytes.
func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // what only a finalizer kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// An hour of 30 metrics with 100 values a second each, ten times what a page shows, leaves the
// page's memory where it was once the range, 5 minutes, was full. Charts are drawn every 5 s.
func TestAnHourOfFramesLeavesTheHeapFlat(t *testing.T) {
	const panels, rate = 30, 10 // values a frame and metric; ten frames a second
	look := Look{Patterns: []string{"*"}, RangeMS: 300_000, Points: 300, Rate: 10}
	beside(t, &server{epoch: "e1"}, look, "", func(s *server, v *Viewer) {
		var tape scene.Tape
		ids, charts, inputs := make([]metric.ID, panels), make([]chart.Chart, panels), make([]chart.Input, panels)
		for i := range ids {
			ids[i] = metric.ID(fmt.Sprintf("soak.%02d", i))
		}
		draw := func() {
			v.See(func(set *series.Set, now int64, _ Contact) {
				for i := range charts {
					panel := board.Panel{Kind: board.Line}
					inputs[i].Panel(&panel, []metric.Metric{{ID: ids[i]}}, []string{string(ids[i])}, set, chart.Moment{From: now - look.RangeMS, To: now, Heard: now})
					charts[i].Draw(&tape, &inputs[i], 420, 140)
				}
			})
		}
		values, message, seq := map[metric.ID]series.Bucket{}, []byte(nil), uint64(0)
		play := func(minutes int) {
			for n := range minutes * 600 {
				now := time.Now().UnixMilli()
				for i, id := range ids {
					var b series.Bucket
					for k := range rate {
						seq++
						b.Add(metric.Sample{Metric: id, Value: float64((n*7 + i*13 + k) % 100), Seq: seq, Time: now})
					}
					values[id] = b
				}
				message = wire.AppendFrame(nil, series.Frame{From: seq - panels*rate, Seq: seq, Time: now, Values: values})
				s.mu.Lock()
				s.open.in <- message
				s.mu.Unlock()
				if n%50 == 0 {
					draw()
				}
				time.Sleep(100 * time.Millisecond)
			}
		}
		play(10)
		settled := heapInUse()
		play(50)
		last := heapInUse()
		draw() // so that all that draws was in use until here
		t.Logf("after 10 minutes %d KiB, after an hour %d KiB", settled>>10, last>>10)
		if last > settled+settled/20 {
			t.Errorf("the heap grew by more than 5 %%: from %d to %d bytes", settled, last)
		}
		v.See(func(set *series.Set, _ int64, c Contact) {
			if set.Seq != seq || c.State != Live || set.Metrics[ids[0]].Head.Seq == 0 {
				t.Errorf("the set is at %d of %d, %s: frames were not folded", set.Seq, seq, c.State)
			}
		})
	})
}
