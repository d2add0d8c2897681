//go:build soak

package journey

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
)

var soak = flag.Duration("soak", 10*time.Minute, "how long the page stays open")

// TestSoak leaves a page open on 30 panels at 10 values a second each: after the end its memory lies within 5 % of
// what it was after a fifth of the time (2 of 10 minutes).
func TestSoak(t *testing.T) {
	const panels, rate = 30, 10
	s := quiet(t)
	ctx, stop := context.WithCancel(t.Context())
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		feed(ctx, s, panels, rate)
	}()
	defer func() { stop(); <-fed }()

	b := look(t, s)
	eventually(t, 10*time.Second, "all metrics exist", func() bool {
		return strings.Count(s.must("GET", "/api/v1/metrics", ""), `"soak.`) == panels
	})
	p := b.open(s.url+"/b/all", 1440, 900, "light")
	p.until("all panels are there", fmt.Sprintf(`document.querySelectorAll('[data-metric^="soak."]').length >= %d`, panels))

	began := time.Now()
	var settled, last float64
	for tick := time.Tick(*soak / 20); time.Since(began) < *soak; {
		<-tick
		last = heap(p)
		t.Logf("%6v: %6.2f MiB", time.Since(began).Round(time.Second), last/(1<<20))
		if settled == 0 && time.Since(began) >= *soak/5 {
			settled = last
		}
	}
	t.Logf("after %v %.2f MiB, after %v %.2f MiB: %+.1f %%", *soak/5, settled/(1<<20), *soak, last/(1<<20), 100*(last/settled-1))
	if last > 1.05*settled {
		t.Errorf("the page grew by more than 5 %%")
	}
}

// feed sets every metric at the given rate until the context ends.
func feed(ctx context.Context, s *server, panels, rate int) {
	for tick, n := time.Tick(time.Second/time.Duration(rate)), 0; ctx.Err() == nil; n++ {
		var rows strings.Builder
		for i := range panels {
			fmt.Fprintf(&rows, `{"metric":"soak.%02d","set":%d}`+"\n", i, (n*7+i*13)%100)
		}
		_, _, _ = s.try("POST", "/api/v1/metrics", rows.String())
		<-tick
	}
}

// heap is what the page holds, in bytes, after a garbage collection: JavaScript's objects, the browser's for the
// page, and array buffers, of which the wasm app's memory is one.
func heap(p *tab) float64 {
	p.t.Helper()
	command(p, heapprofiler.CollectGarbage, cdp.Empty{})
	usage := command(p, runtime.GetHeapUsage, cdp.Empty{})
	return usage.UsedSize + usage.EmbedderHeapUsedSize + usage.BackingStorageSize
}
