package journey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// wallOf is a board of so many charts of four series each, of the metrics smooth.00.0 and so on.
func wallOf(panels int) string {
	var document strings.Builder
	document.WriteString(`{"id": "smooth", "title": "Smooth", "panels": [`)
	for i := range panels {
		if i > 0 {
			document.WriteString(",\n")
		}
		fmt.Fprintf(&document, `{"id": "p%02d", "kind": "line", "title": "Panel %d", "queries": [{"metric": "smooth.%02d.*"}]}`, i, i, i)
	}
	document.WriteString("]}")
	return document.String()
}

// feedAll gives each of those metrics a value every 100 ms until the context ends.
func feedAll(ctx context.Context, s *server, panels int) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		var rows strings.Builder
		for i := range panels {
			for k := range 4 {
				fmt.Fprintf(&rows, `{"metric":"smooth.%02d.%d","set":%d}`+"\n", i, k, (n*7+i*13+k*29)%100)
			}
		}
		if status, answer, err := s.try("POST", "/api/v1/metrics", rows.String()); err != nil || status >= 300 {
			return fmt.Errorf("the values of tick %d: %d %s %w", n, status, answer, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// After its first second, a page of 16 charts of four series, each with ten new values a second, never keeps a finger
// waiting: no task takes longer than 50 ms of a quick processor.
func TestSixteenChartsAtTenValuesASecondHaveNoLongTask(t *testing.T) {
	const panels = 16
	s := quiet(t)
	keepBoard(s, "smooth", wallOf(panels))
	ctx, stop := context.WithCancel(t.Context())
	fed := make(chan error, 1)
	go func() { fed <- feedAll(ctx, s, panels) }()
	defer func() {
		stop()
		if err := <-fed; err != nil {
			t.Error(err)
		}
	}()

	p := look(t, s).open(s.url+"/b/smooth", 1920, 1440, "light")
	p.until("it is live and drawn", live+" && "+drawn)
	const rest = `new Promise((done) => setTimeout(() => done(true), %d))`
	eval[bool](p, fmt.Sprintf(rest, 1000))
	if got := eval[int](p, `[...document.querySelectorAll(".card .plot canvas")].filter((c) => c.getBoundingClientRect().top < innerHeight).length`); got < panels {
		t.Fatalf("%d charts are in sight, want %d", got, panels)
	}
	may := 50 * slower(p)
	took := tasks(p, func() { eval[bool](p, fmt.Sprintf(rest, 10_000)) })
	slices.Sort(took)
	if len(took) < 100 {
		t.Fatalf("only %d tasks were recorded", len(took))
	}
	var sum float64
	for _, each := range took {
		sum += each
	}
	t.Logf("%d tasks, half of them over %.2f ms, 1 of 100 over %.1f ms, the longest %.1f ms; the thread was busy for %.0f %%",
		len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1], sum/100)
	if longest := took[len(took)-1]; longest > may {
		t.Errorf("a task took %.0f ms", longest)
	}
}
