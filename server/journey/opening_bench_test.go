package journey

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	openings     = 7 // of each page in a run, in turns
	openingRuns  = 3
	slowOpenings = 3 // over the slow line, and while tasks are recorded
)

// probe notes when a page is painted first, when its value is, and when a live value is: another one than the server drew, by
// a page that says that it is live. A value is painted once the frame is over in which it was written.
const probe = `
globalThis.seen = {};
new PerformanceObserver((list) => { for (const e of list.getEntries()) if (e.name === "first-contentful-paint") seen.paint = e.startTime; }).observe({ type: "paint", buffered: true });
new PerformanceObserver((list) => { for (const e of list.getEntries()) seen.value ??= e.renderTime; }).observe({ type: "element", buffered: true });
new PerformanceObserver((list) => { for (const e of list.getEntries()) if (e.name === "mounted") seen.mounted = e.startTime; }).observe({ type: "mark", buffered: true });
{
	let first;
	const look = new MutationObserver(() => {
		const value = document.querySelector('.now[data-metric="orders"]');
		if (!value) return;
		value.setAttribute("elementtiming", "value");
		first ??= value.textContent;
		if (value.textContent === first || document.getElementById("lamp")?.dataset.state !== "live") return;
		look.disconnect();
		const over = new MessageChannel();
		over.port1.onmessage = () => { seen.live = performance.now(); };
		over.port2.postMessage(0);
	});
	look.observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-state"] });
}
`

// coldly opens a page as somebody who has never been there, without anything in a cache, and answers what the probe has seen
// once it has seen so much, in ms after the page was asked for.
func coldly(b *browser, url, until string) (p *tab, seen map[string]float64) {
	b.t.Helper()
	p = b.blank(412, 823, "light", chromedp.WithNewBrowserContext())
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: probe})
	p.do(chromedp.Navigate(url + "/"))
	p.until("it is open", until)
	return p, eval[map[string]float64](p, `seen`)
}

// opening figures, one a run.
type openingFigures struct {
	painted, still, live, mounted []float64 // ms
	slow, line                    []float64 // ms: live over the slow line, and what its bytes take
	blocked, bare                 []float64 // ms
	warm                          []float64 // bytes
}

// BenchmarkOpening prints how the start page opens in a browser that has never been there, beside an empty page and a bare
// page of go-app of the tests' own server, in turns; over a slow line, beside what its bytes take there; how long it keeps a
// hand waiting meanwhile; and what comes when it is opened again. Each figure is the median of three runs.
func BenchmarkOpening(b *testing.B) {
	if b.N > 1 {
		return
	}
	s := start(b)
	ctx, stop := context.WithCancel(b.Context())
	fed := make(chan error, 1)
	go func() { fed <- orders(ctx, s) }()
	defer func() {
		stop()
		if err := <-fed; err != nil {
			b.Error(err)
		}
	}()
	still, bare := static(b), bareGoApp(b)
	host := strings.TrimPrefix(s.url, "http://")
	slow, fast := lineTo(b, host, 10_000_000, 40*time.Millisecond), lineTo(b, host, 0, 0)
	c := look(b, s, &server{url: still}, &server{url: bare}, &server{url: slow.url}, &server{url: fast.url})
	c.expect("Failed to load resource") // the icon of the bare page

	var f openingFigures
	for range openingRuns {
		f.ofThree(c, still, bare, s.url)
		f.overLine(c, slow)
		f.held(c, bare, s.url)
		f.warm = append(f.warm, float64(warmly(c, fast)))
	}
	beside := func(what string, ours, rival []float64, most float64) {
		var ratios []float64
		for i := range ours {
			ratios = append(ratios, ours[i]/rival[i])
		}
		verdict := "holds"
		if median(ratios) > most {
			verdict = "MISSED"
		}
		fmt.Printf("%-44s %9.0f %9.0f  ×%.2f (%.2f to %.2f), at most ×%.2f: %s\n", what, median(ours), median(rival), median(ratios), slices.Min(ratios), slices.Max(ratios), most, verdict)
	}
	plus := func(to []float64, factor, ms float64) (sums []float64) {
		for _, each := range to {
			sums = append(sums, factor*each+ms)
		}
		return sums
	}
	var allowed []float64
	for i, each := range f.line {
		allowed = append(allowed, each+1.25*f.mounted[i])
	}
	fmt.Printf("%-44s %9s %9s\n", fmt.Sprintf("opening /, %d runs, ms", openingRuns), "ours", "rival")
	beside("first paint with values; a static page's", f.painted, f.still, 1.25)
	beside("live; a bare go-app page's mount", f.live, f.mounted, 1.25)
	beside("live at 10 Mbit/s, 40 ms; bytes and 1.25 mounts", f.slow, allowed, 1)
	beside("blocked; a bare go-app page's and 50 ms", f.blocked, plus(f.bare, 1, 50), 1)
	beside("bytes of a warm start; 30 kB", f.warm, plus(make([]float64, openingRuns), 1, 30_000), 1)
}

// ofThree opens the three pages in turns.
func (f *openingFigures) ofThree(c *browser, still, bare, ours string) {
	c.t.Helper()
	var painted, stillPainted, live, mounted []float64
	for range openings {
		p, seen := coldly(c, still, `seen.paint`)
		p.close()
		stillPainted = append(stillPainted, seen["paint"])
		p, seen = coldly(c, bare, `seen.mounted`)
		p.close()
		mounted = append(mounted, seen["mounted"])
		p, seen = coldly(c, ours, `seen.live && seen.value && seen.paint`)
		p.close()
		painted, live = append(painted, max(seen["paint"], seen["value"])), append(live, seen["live"])
	}
	f.painted, f.still = append(f.painted, median(painted)), append(f.still, median(stillPainted))
	f.live, f.mounted = append(f.live, median(live)), append(f.mounted, median(mounted))
}

// overLine opens our page over a slow line.
func (f *openingFigures) overLine(c *browser, slow *line) {
	c.t.Helper()
	var live, line []float64
	for range slowOpenings {
		p, seen := coldly(c, slow.url, `seen.live`)
		from := askedAt(p)
		bytes := slow.between(from, from.Add(time.Duration(seen["live"]*float64(time.Millisecond))))
		p.close()
		live, line = append(live, seen["live"]), append(line, float64(slow.takes(bytes).Milliseconds()))
	}
	f.slow, f.line = append(f.slow, median(live)), append(f.line, median(line))
}

// held sums up by how much tasks are longer than 50 ms of the processor while a page opens, whenever in that time.
func (f *openingFigures) held(c *browser, bare, ours string) {
	c.t.Helper()
	blocked := func(url, until string) float64 {
		var sums []float64
		for range slowOpenings {
			p := c.blank(412, 823, "light", chromedp.WithNewBrowserContext())
			command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: probe})
			sum := 0.0
			for _, took := range tasks(p, func() {
				p.do(chromedp.Navigate(url + "/"))
				p.until("it is open", until)
			}) {
				sum += max(took-50, 0)
			}
			p.close()
			sums = append(sums, sum)
		}
		return median(sums)
	}
	f.bare, f.blocked = append(f.bare, blocked(bare, `seen.mounted`)), append(f.blocked, blocked(ours, `seen.live`))
}

// askedAt is when a tab's page was asked for.
func askedAt(p *tab) time.Time {
	return time.UnixMicro(int64(1000 * eval[float64](p, `performance.timeOrigin`)))
}

// warmly opens the start page once more where it has been before, and answers how many bytes came until it was live.
func warmly(b *browser, fast *line) (bytes int) {
	b.t.Helper()
	p, _ := coldly(b, fast.url, `document.getElementById("lamp")?.dataset.state === "live" && navigator.serviceWorker.controller`)
	defer p.close()
	p.do(chromedp.Navigate(fast.url + "/"))
	p.until("it is live again", live)
	return fast.between(askedAt(p), time.Now())
}

// A page that was open before needs no more than itself: the app and all that belongs to it are there.
func TestAWarmStartTransfersLittle(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/order", "")
	fast := lineTo(t, strings.TrimPrefix(s.url, "http://"), 0, 0)
	b := look(t, s, &server{url: fast.url})
	bytes := warmly(b, fast)
	if t.Logf("%d bytes", bytes); bytes < 1000 || bytes > 30_000 {
		t.Errorf("a warm start transfers %d bytes, 30,000 are the most", bytes)
	}
}

// orders gives the metric orders another value ten times a second.
func orders(ctx context.Context, s *server) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; n++ {
		if status, answer, err := s.try("POST", "/m/orders", strconv.Itoa(n)); err != nil || status >= 300 {
			return fmt.Errorf("order %d: %d %s %w", n, status, answer, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
