//go:build !js

package canvas_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// pageFiles are a page of testdata and what each page asks for, by path.
func pageFiles(tb testing.TB, page string) map[string]string {
	tb.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		tb.Fatal(err)
	}
	return map[string]string{
		"/": page, "/paint.js": "../../web/paint.js", "/wasm_exec.js": filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"),
		"/font/plex-400.woff2": "../../web/font/plex-400.woff2", "/font/plex-600.woff2": "../../web/font/plex-600.woff2",
	}
}

// buildFrames builds internal/frames and returns where it is.
func buildFrames(tb testing.TB) string {
	tb.Helper()
	wasm := filepath.Join(tb.TempDir(), "frames.wasm")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", wasm, "./internal/frames")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build the wasm side: %v\n%s", err, out)
	}
	return wasm
}

// serve answers each path with a file, isolated from other origins so that
// performance.now is precise to 5 µs.
func serve(tb testing.TB, files map[string]string) string {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		if strings.HasSuffix(name, ".wasm") {
			w.Header().Set("Content-Type", "application/wasm")
		}
		http.ServeFile(w, r, name)
	}))
	tb.Cleanup(server.Close)
	return server.URL
}

// browser starts a Chromium with an empty profile and ends it with the test.
func browser(tb testing.TB, limit time.Duration) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	tb.Cleanup(cancel)
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.Flag("headless", "new"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1200, 900), chromedp.WSURLReadTimeout(limit))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	tb.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	tb.Cleanup(cancel)
	return ctx
}

// evaluate runs a script in the page and waits for the promise it gives.
func evaluate[T any](tb testing.TB, ctx context.Context, script string) T {
	tb.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.Fatalf("%s: %v", script, err)
	}
	return value
}
