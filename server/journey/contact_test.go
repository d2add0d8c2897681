package journey

import (
	"syscall"
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

	if err := s.process.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	p.until("the page says that it has no contact", stale+` && /No contact for \d+ s/.test(document.getElementById("lamp").innerText)`)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("that took %v", took)
	}
	p.until("the values say their age", `/\d+ s ago/.test(document.querySelector('[data-panel="orders"] .age').textContent)`)

	if err := s.process.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.must("POST", "/order", "")
	p.until("it is live again by itself", live+" && !("+stale+")")
	p.until("what changed is shown", shows("orders", "6"))
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
