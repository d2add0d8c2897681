//go:build soak

package journey

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
)

var soak = flag.Duration("soak", 10*time.Minute, "how long the page stays open")

// TestSoak leaves a page open on 30 panels at 100 values a second each, ten times what it shows: at its end the page's memory lies within 5 % of
// what it was after a fifth of the time (2 of 10 minutes), and so does what the server holds, within 10 %.
//
// The range is a minute, so that it is full long before it is measured: until then charts get longer by a column a
// second and the page's memory with them, which is no leak, and of a range of 5 minutes a tenth of all it holds.
// JavaScript's objects that the wasm app let go are freed only once the wasm app's own collector has run, about once a
// minute, and what a server holds rises and falls likewise, so the troughs of a stretch of time are compared.
func TestSoak(t *testing.T) {
	const panels, rate = 30, 100
	s := quiet(t)
	ctx, stop := context.WithCancel(t.Context())
	fed := make(chan int, 1)
	began := time.Now()
	go func() { fed <- feed(ctx, s, panels, rate) }()
	defer func() {
		stop()
		t.Logf("each metric had %.0f values a second", float64(<-fed)/time.Since(began).Seconds())
	}()

	eventually(t, wait, "all metrics exist", func() bool {
		return strings.Count(s.must("GET", "/api/v1/metrics", ""), `"soak.`) == panels
	})
	p := look(t, s).blank(1440, 900, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: keepMemory})
	p.visit(s.url + "/b/all?range=1m")
	p.until("all panels are there", fmt.Sprintf(`document.querySelectorAll('.card[data-metric^="soak."]').length >= %d`, panels))

	var ofPage, ofServer trough
	opened := time.Now()
	for tick := time.Tick(*soak / 60); time.Since(opened) < *soak; {
		<-tick
		past := time.Since(opened)
		page, server := heap(p), float64(s.resident())
		t.Logf("%6v: page %.2f MiB, server %.2f MiB", past.Round(time.Second), page/(1<<20), server/(1<<20))
		ofPage.take(past, page)
		ofServer.take(past, server)
	}
	ofPage.judge(t, "the page", 1.05)
	ofServer.judge(t, "the server", 1.10)
}

// trough is the least that something held in a stretch of the soak, after a fifth of it and at its end.
type trough struct{ settled, last float64 }

func (l *trough) take(past time.Duration, bytes float64) {
	stretch := *soak * 3 / 20
	if past > *soak/5 && past < *soak/5+stretch && (l.settled == 0 || bytes < l.settled) {
		l.settled = bytes
	}
	if past > *soak-stretch && (l.last == 0 || bytes < l.last) {
		l.last = bytes
	}
}

func (l *trough) judge(t *testing.T, who string, most float64) {
	t.Logf("%s: from %v on %.2f MiB, up to %v %.2f MiB: %+.1f %%", who, *soak/5, l.settled/(1<<20), *soak, l.last/(1<<20), 100*(l.last/l.settled-1))
	if l.last > most*l.settled {
		t.Errorf("%s grew by more than %.0f %%", who, 100*(most-1))
	}
}

// feed sets every metric at the given rate until the context ends, however slow the server is: what is due goes in one
// request. It answers how often each was set.
func feed(ctx context.Context, s *server, panels, rate int) (times int) {
	began := time.Now()
	for n := 0; ctx.Err() == nil; {
		var rows strings.Builder
		first, due := n, 1+int(time.Since(began).Seconds()*float64(rate))
		for ; n < due; n++ {
			for i := range panels {
				fmt.Fprintf(&rows, `{"metric":"soak.%02d","set":%d}`+"\n", i, (n*7+i*13)%100)
			}
		}
		if status, _, err := s.try("POST", "/api/v1/metrics", rows.String()); err == nil && status == http.StatusOK {
			times += n - first
		}
		rest(ctx, time.Second/time.Duration(rate))
	}
	return times
}
