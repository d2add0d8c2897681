package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// slow has pages run as on a machine that is not quick: a step that comes before the state it needs fails there.
var slow = flag.Float64("slow", 1, "pages run so many times slower")

// flags of Chromium: it finds no host but this machine, whoever asks.
var flags = []chromedp.ExecAllocatorOption{
	chromedp.Flag("headless", "new"),
	chromedp.WSURLReadTimeout(wait),
	chromedp.NoSandbox,
	chromedp.DisableGPU,
	chromedp.NoFirstRun,
	chromedp.NoDefaultBrowserCheck,
	chromedp.Flag("disable-quic", true),
	chromedp.Flag("disable-background-networking", true),
	chromedp.Flag("disable-component-update", true),
	chromedp.Flag("disable-sync", true),
	chromedp.Flag("disable-default-apps", true),
	chromedp.Flag("disable-extensions", true),
	chromedp.Flag("disable-dev-shm-usage", true),
	chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter"),
	chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
	chromedp.Flag("force-color-profile", "srgb"),
	chromedp.Flag("hide-scrollbars", true),
	chromedp.Flag("password-store", "basic"),
	chromedp.Flag("enable-precise-memory-info", true),
}

// browser is a Chromium with an empty profile.
type browser struct {
	t       testing.TB
	ctx     context.Context
	stop    context.CancelFunc
	closed  bool
	servers []string // hosts that may be asked
	netlog  string   // file

	mutex    sync.Mutex
	asked    []string // every request of every tab
	said     []string // on the consoles
	errors   []string // of these, the errors
	expected []string // parts of console errors that belong to the journey
}

// look starts Chromium for pages of the given servers.
func look(t testing.TB, servers ...*server) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed: make test installs it")
	}
	b := &browser{t: t, netlog: filepath.Join(t.TempDir(), "net.json")}
	for _, each := range servers {
		b.servers = append(b.servers, strings.TrimPrefix(each.url, "http://"))
	}
	options := append(slices.Clone(flags),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Flag("log-net-log", b.netlog))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(allocated)
	b.ctx, b.stop = ctx, func() { leave(); stop() }
	if err := chromedp.Do(b.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, problem := range b.close() {
			t.Error(problem)
		}
		if t.Failed() {
			t.Logf("the consoles said:\n%s", strings.Join(b.said, "\n"))
		}
	})
	return b
}

// close ends Chromium and answers what went wrong in it; nothing if that has been asked before.
func (b *browser) close() []string {
	if b.closed {
		return nil
	}
	b.closed = true
	_ = chromedp.Cancel(b.ctx) // asks Chromium to end, so that its log is whole
	b.stop()
	return b.problems()
}

// gone is what Chromium, and go-app's loader when it looks for a new build, say when the server is not there.
var gone = []string{"WebSocket connection", "ERR_CONNECTION_REFUSED", "ERR_INTERNET_DISCONNECTED",
	"Failed to load resource", "Failed to fetch", "Failed to update a ServiceWorker",
	"Failed to register a ServiceWorker", "An unknown error occurred when fetching the script"}

// expect names part of a console error that the journey itself causes.
func (b *browser) expect(parts ...string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.expected = append(b.expected, parts...)
}

// problems are errors in a console and requests to other hosts.
func (b *browser) problems() (found []string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, text := range b.errors {
		if !slices.ContainsFunc(b.expected, func(part string) bool { return strings.Contains(text, part) }) {
			found = append(found, "console: "+text)
		}
	}
	for _, target := range append(b.asked, requestsIn(b.t, b.netlog)...) {
		parsed, err := url.Parse(target)
		if err != nil || !slices.Contains([]string{"http", "https", "ws", "wss"}, parsed.Scheme) || slices.Contains(b.servers, parsed.Host) {
			continue
		}
		found = append(found, "a request went outside: "+target)
	}
	return found
}

// requestsIn reads the URLs that pages and service workers asked for from Chromium's own network log. What nobody's
// page initiated is Chromium's own housekeeping, which finds no host.
func requestsIn(t testing.TB, netlog string) []string {
	t.Helper()
	text, err := os.ReadFile(netlog)
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Events []struct {
			Params struct {
				URL       string `json:"url"`
				Initiator string `json:"initiator"`
			} `json:"params"`
		} `json:"events"`
	}
	// The log ends in the middle where the browser was ended: close what is open.
	if json.Unmarshal(text, &recorded) != nil {
		text = append(bytes.TrimRight(bytes.TrimSpace(text), ","), "]}"...)
		if err := json.Unmarshal(text, &recorded); err != nil {
			t.Fatalf("Chromium's network log: %v", err)
		}
	}
	var urls []string
	for _, event := range recorded.Events {
		if strings.HasPrefix(event.Params.Initiator, "http") && !slices.Contains(urls, event.Params.URL) {
			urls = append(urls, event.Params.URL)
		}
	}
	if len(recorded.Events) == 0 {
		t.Error("Chromium's network log is empty, so nothing can be said of its requests")
	}
	return urls
}

// tab is one page of a browser.
type tab struct {
	t     testing.TB
	ctx   context.Context
	close func()
}

// open opens a tab of the given size and theme ("light" or "dark") at a URL and waits until the app has taken over.
func (b *browser) open(target string, width, height int64, theme string) *tab {
	b.t.Helper()
	p := b.blank(width, height, theme)
	p.visit(target)
	return p
}

// blank opens an empty tab; chromedp.WithNewBrowserContext makes it one of somebody else.
func (b *browser) blank(width, height int64, theme string, whose ...chromedp.ContextOption) *tab {
	b.t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx, whose...)
	b.t.Cleanup(closeTab)
	p := &tab{t: b.t, ctx: ctx, close: closeTab}
	if err := chromedp.Listen(ctx, b.note); err != nil {
		b.t.Fatal(err)
	}
	go b.read(ctx)
	command(p, network.Enable, network.EnableParams{})
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	p.do(chromedp.EmulateViewport(width, height))
	if *slow > 1 {
		command(p, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: *slow})
	}
	return p
}

// note records the requests of a tab.
func (b *browser) note(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, event.Request.URL)
	case *network.EventWebSocketCreated:
		b.asked = append(b.asked, event.URL)
	}
}

// read records what a tab says on its console. Go writes a panic of the wasm app there as ordinary lines.
func (b *browser) read(ctx context.Context) {
	for message, err := range chromedp.Console(ctx) {
		if err != nil {
			return
		}
		b.mutex.Lock()
		b.said = append(b.said, message.String())
		if message.Type == "error" || message.Type == "assert" || message.IsException() || strings.HasPrefix(message.Text, "panic:") {
			b.errors = append(b.errors, message.Text+" ("+message.URL+")")
		}
		b.mutex.Unlock()
	}
}

// command runs one command of the DevTools protocol.
func command[P, R any](p *tab, name cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, wait)
	defer cancel()
	result, err := chromedp.Call(ctx, name, params)
	if err != nil {
		p.t.Fatal(err)
	}
	return result
}

// do runs actions.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, wait)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// mounted is true once all of a page is the app's, which hears every key and press from then on; and of a page without the app.
const mounted = `(document.readyState === "complete" && !document.getElementById("app-wasm-loader") &&
	(typeof goappEnv === "undefined" || performance.getEntriesByName("telltale-mounted").length > 0))`

// awake is true once such a page hears the server, too.
const awake = mounted + " && " + live

// visit loads a page and waits for the wasm app.
func (p *tab) visit(target string) {
	p.t.Helper()
	p.do(chromedp.Navigate(target))
	p.until("the app has taken over", mounted)
}

// until waits for a JavaScript expression to be true, or to be a promise of that.
func (p *tab) until(what, expression string) {
	p.t.Helper()
	eventually(p.t, wait, what+"\n"+expression, func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, wait/4)
		defer cancel()
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(async () => !!await ("+expression+"))()", chromedp.EvalAwaitPromise))
		return err == nil && is
	})
}

// rest waits until a JavaScript expression has had one value for as many frames as a second has.
func (p *tab) rest(expression string) {
	p.t.Helper()
	eval[bool](p, `new Promise((done) => {
		let last, frames = 0;
		const look = () => {
			const now = String(`+expression+`);
			frames = now === last ? frames + 1 : 0;
			last = now;
			if (frames < 60) requestAnimationFrame(look); else done(true);
		};
		look();
	})`)
}

// pressTwice presses a button that asks whether one is sure, and again as soon as it does: it asks for a few seconds only.
func (p *tab) pressTwice(selector, asks string) {
	p.t.Helper()
	eval[bool](p, fmt.Sprintf(`new Promise((done) => {
		const button = () => document.querySelector(%q);
		const look = () => {
			if (button()?.textContent !== %q) return requestAnimationFrame(look);
			button().click();
			done(true);
		};
		button().click();
		look();
	})`, selector, asks))
}

// eval answers the value of a JavaScript expression; a promise is awaited.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*wait)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// shoot gives the pixels of the element that a CSS selector names.
func (p *tab) shoot(selector string) image.Image {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, wait)
	defer cancel()
	shot, err := chromedp.Run(ctx, chromedp.Screenshot(selector))
	if err != nil {
		p.t.Fatalf("screenshot of %s: %v", selector, err)
	}
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		p.t.Fatal(err)
	}
	return picture
}

// save writes the visible part of the page as a PNG.
func (p *tab) save(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, wait)
	defer cancel()
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(name, shot, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
