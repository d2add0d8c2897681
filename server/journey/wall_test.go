package journey

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// offWall lists what is wrong with a wallboard: what does not fit, what overlaps, what is in the way.
const offWall = `(() => {
	const found = [], box = (e) => e.getBoundingClientRect(), root = document.documentElement;
	if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) found.push("the page scrolls: " + root.scrollWidth + " × " + root.scrollHeight);
	const cards = [...document.querySelectorAll(".grid > :not([hidden])")].map((e) => [e, box(e)]);
	let area = 0;
	for (const [e, b] of cards) {
		const name = e.dataset.panel;
		if (b.left < 0 || b.top < 0 || b.right > innerWidth + 1 || b.bottom > innerHeight + 1) found.push(name + " is cut off");
		if (b.width < 60 || b.height < 30) found.push(name + " is " + b.width + " × " + b.height);
		for (const [o, c] of cards) {
			if (o !== e && b.left < c.right - 1 && c.left < b.right - 1 && b.top < c.bottom - 1 && c.top < b.bottom - 1) found.push(name + " lies over " + o.dataset.panel);
		}
		area += b.width * b.height;
	}
	if (area < .82 * innerWidth * innerHeight) found.push("panels fill " + area / innerWidth / innerHeight + " of the screen");
	for (const e of document.querySelectorAll(".masthead, .toolbar, .curl, .buttons, .skip")) if (e.checkVisibility({visibilityProperty: true})) found.push(e.className + " is in the way");
	const lamp = document.getElementById("lamp");
	if (!lamp.checkVisibility() || box(lamp).right > innerWidth || box(lamp).width < 20) found.push("the lamp cannot be seen");
	return found.join("\n");
})()`

func TestABoardFillsAnyWall(t *testing.T) {
	s := start(t)
	s.must("POST", "/order", "")
	furnish(s)
	b := look(t, s)
	for _, size := range [][2]int64{{1920, 1080}, {1024, 768}, {1080, 1920}, {3840, 2160}, {640, 360}} {
		p := b.open(s.url+"/?tv=1", size[0], size[1], "dark")
		p.until("it is live", live)
		p.until("charts are drawn", `document.querySelectorAll(".plot canvas").length >= 6`)
		if wrong := eval[string](p, offWall); wrong != "" {
			t.Errorf("%d × %d:\n%s", size[0], size[1], wrong)
		}
		blurred := eval[string](p, `[...document.querySelectorAll(".plot canvas")].filter((c) => Math.abs(c.width - c.getBoundingClientRect().width) > 2).map((c) => c.width + " for " + c.getBoundingClientRect().width).join(", ")`)
		if blurred != "" {
			t.Errorf("%d × %d: canvases have other pixels than the screen: %s", size[0], size[1], blurred)
		}
		p.close()
	}
}

func TestAWallSaysLackOfContactLargeAndLeavesByEscape(t *testing.T) {
	s := quiet(t)
	b := look(t, s)
	b.expect(gone...)
	p := b.open(s.url+"/?tv=1", 1920, 1080, "light")
	p.until("it is live", live)
	p.until("the pointer is hidden", `document.documentElement.classList.contains("still") && !document.querySelector(".strip-tools").checkVisibility({visibilityProperty: true})`)
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 300, 300))
	p.until("a hand that moves finds what it needs", `document.getElementById("leave-wall").checkVisibility({visibilityProperty: true})`)
	s.pause()
	p.until("lack of contact is said large, across the screen", `(() => { const lamp = document.getElementById("lamp"), says = lamp.querySelector(".says");
		return /No contact for/.test(says.textContent) && parseFloat(getComputedStyle(says).fontSize) >= 60 && lamp.getBoundingClientRect().width > 1800; })()`)
	s.resume()
	p.until("it is live again", live)
	p.do(chromedp.KeyEvent("\u001b"))
	p.until("it is a page again", `location.search === "" && document.querySelector(".masthead") && !document.documentElement.classList.contains("on-wall")`)
	if style := eval[string](p, `[...document.querySelectorAll(".grid > *")].map((e) => e.getAttribute("style") || "").join("")`); style != "" {
		t.Errorf("cards keep the wall's places: %s", style)
	}
}

func TestKeysOnAWallReadAChartAndPressWhatHasTheFocus(t *testing.T) {
	s := quiet(t)
	putBoard(s, "one", "a", "b")
	putBoard(s, "two", "c")
	b := look(t, s)
	p := b.open(s.url+"/b/one?tv=1&boards=one,two&every=1d", 1280, 720, "dark")
	p.until("it is live", live)
	before := eval[string](p, `document.getElementById("board").dataset.board`)
	p.until("charts are drawn", `document.querySelectorAll(".plot canvas").length > 0`)
	eval[bool](p, `(document.querySelector(".plot").focus(), true)`)
	p.do(chromedp.KeyEvent(kb.ArrowLeft))
	p.until("the arrow reads the chart", `document.querySelector(".over.on .tip")?.textContent.length > 5`)
	s.must("POST", "/m/a", "=77")
	s.must("POST", "/m/c", "=77")
	p.until("the page goes on", `[...document.querySelectorAll(".now")].some((e) => e.textContent === "77")`)
	eval[bool](p, `(document.getElementById("turn-on").focus(), true)`)
	p.do(chromedp.KeyEvent(" "))
	p.until("Space has pressed Next, once", `document.getElementById("board").dataset.board !== "`+before+`"`)
	if now := eval[string](p, `new Promise((done) => setTimeout(() => done(document.getElementById("board").dataset.board), 1000))`); now == before {
		t.Error("Space took a turn besides the one of the button that it pressed")
	}
}

// putBoard makes a board of lines, one for each metric.
func putBoard(s *server, id string, metrics ...string) {
	s.t.Helper()
	var panels []string
	for _, each := range metrics {
		s.must("POST", "/m/"+each, "1")
		panels = append(panels, fmt.Sprintf(`{"id":%q,"kind":"line","queries":[{"metric":%q}]}`, each, each))
	}
	body := fmt.Sprintf(`{"id":%q,"title":"Board %s","panels":[%s]}`, id, id, strings.Join(panels, ","))
	if status, answer := s.call("PUT", "/api/v1/boards/"+id, body); status >= 300 {
		s.t.Fatalf("PUT a board: %d %s", status, answer)
	}
}

func TestBoardsTakeTurnsOnAWallAndLeaveNothingBehind(t *testing.T) {
	s := quiet(t)
	putBoard(s, "one", "a1", "a2", "a3", "a4")
	putBoard(s, "two", "b1", "b2", "b3", "b4")
	p := look(t, s).blank(1280, 720, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: keepMemory})
	p.visit(s.url + "/b/one?tv=1&boards=one,two&every=2s")
	p.until("it is live", live)
	turn := `document.querySelector("main").dataset.board`
	first := eval[string](p, turn)
	p.until("the other board has its turn by itself", fmt.Sprintf("%s !== %q", turn, first))
	p.until("its charts are drawn", `[...document.querySelectorAll(".plot")].length === 4 && [...document.querySelectorAll(".plot")].every((e) => e.querySelector("canvas"))`)

	// Turns of a day are as many as a hand takes here.
	p.visit(s.url + "/b/one?tv=1&boards=one,two&every=24h")
	p.until("it is live", live)
	turned := func(times int) {
		t.Helper()
		eval[bool](p, fmt.Sprintf(`(async () => {
			const main = () => document.querySelector("main").dataset.board;
			for (let n = 0; n < %d; n++) {
				const was = main(), until = performance.now() + 20000;
				dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
				while (main() === was) {
					if (performance.now() > until) throw new Error("turn " + n + " does not come");
					await new Promise((done) => setTimeout(done, 5));
				}
				while (document.querySelectorAll(".plot canvas").length < 4) {
					if (performance.now() > until) throw new Error("turn " + n + " is not drawn");
					await new Promise((done) => setTimeout(done, 5));
				}
			}
			return true;
		})()`, times))
	}
	state := func() (nodes, canvases float64) {
		return eval[float64](p, `document.querySelectorAll("*").length`), eval[float64](p, `document.querySelectorAll("canvas").length`)
	}
	turned(100)
	nodes, canvases := state()
	settled := heap(p)
	for range 4 {
		turned(100)
	}
	after := heap(p)
	if n, c := state(); n != nodes || c != canvases {
		t.Errorf("after 500 turns %v elements and %v canvases, %v and %v before", n, c, nodes, canvases)
	}
	t.Logf("100 turns %.2f MiB, 500 turns %.2f MiB", settled/(1<<20), after/(1<<20))
	if after > settled*1.08+1<<20 {
		t.Errorf("the page grew from %.0f to %.0f bytes", settled, after)
	}
	if wrong := eval[string](p, offWall); wrong != "" {
		t.Error(wrong)
	}
}

func TestAScreenIsListedShownAnotherBoardReloadedAndNamed(t *testing.T) {
	s := quiet(t)
	putBoard(s, "shop", "orders")
	b := look(t, s)
	tv := b.open(s.url+"/?tv=1&screen=Lobby", 1920, 1080, "dark")
	tv.until("it is live", live)
	desk := b.open(s.url+"/screens", 1200, 800, "light")
	var id string
	eventually(t, wait, "the screens are listed", func() bool {
		var rows []struct {
			ID, Name, Board, Build string
			Wall                   bool
			Width, Height          int
			Painted                int64
		}
		if err := json.Unmarshal([]byte(s.must("GET", "/api/v1/screens", "")), &rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if row.Name == "Lobby" && row.Board == "home" && row.Wall && row.Width == 1920 && row.Height == 1080 && row.Build != "" {
				id = row.ID
			}
		}
		return len(rows) == 2 && id != ""
	})
	card := fmt.Sprintf(`[data-screen=%q]`, id)
	desk.until("the page lists both", fmt.Sprintf(`document.querySelectorAll(".screen").length === 2 && document.querySelector('%s h2').textContent === "Lobby"`, card))
	if wrong := eval[string](desk, misfits); wrong != "" {
		t.Error(wrong)
	}
	press := func(do string) { desk.do(chromedp.Click(card + fmt.Sprintf(" [data-do=%q]", do))) }

	press("identify")
	tv.until("the screen says large what it is called", `/Lobby/.test(document.getElementById("name-tag")?.textContent) && parseFloat(getComputedStyle(document.getElementById("name-tag")).fontSize) > 80`)
	tv.until("and no longer", `!document.getElementById("name-tag")`)

	eval[bool](desk, fmt.Sprintf(`(() => { const choice = document.querySelector('%s select'); choice.value = "shop"; choice.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`, card))
	tv.until("it shows the other board, and is still a wall", `location.pathname === "/b/shop" && document.querySelector(".tv main").dataset.board === "shop"`)
	desk.until("which the list says", fmt.Sprintf(`document.querySelector('%s .facts a')?.textContent === "shop"`, card))

	eval[bool](tv, `window.stays = true`)
	press("reload")
	tv.until("it has loaded anew", `!window.stays`)
	tv.until("with the same id", live)
	eventually(t, wait, "which answers again", func() bool {
		status, _ := s.call("POST", "/api/v1/screens/"+id, `{"do":"identify"}`)
		return status == 200
	})
	tv.until("it says what it is called", `/Lobby/.test(document.getElementById("name-tag")?.textContent)`)

	tv.visit(s.url + "/?tv=1&boards=home,all&every=1h&screen=Turns")
	eventually(t, wait, "a wall that takes turns is listed", func() bool {
		return strings.Contains(s.must("GET", "/api/v1/screens", ""), `"Turns"`)
	})
	s.must("POST", "/api/v1/screens/all", `{"do":"show","board":"shop"}`)
	tv.until("it shows another board out of its turn", `document.querySelector(".tv main").dataset.board === "shop" && location.search.includes("boards=")`)
	tv.do(chromedp.KeyEvent(kb.ArrowRight))
	tv.until("and goes back to its turns", `["home", "all"].includes(document.querySelector(".tv main").dataset.board)`)
}

func TestAChangedBoardIsTakenAnewByTheScreensThatShowIt(t *testing.T) {
	s := quiet(t)
	putBoard(s, "shop", "orders")
	p := look(t, s).open(s.url+"/b/shop?tv=1", 1280, 720, "light")
	p.until("it is live", live)
	putBoard(s, "shop", "orders", "visits")
	p.until("the new panel is there and both fill the screen", `document.querySelectorAll(".grid > .card").length === 2`)
	p.until("and drawn", `document.querySelectorAll(".plot canvas").length === 2`)
	if wrong := eval[string](p, offWall); wrong != "" {
		t.Error(wrong)
	}
}

func TestAWallKeepsTheScreenAwake(t *testing.T) {
	s := quiet(t)
	p := look(t, s).blank(1280, 720, "dark")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.locks = [];
		navigator.wakeLock.request = async () => { const lock = {released: false, release: async () => { lock.released = true; }}; locks.push(lock); return lock; };`})
	p.visit(s.url + "/?tv=1")
	p.until("the screen is kept awake", `locks.length === 1 && !locks[0].released`)
	eval[bool](p, `locks[0].released = true`) // as a browser does when the page is hidden
	p.until("and again once it was given up", `locks.length === 2 && !locks[1].released`)
	p.until("it is live", live)
	p.do(chromedp.KeyEvent("\u001b"))
	p.until("off the wall it may sleep", `locks[1].released && document.querySelector(".masthead")`)
}
