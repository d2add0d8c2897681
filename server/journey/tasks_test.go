package journey

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// quick is what a browser takes for the work of slower where the figures of these tests come from, in ms.
const quick = 1.2

// slower is how many times longer than there the page takes for what only the processor does, 1 where it is as quick: tasks
// may take that much longer.
func slower(p *tab) float64 {
	p.t.Helper()
	took := eval[float64](p, `(() => {
		let quickest = Infinity, mixed = 1;
		for (let n = 0; n < 60; n++) {
			const began = performance.now();
			for (let i = 0; i < 1000000; i++) mixed = Math.imul(mixed, 1664525) + 1013904223 | 0;
			quickest = Math.min(quickest, performance.now() - began);
		}
		return quickest + (mixed === 0 ? 1e-9 : 0);
	})()`)
	p.t.Logf("the page's processor takes %.2f ms for what takes %.2f where it is quick", took, quick)
	return max(1, took/quick)
}

// tasks lets Chromium record what its renderers' main threads run meanwhile and answers the processor time of each task in ms.
// A long task by the clock is one that others on the machine delayed as well, which says nothing of the page. Nor does a thread's
// clock where it says more than the clock: on virtual machines it jumps, by ten ms at a time.
func tasks(p *tab, meanwhile func()) (took []float64) {
	p.t.Helper()
	var mutex sync.Mutex
	complete := make(chan struct{})
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	if err := chromedp.Listen(ctx, func(event any) {
		switch event := event.(type) {
		case *tracing.EventDataCollected:
			mutex.Lock()
			defer mutex.Unlock()
			for _, each := range event.Value {
				var task struct {
					Name string  `json:"name"`
					Dur  float64 `json:"dur"`  // µs
					Tdur float64 `json:"tdur"` // µs of the thread's clock
				}
				if json.Unmarshal(each, &task) == nil && task.Name == "RunTask" && task.Tdur > 0 {
					took = append(took, min(task.Dur, task.Tdur)/1000)
				}
			}
		case *tracing.EventTracingComplete:
			close(complete)
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	command(p, tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{
		IncludedCategories: []string{"disabled-by-default-devtools.timeline"}, ExcludedCategories: []string{"*"},
	}})
	meanwhile()
	command(p, tracing.End, cdp.Empty{})
	eventually(p.t, wait, "the recording is there", func() bool {
		select {
		case <-complete:
			return true
		default:
			return false
		}
	})
	mutex.Lock()
	defer mutex.Unlock()
	return took
}
