package hub_test

import (
	"fmt"
	"sync"

	"telltale/server/hub"
	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// A counter with viewers. Whoever writes for a viewer asks what is next: at first
// a boundary, from which it makes a snapshot, then frames. Changes that came
// between two frames share one.
func Example_counter() {
	h := hub.New("life", 2, []metric.Metric{{ID: "orders", Head: metric.Head{Seq: 2, Time: 1, Value: 2}}})
	var ready, viewers sync.WaitGroup
	view := func() {
		out := hub.NewOutbox()
		viewer, _ := h.Watch(out, hub.Watch{Patterns: []string{"orders"}})
		defer viewer.Close()
		var decoder wire.Decoder
		for value := 0.0; value < 5; {
			bytes, boundary := viewer.Next()
			switch {
			case boundary != nil:
				value = boundary.Values["orders"].Value
				fmt.Println("begins with", value)
				ready.Done()
			case bytes != nil:
				var frame series.Frame
				_ = decoder.Frame(bytes, &frame)
				value = frame.Values["orders"].Last
			default:
				<-out.Ready()
			}
		}
		fmt.Println("has reached 5")
	}
	ready.Add(2)
	viewers.Go(view)
	viewers.Go(view)
	ready.Wait()
	for n := range 3 {
		h.Publish([]metric.Sample{{Metric: "orders", Value: float64(3 + n), Add: 1, Seq: uint64(3 + n), Time: 2}})
	}
	viewers.Wait()
	// Unordered output:
	// begins with 2
	// begins with 2
	// has reached 5
	// has reached 5
}
