//go:build soak

package journey

import (
	"context"
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
)

var soak = flag.Duration("soak", 10*time.Minute, "how long the page stays open")

// TestSoak leaves a page open on 30 panels at 100 values a second each, ten times what it shows: at its end the page's memory lies within 5 % of
// what it was after a fifth of the time (2 of 10 minutes). JavaScript's objects that the wasm app let go are freed only
// once the wasm app's own collector has run, about once a minute, so the troughs of a stretch of time are compared.
func TestSoak(t *testing.T) {
	const panels, rate = 30, 100
	s := quiet(t)
	ctx, stop := context.WithCancel(t.Context())
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		feed(ctx, s, panels, rate)
	}()
	defer func() { stop(); <-fed }()

	eventually(t, wait, "all metrics exist", func() bool {
		return strings.Count(s.must("GET", "/api/v1/metrics", ""), `"soak.`) == panels
	})
	p := look(t, s).blank(1440, 900, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: keepMemory})
	p.visit(s.url + "/b/all")
	p.until("all panels are there", fmt.Sprintf(`document.querySelectorAll('.card[data-metric^="soak."]').length >= %d`, panels))

	began, stretch := time.Now(), *soak*3/20
	settled, last := math.Inf(1), math.Inf(1)
	for tick := time.Tick(*soak / 60); time.Since(began) < *soak; {
		<-tick
		now, past := heap(p), time.Since(began)
		t.Logf("%6v: %.2f MiB", past.Round(time.Second), now/(1<<20))
		if past > *soak/5 && past < *soak/5+stretch {
			settled = min(settled, now)
		}
		if past > *soak-stretch {
			last = min(last, now)
		}
	}
	t.Logf("from %v on %.2f MiB, up to %v %.2f MiB: %+.1f %%", *soak/5, settled/(1<<20), *soak, last/(1<<20), 100*(last/settled-1))
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
