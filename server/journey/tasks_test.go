package journey

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// tasks lets Chromium record what its renderers' main threads run meanwhile and answers the processor time of each task in ms.
// A long task by the clock is one that others on the machine delayed as well, which says nothing of the page.
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
					Tdur float64 `json:"tdur"` // µs of the thread's clock
				}
				if json.Unmarshal(each, &task) == nil && task.Name == "RunTask" && task.Tdur > 0 {
					took = append(took, task.Tdur/1000)
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
