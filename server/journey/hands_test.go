package journey

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// speak has a tab's pages find a browser of that language.
func (p *tab) speak(language string) {
	p.t.Helper()
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: fmt.Sprintf(`Object.defineProperty(navigator, "language", {get: () => %q})`, language)})
}

// mirrored lists what stands on the wrong side of a page that is read from the right.
const mirrored = `(() => {
	const found = [], box = (e) => e.getBoundingClientRect(), right = (a, b, what) => { if (a && b && box(a).left < box(b).left) found.push(what); };
	if (document.documentElement.scrollWidth > innerWidth) found.push("the page is " + document.documentElement.scrollWidth + " wide");
	right(document.querySelector(".brand"), document.getElementById("lamp"), "the brand stands left of the lamp");
	const cards = document.querySelectorAll(".grid > .card");
	if (cards.length > 1 && innerWidth > 900) right(cards[0], cards[1], "the first card stands left of the second");
	for (const card of cards) right(card.querySelector("h2"), card.querySelector(".age:not(:empty), .of"), card.dataset.panel + ": the title stands left of its age");
	for (const plot of document.querySelectorAll(".plot")) if (getComputedStyle(plot).direction !== "ltr") found.push("a chart runs backwards");
	for (const line of document.querySelectorAll(".small .line")) { const time = line.querySelector("time"), said = line.querySelector(".said"); if (time && said && time.textContent && box(time).left < box(said).right - 1) found.push("a line's time stands over it, or behind"); }
	return found.join("\n");
})()`

func TestAPageIsReadFromTheRightWhereThePersonReadsSo(t *testing.T) {
	s := start(t)
	s.must("POST", "/order", "")
	furnish(s)
	b := look(t, s)
	for _, path := range []string{"/", "/rooms", "/r/build", "/runs", "/screens", "/?tv=1"} {
		for _, width := range []int64{1440, 390} {
			p := b.blank(width, 844, "light")
			p.speak("ar-EG")
			p.visit(s.url + path)
			p.until("it is live", live+" && "+settled)
			if dir := eval[string](p, `getComputedStyle(document.body).direction`); dir != "rtl" {
				t.Errorf("%s is read from the %s", path, dir)
			}
			if wrong := eval[string](p, mirrored); wrong != "" {
				t.Errorf("%s, %d wide:\n%s", path, width, wrong)
			}
			p.close()
		}
	}
	p := b.open(s.url+"/", 1000, 800, "light")
	if dir := eval[string](p, `document.documentElement.dir`); dir != "" {
		t.Errorf("in English the page is read %s", dir)
	}
}

// small lists what is too small for a finger: less than 44 pixels high or wide (WCAG 2.2, 2.5.5), links amid text excepted.
const small = `[...document.querySelectorAll("button, select, input, .places a, .ranges a, .brand, .foot a, .list a")].filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.closest(".unseen")).map((e) => {
	const b = e.getBoundingClientRect(), wide = Math.min(...[...e.closest(".ranges, .places") ? [36] : [], 44]);
	return b.height < 44 || b.width < wide && e.tagName !== "A" ? (e.id || e.className || e.textContent) + " is " + Math.round(b.width) + " × " + Math.round(b.height) : "";
}).filter(Boolean).join("\n")`

func TestAFingerHitsWhatItMeans(t *testing.T) {
	s := start(t)
	s.must("POST", "/order", "")
	furnish(s)
	b := look(t, s)
	for _, path := range []string{"/", "/rooms", "/r/kitchen", "/runs", "/screens", "/m/orders"} {
		p := b.blank(390, 844, "light")
		command(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
		command(p, emulation.SetEmitTouchEventsForMouse, emulation.SetEmitTouchEventsForMouseParams{Enabled: false})
		command(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true})
		p.visit(s.url + path)
		p.until("it is live", live)
		if !eval[bool](p, `matchMedia("(pointer: coarse)").matches`) {
			t.Fatal("the browser does not take its pointer for a finger")
		}
		if wrong := eval[string](p, small); wrong != "" {
			t.Errorf("%s: too small for a finger:\n%s", path, wrong)
		}
		if wrong := eval[string](p, misfits); wrong != "" {
			t.Errorf("%s does not fit:\n%s", path, wrong)
		}
		p.close()
	}
}

func TestAScreenReaderHearsWhatAPanelShows(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/m/temperature", "21.5")
	p := look(t, s).open(s.url+"/m/temperature", 1000, 800, "light")
	p.until("it is live", live)
	p.until("the chart's name says value, trend and age", `/^Chart of temperature, .*: temperature 21.5, steady, \d+ (s|min) old$/.test(document.querySelector(".plot").getAttribute("aria-label"))`)
	p.do(chromedp.KeyEvent("s"))
	p.until("s has it said", `document.getElementById("said")?.getAttribute("role") === "status" && /temperature 21.5, steady/.test(document.getElementById("said").textContent)`)
}
