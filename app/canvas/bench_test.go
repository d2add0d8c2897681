//go:build !js

package canvas_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// uPlotVersion is the rival measured against, fetched from npm when the benchmark runs.
const uPlotVersion = "1.6.32"

// BenchmarkFrameAgainstUPlot prints, a cell of panels, series and points, the script
// milliseconds a frame of live redraw, ours and uPlot's in turns on one page of
// one browser: by performance.now around the frame, and by the processor time
// Chromium itself counts for scripts (the waiting for the next frame included) and
// for all of the page's thread (rasterising, too). All are medians, so that other
// work on the machine counts little. It fails where a frame of ours is not below.
func BenchmarkFrameAgainstUPlot(b *testing.B) {
	if b.N > 1 {
		return
	}
	site := benchSite(b)
	ctx := browser(b, 15*time.Minute)
	if err := chromedp.Do(ctx, chromedp.Navigate(site)); err != nil {
		b.Fatal(err)
	}
	go func() {
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			b.Logf("console: %v", m)
		}
	}()
	if _, err := chromedp.Call(ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		b.Fatal(err)
	}
	fmt.Printf("%-12s %41s %41s %41s\n", "script ms", "performance.now", "ScriptDuration", "TaskDuration")
	for _, c := range cells {
		m := measure(b, ctx, c)
		fmt.Printf("%-12s", c)
		for i, f := range m {
			fmt.Printf("  %6.2f uPlot %6.2f ×%.2f (%.2f to %.2f)", f.ours, f.uplot, f.ours/f.uplot, f.least, f.most)
			if i == 0 && f.ours >= f.uplot {
				b.Errorf("%s: ours takes %.2f ms a frame, uPlot %.2f", c, f.ours, f.uplot)
			}
		}
		fmt.Println()
		b.ReportMetric(m[0].ours, "ms/frame-"+strings.ReplaceAll(c.String(), "×", "x"))
	}
}

var cells = []cell{
	{1, 1, 300, 960, 320}, {1, 1, 3_000, 960, 320}, {1, 1, 100_000, 960, 320},
	{1, 4, 3_000, 960, 320}, {1, 16, 3_000, 960, 320}, {1, 16, 100_000, 960, 320},
	{16, 4, 3_000, 344, 138},
}

// cell is what is measured: panels, each of series of points, width × height pixels. The last one
// is a board as people have it: five minutes of ten values a second, on cards of the usual size.
type cell struct{ panels, series, points, width, height int }

func (c cell) String() string {
	if c.panels == 1 {
		return fmt.Sprintf("%d×%d", c.series, c.points)
	}
	return fmt.Sprintf("%d×%d×%d", c.panels, c.series, c.points)
}

// figure is milliseconds a frame of either, and the ratios of two blocks, one of each.
type figure struct{ ours, uplot, least, most float64 }

const (
	warmUp = 5000 // frames of either before all blocks, or three seconds of them
	block  = 40   // frames measured in a row
	blocks = 9    // for each of both, in turns
)

// measure gives the figures of a cell, each the median block: by performance.now (of a block the median frame), ScriptDuration
// and TaskDuration.
func measure(b *testing.B, ctx context.Context, c cell) [3]figure {
	b.Helper()
	points := c.points
	evaluate[bool](b, ctx, fmt.Sprintf("setup(%d, %d, %d, %d, %d, %d)", c.panels, c.series, points, warmUp+block*blocks, c.width, c.height))
	sides := []string{"ours", "uplot"}
	for _, side := range sides {
		evaluate[bool](b, ctx, fmt.Sprintf("warm(%q, %d, %d)", side, points, warmUp))
	}
	var spent [3]map[string][]float64 // a value a block
	for i := range spent {
		spent[i] = map[string][]float64{}
	}
	for range blocks {
		for _, side := range sides {
			before := metrics(b, ctx)
			times := evaluate[[]float64](b, ctx, fmt.Sprintf("run(%q, %d, %d)", side, points, block))
			after := metrics(b, ctx)
			spent[0][side] = append(spent[0][side], median(times))
			for i, name := range []string{"ScriptDuration", "TaskDuration"} {
				spent[i+1][side] = append(spent[i+1][side], (after[name]-before[name])*1000/block)
			}
		}
	}
	var out [3]figure
	for i := range out {
		var ratios []float64
		for n, ours := range spent[i]["ours"] {
			ratios = append(ratios, ours/spent[i]["uplot"][n])
		}
		out[i] = figure{median(spent[i]["ours"]), median(spent[i]["uplot"]), slices.Min(ratios), slices.Max(ratios)}
	}
	return out
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// metrics are Chromium's own counts of seconds spent, by name.
func metrics(tb testing.TB, ctx context.Context) map[string]float64 {
	tb.Helper()
	result, err := chromedp.Call(ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		tb.Fatal(err)
	}
	values := map[string]float64{}
	for _, m := range result.Metrics {
		values[m.Name] = m.Value
	}
	return values
}

// benchSite serves the benchmark's page on loopback and returns its address.
func benchSite(tb testing.TB) string {
	tb.Helper()
	files := pageFiles(tb, "testdata/bench.html")
	files["/frames.wasm"] = buildFrames(tb)
	uplot := filepath.Join(fetchUPlot(tb), "dist")
	for _, name := range []string{"/uPlot.iife.min.js", "/uPlot.min.css"} {
		files[name] = filepath.Join(uplot, name)
	}
	return serve(tb, files)
}

// fetchUPlot returns the folder of uPlot's npm package, from the user's cache or npm.
func fetchUPlot(tb testing.TB) string {
	tb.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		tb.Fatal(err)
	}
	dir := filepath.Join(cache, "telltale-bench", "uplot-"+uPlotVersion)
	module := filepath.Join(dir, "node_modules", "uplot")
	if _, err := os.Stat(filepath.Join(module, "dist")); err == nil {
		return module
	} else if !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	if err := os.MkdirAll(dir, fs.ModePerm); err != nil {
		tb.Fatal(err)
	}
	npm := exec.Command("npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", dir, "uplot@"+uPlotVersion)
	if out, err := npm.CombinedOutput(); err != nil {
		tb.Fatalf("fetch uPlot from npm: %v\n%s", err, out)
	}
	return module
}
