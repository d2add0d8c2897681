package hub_test

import (
	"fmt"

	"telltale/server/hub"
	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// A connection's writer waits for its outbox and asks its viewer what is next: at
// first a boundary, from which it makes a snapshot, then frames.
func Example() {
	h := hub.New("life", 7, []metric.Metric{{ID: "orders", Head: metric.Head{Seq: 7, Time: 1, Value: 2}}})
	out := hub.NewOutbox()
	viewer, err := h.Watch(out, hub.Watch{Patterns: []string{"orders"}, Rate: 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer viewer.Close()

	_, at := viewer.Next()
	fmt.Println("snapshot as of", at.Seq, "orders", at.Values["orders"].Value)

	h.Publish([]metric.Sample{{Metric: "orders", Value: 3, Add: 1, Seq: 8, Time: 2}})
	var decoder wire.Decoder
	for {
		<-out.Ready()
		if bytes, _ := viewer.Next(); bytes != nil {
			var frame series.Frame
			if err := decoder.Frame(bytes, &frame); err != nil {
				fmt.Println(err)
			}
			fmt.Println("frame from", frame.From, "to", frame.Seq, "orders", frame.Values["orders"].Last)
			return
		}
	}
	// Output:
	// snapshot as of 7 orders 2
	// frame from 7 to 8 orders 3
}
