package journey

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
)

// stale is true once the page says that what it shows may be out of date.
const stale = `document.documentElement.dataset.values === "stale"`

// A server that is stopped keeps its connections open and says nothing, as a network does that went away.
func TestASilentServerIsSaidWithinTenSecondsAndTheGapIsFilled(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/m/orders", "5")
	b := look(t, s)
	b.expect(gone...)
	p := b.open(s.url+"/", 1000, 800, "light")
	p.until("it is live", live)
	p.until("the value is shown", shows("orders", "5"))

	s.pause()
	began := time.Now()
	p.until("the page says that it has no contact", stale+` && /No contact for \d+ s/.test(document.getElementById("lamp").innerText)`)
	atMost(t, "to say so", time.Since(began), 10*time.Second)
	p.until("the values say their age", `/\d+ (s|min) ago/.test(document.querySelector('[data-panel="orders"] .age').textContent)`)

	s.resume()
	s.must("POST", "/order", "")
	p.until("it is live again by itself", live+" && !("+stale+")")
	p.until("what changed is shown", shows("orders", "6"))
}

// The socket that is opened while the app is being made may be over before the app asks for one.
func TestASocketThatEndedBeforeTheAppHasComeCostsNoAttempt(t *testing.T) {
	s := quiet(t)
	b := look(t, s)
	b.expect(gone...)
	p := b.blank(1000, 800, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
		window.sockets = 0;
		window.WebSocket = class extends WebSocket {
			constructor(url) { super(url); if (!window.sockets++) this.close(); }
		};
	}`})
	p.visit(s.url + "/")
	p.until("it is live", live)
	// Before another attempt it would have asked whether the server is there.
	if sockets, asked := eval[int](p, `sockets`), eval[int](p, `performance.getEntriesByName(location.origin + "/status").length`); sockets != 2 || asked != 0 {
		t.Errorf("it is live with %d sockets, after %d questions whether the server is there; want 2, 0", sockets, asked)
	}
}

func TestWhatIsPressedBeforeTheAppHasComeCounts(t *testing.T) {
	s := quiet(t)
	b := look(t, s)
	p := b.blank(1000, 800, "light")
	// The first paint's own button, pressed as soon as it is there.
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `const waiting = setInterval(() => {
		const plus = document.querySelector('[data-panel="orders"] [data-press="plus"]');
		if (plus && document.getElementById("app-wasm-loader")) { clearInterval(waiting); plus.click(); plus.click(); }
	}, 1)`})
	p.visit(s.url + "/")
	p.until("both presses were counted", shows("orders", "2"))
}
