package journey

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// past is a history of 900 s up to now: the metric wave counts them from 0, once a second, and
// so do clicks, by adding; slow counts once in ten.
type past struct {
	*server
	begin int64 // ms since 1970, a round minute
}

func aPast(t *testing.T) past {
	s := past{quiet(t), time.Now().Add(-15*time.Minute).UnixMilli() / 60_000 * 60_000}
	var batch strings.Builder
	for i := range 900 {
		at := s.begin + int64(i)*1000
		if at > time.Now().UnixMilli() {
			break
		}
		fmt.Fprintf(&batch, `{"metric":"wave","set":%d,"time":%d}`+"\n", i, at)
		fmt.Fprintf(&batch, `{"metric":"clicks","add":1,"time":%d}`+"\n", at)
		if i%10 == 0 {
			fmt.Fprintf(&batch, `{"metric":"slow","set":%d,"time":%d}`+"\n", i, at)
		}
	}
	s.must("POST", "/api/v1/metrics", batch.String())
	return s
}

// board opens a board of this past and waits until it is drawn.
func (s past) board(b *browser, query string, width, height int64, theme string) *tab {
	p := b.open(s.url+"/b/all"+query, width, height, theme)
	p.until("three charts are drawn", `document.querySelectorAll(".card .plot canvas").length >= 3`)
	return p
}

// box is where an element's plot is on the screen.
type box struct{ X, Y, W, H float64 }

func (p *tab) plot(metric string) box {
	p.t.Helper()
	return eval[box](p, fmt.Sprintf(`(() => { const plot = document.querySelector('.card[data-metric=%q] .plot'); plot.scrollIntoView({block: "center"}); const b = plot.getBoundingClientRect(); return {X: b.x, Y: b.y, W: b.width, H: b.height} })()`, metric))
}

func (p *tab) mouse(kind input.DispatchMouseEventType, x, y float64, modifiers int64, more ...func(*input.DispatchMouseEventParams)) {
	p.t.Helper()
	e := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Modifiers: modifiers, Button: "left", ClickCount: 1}
	if kind == "mouseMoved" || kind == "mouseWheel" {
		e.Button, e.ClickCount = "none", 0
	}
	for _, change := range more {
		change(&e)
	}
	command(p, input.DispatchMouseEvent, e)
}

// drag drags over a part of a plot, from one share of its width to another.
func (p *tab) drag(of box, from, to float64, modifiers int64) {
	p.t.Helper()
	y := of.Y + of.H/2
	held := func(e *input.DispatchMouseEventParams) { e.Buttons, e.Button = 1, "left" }
	p.mouse("mouseMoved", of.X+from*of.W, y, modifiers)
	p.mouse("mousePressed", of.X+from*of.W, y, modifiers)
	for i := range 5 {
		p.mouse("mouseMoved", of.X+(from+(to-from)*float64(i+1)/5)*of.W, y, modifiers, held)
	}
	p.mouse("mouseReleased", of.X+to*of.W, y, modifiers)
}

// window is what the URL says: from and to in ms since 1970, 0 where it is live.
func (p *tab) window() (from, to int64, query url.Values) {
	p.t.Helper()
	u, err := url.Parse(eval[string](p, `location.href`))
	if err != nil {
		p.t.Fatal(err)
	}
	at := func(name string) int64 {
		if moment, err := time.Parse(time.RFC3339Nano, u.Query().Get(name)); err == nil {
			return moment.UnixMilli()
		}
		return 0
	}
	if to = at("at"); to == 0 {
		to = at("to")
	}
	return at("from"), to, u.Query()
}

const isPast, isLive = `document.documentElement.dataset.time === "past" && document.getElementById("timebar")`,
	`document.documentElement.dataset.time !== "past" && !document.getElementById("timebar")`

// tips are what the crosshair says on each card, lines of it.
func (p *tab) tips() map[string][]string {
	p.t.Helper()
	all := map[string][]string{}
	for metric, text := range eval[map[string]string](p, `Object.fromEntries([...document.querySelectorAll(".card")].filter(c => { const t = c.querySelector(".tip"); return t && getComputedStyle(t).visibility === "visible" }).map(c => [c.dataset.metric, c.querySelector(".tip").textContent]))`) {
		all[metric] = strings.Split(text, "\n")
	}
	return all
}

func TestACrosshairReadsExactValuesOnAllCharts(t *testing.T) {
	s := aPast(t)
	b := look(t, s.server)
	p := s.board(b, "?at="+moment(s.begin+600_000)+"&range=5m", 1280, 900, "light")
	p.until("its values have come", shows("wave", "600"))
	of := p.plot("wave")
	p.until("the crosshair is on all charts", fmt.Sprintf(`(() => {
		const plot = document.querySelector('.card[data-metric="wave"] .plot');
		plot.dispatchEvent(new PointerEvent("pointermove", {clientX: %f, clientY: %f, pointerType: "mouse", bubbles: true}));
		return [...document.querySelectorAll(".tip")].filter(t => getComputedStyle(t).visibility === "visible").length >= 3 })()`, of.X+of.W*0.6, of.Y+40))
	p.mouse("mouseMoved", of.X+of.W*0.5, of.Y+of.H/2, 0)
	p.save(shots(t, "crosshair.png"))
	seen := map[string]bool{}
	const says = `document.querySelector('.card[data-metric="wave"] .tip').textContent`
	for i := range 12 {
		p.rest(says)
		before := eval[string](p, says)
		p.mouse("mouseMoved", of.X+of.W*(0.2+0.05*float64(i)), of.Y+of.H/2, 0)
		p.until("it has moved", fmt.Sprintf("%s !== %s", says, mustQuote(before)))
		tips := p.tips()
		wave := tips["wave"]
		if len(wave) != 2 || len(tips) < 3 {
			t.Fatalf("the tips are %v", tips)
		}
		value, err := strconv.ParseInt(wave[1], 10, 64)
		at := time.UnixMilli(s.begin + value*1000).Local().Format("15:04:05")
		if err != nil || wave[0] != at {
			t.Errorf("at %s the crosshair says %q; that value was at %s", wave[0], wave[1], at)
		}
		if slow, err := strconv.ParseInt(tips["slow"][1], 10, 64); err != nil || slow%10 != 0 || tips["slow"][0] != time.UnixMilli(s.begin+slow*1000).Local().Format("15:04:05") || math.Abs(float64(slow-value)) > 10 {
			t.Errorf("at second %d the other chart says %v", value, tips["slow"])
		}
		if clicks := tips["clicks"]; !strings.HasPrefix(clicks[1], "+") || !strings.Contains(clicks[0], " to ") {
			t.Errorf("the bars say %v", clicks)
		}
		seen[wave[0]] = true
	}
	if len(seen) < 8 {
		t.Errorf("moving along the chart read %d different times", len(seen))
	}
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.card[data-metric="wave"] .plot').focus()`))
	before := p.tips()["wave"][1]
	p.do(chromedp.KeyEvent(kb.ArrowRight)) // arrow right
	p.until("an arrow key goes to the next sample", fmt.Sprintf(`document.querySelector('.card[data-metric="wave"] .tip').textContent.split("\n")[1] == %s + 1`, before))
	p.until("and a screen reader hears it", `document.getElementById("cross-says").textContent.includes("wave")`)
	p.mouse("mouseMoved", 5, 5, 0)
	p.until("off the charts it is gone", `[...document.querySelectorAll(".tip")].every(t => getComputedStyle(t).visibility === "hidden")`)
}

func TestDraggingZoomsAndADoubleClickGoesBack(t *testing.T) {
	s := aPast(t)
	b := look(t, s.server)
	p := s.board(b, "?range=15m", 1280, 900, "dark")
	p.until("it is live", live)
	of := p.plot("wave")
	p.drag(of, 0.3, 0.6, 0)
	p.until("it shows the past", isPast+` && location.search.includes("from=")`)
	p.rest("location.search")
	from, to, _ := p.window()
	if to-from < 3*60_000 || to-from > 7*60_000 || to > time.Now().UnixMilli()-3*60_000 {
		t.Errorf("dragging over 0.3 to 0.6 of 15 minutes shows %d s, up to %d s ago", (to-from)/1000, (time.Now().UnixMilli()-to)/1000)
	}
	p.until("the number is of the window's end", shows("wave", fmt.Sprint((to-s.begin)/1000)))
	p.save(shots(t, "zoomed.png"))
	if eval[bool](p, `[...document.querySelectorAll(".buttons button")].some(b => !b.disabled)`) {
		t.Error("in the past a button can be pressed")
	}
	p.drag(of, 0.25, 0.75, 0)
	p.until("it zooms again", fmt.Sprintf(`(() => { const q = new URLSearchParams(location.search); return new Date(q.get("to")) - new Date(q.get("from")) < %d })()`, (to-from)*8/10))
	twice := func() {
		p.mouse("mousePressed", of.X+of.W/2, of.Y+40, 0)
		p.mouse("mouseReleased", of.X+of.W/2, of.Y+40, 0)
		again := func(e *input.DispatchMouseEventParams) { e.ClickCount = 2 }
		p.mouse("mousePressed", of.X+of.W/2, of.Y+40, 0, again)
		p.mouse("mouseReleased", of.X+of.W/2, of.Y+40, 0, again)
	}
	twice()
	p.until("one step back", fmt.Sprintf(`+new Date(new URLSearchParams(location.search).get("to")) === %d`, to))
	twice()
	p.until("two steps back it is live", isLive)
	p.until("with its range", `location.search === "?range=15m"`)
	p.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	p.until("the browser's own way back leads to the past", isPast)
	p.do(chromedp.Evaluate[chromedp.Void](`history.go(-1)`))
}

func TestWheelPanAndKeysMoveThroughTime(t *testing.T) {
	s := aPast(t)
	b := look(t, s.server)
	p := s.board(b, "?range=15m", 1000, 420, "light")
	p.until("it is live", live)
	of := p.plot("wave")
	x, y := of.X+of.W/2, of.Y+of.H/2
	wheel := func(dx, dy float64, modifiers int64) {
		p.mouse("mouseWheel", x, y, modifiers, func(e *input.DispatchMouseEventParams) { e.DeltaX, e.DeltaY = dx+1e-6, dy+1e-6 })
	}
	top := eval[float64](p, `scrollY`)
	wheel(0, -100, 0)
	p.until("a plain wheel scrolls the page", fmt.Sprintf(`scrollY < %f`, top))
	if _, to, _ := p.window(); to != 0 {
		t.Error("a plain wheel moved through time")
	}
	p.rest("scrollY") // it glides
	of = p.plot("wave")
	x, y = of.X+of.W/2, of.Y+of.H/2
	p.rest("scrollY")
	top = eval[float64](p, `scrollY`)
	for range 4 {
		wheel(0, -120, 2)
	}
	p.until("with ctrl it zooms", isPast)
	p.until("and the URL says so", `location.search.includes("from=")`)
	if now := eval[float64](p, `scrollY`); math.Abs(now-top) > 1 {
		t.Errorf("zooming scrolled the page from %v to %v", top, now)
	}
	p.rest("location.search")
	from, to, _ := p.window()
	if to-from > 8*60_000 || to-from < 60_000 {
		t.Errorf("four notches of the wheel show %d s", (to-from)/1000)
	}
	p.drag(of, 0.4, 0.6, 8)
	p.until("dragging with shift pans", fmt.Sprintf(`new Date(new URLSearchParams(location.search).get("to")) < %d`, to))
	p.rest("location.search")
	f, u, _ := p.window()
	if u-f != to-from {
		t.Errorf("panning made %d ms of %d", u-f, to-from)
	}
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.card[data-metric="wave"] .plot').focus()`), chromedp.KeyEvent("l"))
	p.until("l goes back to live", isLive)
	p.do(chromedp.KeyEvent("p"))
	p.until("p pauses", isPast)
	paused := eval[string](p, `document.getElementById("moment").textContent`)
	s.must("POST", "/api/v1/metrics/wave", `{"set":4711}`)
	p.do(chromedp.Sleep(1500 * time.Millisecond))
	if got := eval[string](p, `document.getElementById("moment").textContent`); got != paused {
		t.Errorf("paused at %s, it shows %s", paused, got)
	}
	if eval[bool](p, shows("wave", "4711")) {
		t.Error("what is paused shows what came later")
	}
	p.do(chromedp.Click("#live"))
	p.until("live again", isLive)
	p.until("and it shows what came", shows("wave", "4711"))
}

func TestTwoFingersZoomOnAPhone(t *testing.T) {
	s := aPast(t)
	b := look(t, s.server)
	p := s.board(b, "?range=15m", 390, 844, "dark")
	p.until("it is live", live)
	of := p.plot("wave")
	y := of.Y + of.H/2
	fingers := func(kind input.DispatchTouchEventType, at ...float64) {
		points := []*input.TouchPoint{}
		for i, x := range at {
			points = append(points, &input.TouchPoint{X: of.X + x*of.W, Y: y, ID: new(float64(i))})
		}
		command(p, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
	}
	fingers("touchStart", 0.4, 0.6)
	for i := range 6 {
		fingers("touchMove", 0.4-0.05*float64(i+1), 0.6+0.05*float64(i+1))
	}
	fingers("touchEnd")
	p.until("it zoomed", isPast)
	p.until("and says so", `location.search.includes("from=")`)
	p.rest("location.search")
	from, to, _ := p.window()
	if to-from < 120_000 || to-from > 400_000 {
		t.Errorf("spreading two fingers fourfold shows %d s of 900", (to-from)/1000)
	}
	p.save(shots(t, "pinched-phone.png"))
	if wide := eval[float64](p, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %v px wide on a phone", wide)
	}
	p.do(chromedp.Click("#own"))
	p.until("a stretch of one's own is asked for", `document.activeElement.id === "own-from"`)
	p.save(shots(t, "own-phone.png"))
	p.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("own-to").value = ""; document.getElementById("own-to").dispatchEvent(new Event("change", {bubbles: true}))`), chromedp.Click("#own-show"))
	p.until("it says what lacks", `document.querySelector(".own-sheet .wrong").textContent.includes("date")`)
	p.do(chromedp.KeyEvent(kb.Escape))
	p.until("Escape closes it", `!document.querySelector(".own-sheet")`)
	of = p.plot("wave")
	y = of.Y + of.H/2
	fingers("touchStart", 0.5)
	fingers("touchMove", 0.6)
	p.until("one finger reads", `[...document.querySelectorAll(".tip")].some(t => getComputedStyle(t).visibility === "visible")`)
	fingers("touchEnd")
}

func TestABoardAsItWasAndPlayedOn(t *testing.T) {
	s := aPast(t)
	s.must("POST", "/r/build", "before")
	p1 := time.Now()
	between := p1.UnixMilli()
	for time.Now().UnixMilli() <= between+20 {
		s.must("GET", "/status", "")
	}
	s.must("POST", "/r/build", "after")
	s.must("POST", "/order", "")
	b := look(t, s.server)
	local := time.UnixMilli(s.begin + 300_000).Local().Format("2006-01-02T15:04:05")
	p := s.board(b, "?at="+local, 1280, 900, "light")
	p.until("it shows the past", isPast)
	p.until("the value of then", shows("wave", "300"))
	p.until("and of the counter", shows("clicks", "301"))
	p.save(shots(t, "as-it-was.png"))
	s.must("POST", "/api/v1/metrics/wave", `{"set":4711}`)
	p.do(chromedp.Sleep(700 * time.Millisecond))
	if !eval[bool](p, shows("wave", "300")) {
		t.Error("what came touched the past")
	}
	if !eval[bool](p, `document.getElementById("timebar").textContent.includes("The past")`) {
		t.Error("the past does not say that it is")
	}
	p.do(chromedp.Click(`[data-speed="10"]`))
	p.until("it plays", `document.getElementById("timebar").dataset.playing === "yes"`)
	// From one change to another, by the page's own clock.
	played := eval[struct{ From, To, Took float64 }](p, `new Promise((done) => {
		const value = () => +document.querySelector('.card[data-metric="wave"] .now').textContent.replace(/\D/g, "");
		let last = value(), first;
		const look = () => {
			const now = value(), at = performance.now() / 1000;
			if (now !== last && first && at - first.at >= 3) return done({From: first.now, To: now, Took: at - first.at});
			if (now !== last) first = first || {now, at};
			last = now;
			requestAnimationFrame(look);
		};
		look();
	})`)
	t.Logf("in %.1f s the wave went from %v to %v", played.Took, played.From, played.To)
	if per := (played.To - played.From) / played.Took; played.To > 4000 || per < 7 || per > 13 {
		t.Errorf("at 10 times %v went by a second", per)
	}
	p.save(shots(t, "playing.png"))
	p.do(chromedp.Click("#play"))
	p.until("it is held", `document.getElementById("timebar").dataset.playing === "no"`)
	p.until("and the URL says where", fmt.Sprintf(`new Date(new URLSearchParams(location.search).get("at")) > %d`, s.begin+320_000))
	_, to, _ := p.window()
	p.until("with the exact value of then", shows("wave", fmt.Sprint((to-s.begin)/1000)))

	p.visit(s.url + "/?at=" + moment(between))
	p.until("the home board is of the past", isPast)
	p.until("its log has what was said by then", `document.querySelector('.card[data-panel="build"] .lines').textContent.includes("before")`)
	if eval[bool](p, `document.querySelector('.card[data-panel="build"] .lines').textContent.includes("after")`) {
		t.Error("its log has what was said later")
	}
	p.until("no order had come", `!/[1-9]/.test(document.querySelector('.card[data-panel="orders"] .now').textContent)`)
	p.until("who was there is not kept, and it says so", `document.querySelector('.card[data-panel="looking"]').textContent.includes("not kept")`)
	p.until("nothing had run", `document.querySelector('.card[data-panel="ran"]').textContent.includes("by then")`)
	p.save(shots(t, "home-as-it-was.png"))
	p.do(chromedp.Click("#live"))
	p.until("back to live", isLive)
	p.until("the order is there", shows("orders", "1"))
	p.until("and all that was said", `document.querySelector('.card[data-panel="build"] .lines').textContent.includes("after")`)
}

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// shots is where a screenshot goes: to the folder that $SHOTS names, to be looked at.
func shots(t *testing.T, name string) string {
	folder := os.Getenv("SHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	return filepath.Join(folder, name)
}
