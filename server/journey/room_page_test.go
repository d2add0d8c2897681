package journey

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/coder/websocket"
)

// settled is true once no log on the page waits for what it shows.
const settled = `![...document.querySelectorAll(".log")].some((log) => log.querySelector(".unread"))`

// talker is somebody who talks in a room over a socket of their own.
type talker struct {
	t    testing.TB
	conn *websocket.Conn
	room string
}

// dialRoom joins a room.
func dialRoom(s *server, room, user string) *talker {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), wait)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, s.url+"/ws", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &talker{s.t, conn, room}
	p.send(map[string]any{"type": "join", "id": "1", "room_id": room, "user_id": user})
	p.hear("joined")
	return p
}

func (p *talker) send(message any) {
	p.t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	if err := p.conn.Write(ctx, websocket.MessageText, text); err != nil {
		p.t.Fatal(err)
	}
}

// hear reads until a message of that type with an id comes.
func (p *talker) hear(kind string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	for {
		_, text, err := p.conn.Read(ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		var message struct{ Type, ID, Detail string }
		_ = json.Unmarshal(text, &message)
		switch {
		case message.Type == "error":
			p.t.Fatalf("%s", text)
		case message.Type == kind && message.ID != "":
			return
		}
	}
}

func (p *talker) say(content string) {
	p.t.Helper()
	p.send(map[string]any{"type": "broadcast", "id": fmt.Sprint(time.Now().UnixNano()), "room_id": p.room, "content": content})
	p.hear("broadcast")
}

func (p *talker) close() { _ = p.conn.CloseNow() }

// furnish says in a few rooms what one would find there.
func furnish(s *server) {
	for i := range 120 {
		s.must("POST", "/r/build", fmt.Sprintf("go: compiled telltale/server/part%03d in %d ms", i, 40+i*7%90))
	}
	for _, line := range []string{
		"\x1b[1;32mok\x1b[0m  \ttelltale/shared/room\t0.012s", "--- FAIL: TestWhatIsLong (0.02s)",
		"    long_test.go:17: " + strings.Repeat("a line that does not end and has to be wrapped somewhere, ", 8),
		"<script>alert('not HTML')</script> <b>text</b> &amp; \u202eesrever\u202c 😀", strings.Repeat("0123456789abcdef", 4000), "FAIL",
	} {
		s.must("POST", "/r/build", line)
	}
	talk := dialRoom(s, "kitchen", "Zoë")
	for _, line := range []string{"The oven is at 220 °C.", "Who takes the bread out?", "I do, in ten minutes.\nAnd the rolls?", "They can wait 🥐"} {
		talk.say(line)
	}
	talk.close()
	s.must("POST", "/r/kitchen", "oven: door open")
}

// shown are the lines on the page, as text.
const shown = `[...document.querySelectorAll(".line:not(.waiting) .text")].map((e) => e.textContent)`

// reads is true once the log's last lines are these.
func reads(lines ...string) string {
	want, _ := json.Marshal(lines)
	return fmt.Sprintf(`JSON.stringify(%s.slice(-%d)) === %s`, shown, len(lines), mustQuote(string(want)))
}

func mustQuote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// write types a line into the page and sends it.
func (p *tab) write(text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys("#say", text), chromedp.KeyEvent(kb.Enter))
}

func TestARoomIsLiveInEveryBrowserAndForCurl(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/r/lobby", "before anybody came")
	one := look(t, s).open(s.url+"/r/lobby", 1440, 900, "light")
	other := look(t, s).open(s.url+"/r/lobby", 390, 844, "dark")
	for _, each := range []*tab{one, other} {
		each.until("what was said before is there", reads("before anybody came"))
		each.until("both are there", `document.querySelector("main .members .count").textContent === "2"`)
	}
	one.write("Hello everyone!")
	one.until("the line to write is empty again", `document.getElementById("say").value === ""`)
	s.must("POST", "/r/lobby", "from curl")
	other.write("and from a phone")
	for _, each := range []*tab{one, other} {
		each.until("all of it is seen", reads("before anybody came", "Hello everyone!", "from curl", "and from a phone"))
		each.until("nothing waits", `!document.querySelector(".waiting")`)
	}
	if got := s.must("GET", "/api/v1/rooms/lobby/messages", ""); strings.Count(got, `"seq"`) != 4 {
		t.Errorf("the room holds %s", got)
	}
	one.do(chromedp.Click("#whoami"))
	one.until("the name can be changed", `document.getElementById("name")`)
	eval[bool](one, `document.getElementById("name").value = "", true`)
	one.do(chromedp.SendKeys("#name", "Zoë"), chromedp.KeyEvent(kb.Enter))
	for _, each := range []*tab{one, other} {
		each.until("who is there is seen under the new name", `[...document.querySelectorAll("main .names bdi")].some((e) => e.textContent === "Zoë")`)
	}
	one.write("now under my name")
	other.until("it is said under that name", `[...document.querySelectorAll(".line")].at(-1).querySelector(".who").textContent === "Zoë"`)
	one.close()
	other.until("who left is gone", `document.querySelector("main .members .count").textContent === "1"`)
}

func TestWhatIsSaidIsTextAndNeverHTML(t *testing.T) {
	s := quiet(t)
	evil := []string{
		`<script>document.title = "owned"</script>`, `<img src=x onerror="document.title = 'owned'">`, `</div></main><h1>x</h1>`,
		"\x1b[31mred\x1b[0m", "\u202eesrever\u202c after", "👩‍👩‍👧‍👦 é\u0301\u0301\u0301", "&lt;b&gt; &amp;", `{{.}} ${x} "quoted" \back`,
	}
	for _, line := range evil {
		s.must("POST", "/r/evil", line)
	}
	long := strings.Repeat("<b>x</b>", 8<<10)
	s.must("POST", "/r/evil", long)
	evil[3] = "red"
	p := look(t, s).open(s.url+"/r/evil", 1000, 900, "light")
	p.until("it is live", live)
	p.until("the long line is begun", settled+` && document.querySelector(".act[data-act=whole]")`)
	lines := eval[[]string](p, shown)
	if got := lines[:len(lines)-1]; !slices.Equal(got, evil) {
		t.Errorf("shown as %q, want %q", got, evil)
	}
	if got := eval[int](p, `document.querySelectorAll(".lines script, .lines img, .lines b, .lines h1").length`); got != 0 {
		t.Errorf("%d elements came from messages", got)
	}
	if got := eval[string](p, `document.title`); got != "evil · Telltale" {
		t.Errorf("the title is %q", got)
	}
	p.do(chromedp.Click(".act[data-act=whole]"))
	p.until("all 64 KiB of it are shown", fmt.Sprintf(`%s.at(-1).length === %d`, shown, len(long)))
	if wide := eval[int](p, `document.documentElement.scrollWidth`); wide > 1000 {
		t.Errorf("the page is %d wide", wide)
	}
	// The first paint, before the app has come, is as safe.
	if html := s.must("GET", "/r/evil", "", "Accept", "text/html"); strings.Contains(html, "<script>document") || strings.Contains(html, "<img src=x") {
		t.Error("the server's page holds what was said as HTML")
	}
}

func TestARoomsPageFollowsTheEndUntilOneScrollsUp(t *testing.T) {
	s := quiet(t)
	for i := range 200 {
		s.must("POST", "/r/long", fmt.Sprint("line ", i))
	}
	p := look(t, s).open(s.url+"/r/long", 1000, 800, "light")
	p.until("the end is in sight", atEnd+" && "+reads("line 199"))
	s.must("POST", "/r/long", "newest")
	p.until("it follows", atEnd+" && "+reads("newest"))
	eval[bool](p, `document.querySelector(".scroll").scrollTop = 1000, true`)
	p.until("the way back is offered", `!document.querySelector(".end").hidden`)
	p.until("what is there is read", settled)
	at := eval[string](p, inSight)
	for i := range 3 {
		s.must("POST", "/r/long", fmt.Sprint("unseen ", i))
	}
	p.until("how many are new is said", `document.querySelector(".end").innerText.trim() === "3 new"`)
	if now := eval[string](p, inSight); now != at {
		t.Errorf("%q is in sight where %q was", now, at)
	}
	p.do(chromedp.Click(".end"))
	p.until("it is back at the end", atEnd+" && "+reads("unseen 0", "unseen 1", "unseen 2")+` && document.querySelector(".end").hidden`)
}

// atEnd is true while the end of the log is in sight, inSight the first line that is.
const (
	atEnd   = `(() => { const e = document.querySelector(".scroll"); return e.scrollHeight - e.scrollTop - e.clientHeight < 2 })()`
	inSight = `(() => { const top = document.querySelector(".scroll").getBoundingClientRect().top;
		return [...document.querySelectorAll(".line")].find((line) => line.getBoundingClientRect().bottom > top).textContent })()`
)

func TestWhatCameWhileNobodyLookedIsCountedAndMarked(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/r/away", "seen")
	p := look(t, s).open(s.url+"/r/away", 1000, 800, "light")
	p.until("it is live", live+" && "+reads("seen"))
	hide := func(hidden bool) {
		eval[bool](p, fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %v, configurable: true}), document.dispatchEvent(new Event("visibilitychange"))`, hidden))
	}
	hide(true)
	for i := range 2 {
		s.must("POST", "/r/away", fmt.Sprint("missed ", i))
	}
	p.until("the title counts them", `document.title === "(2) away · Telltale"`)
	hide(false)
	p.until("the title is as it was", `document.title === "away · Telltale"`)
	const marked = `document.querySelector(".mark")?.parentElement.querySelector(".text").textContent === "missed 0"`
	p.until("the first of them is marked", marked)
	p.do(chromedp.Navigate("about:blank"))
	s.must("POST", "/r/away", "missed later")
	p.visit(s.url + "/r/away")
	p.until("the mark is where one was on the last visit", `document.querySelector(".mark")?.parentElement.querySelector(".text").textContent === "missed later"`)
}

func TestALineWrittenWithoutContactIsSaidOnceAndNothingIsMissed(t *testing.T) {
	s := quiet(t)
	b := look(t, s)
	b.expect(gone...)
	p := b.open(s.url+"/r/cut", 1000, 800, "light")
	p.write("before")
	p.until("it is said", reads("before"))
	s.kill()
	p.until("the lost contact shows", `document.documentElement.dataset.values === "stale"`)
	p.write("meanwhile")
	p.until("it is shown as not yet said", `document.querySelector(".waiting .text")?.textContent === "meanwhile"`)
	accessible(p, "a room without contact")
	s.again()
	s.must("POST", "/r/cut", "by another")
	p.until("it is said by itself", `!document.querySelector(".waiting") && document.documentElement.dataset.values !== "stale"`)
	p.write("after")
	p.until("that too", reads("after"))
	got := eval[[]string](p, shown)
	slices.Sort(got)
	if want := []string{"after", "before", "by another", "meanwhile"}; !slices.Equal(got, want) {
		t.Errorf("the page shows %q, want %q", got, want)
	}
	if all := s.must("GET", "/api/v1/rooms/cut/messages", ""); strings.Count(all, `"meanwhile"`) != 1 || strings.Count(all, `"seq"`) != 4 {
		t.Errorf("the room holds %s", all)
	}
}

func TestOfflineARoomShowsItsLastLines(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/r/kept", "the last line")
	b := look(t, s)
	b.expect(gone...)
	p := b.open(s.url+"/r/kept", 1000, 800, "light")
	p.until("the service worker answers for the page", worker)
	p.visit(s.url + "/r/kept")
	p.until("the line is shown", live+" && "+reads("the last line"))
	p.until("the page is kept", cachedPages+`.then((all) => all.includes("/r/kept"))`)
	s.kill()
	p.visit(s.url + "/r/kept")
	p.until("the last line is shown, and that it may be old", reads("the last line")+" && "+stale)
}

func TestRoomsAreFoundFromAnyPage(t *testing.T) {
	s := quiet(t)
	p := look(t, s).open(s.url+"/", 1000, 800, "light")
	p.until("home has the room a first command goes to", `document.querySelector('[data-panel="build"] .curl code').textContent.startsWith("make 2>&1 | curl -T - ")`)
	p.until("and who else is looking", `document.querySelector('[data-panel="looking"] .count').textContent === "1"`)
	s.must("POST", "/r/build", "it compiles")
	eval[bool](p, `document.querySelector('[data-panel="build"]').scrollIntoView(), true`)
	p.until("what is said there is on the panel", `document.querySelector('[data-panel="build"] .text')?.textContent === "it compiles"`)
	p.do(chromedp.Click(`.places a[href="/rooms"]`))
	p.until("the rooms are listed", `document.querySelector('.list a[href="/r/build"]')`)
	s.must("POST", "/r/another", "x")
	p.until("a new one appears", `document.querySelector('.list a[href="/r/another"]')`)
	p.do(chromedp.Click(`.list a[href="/r/build"]`))
	p.until("a room opens", reads("it compiles"))
	p.do(chromedp.Click(`.places a[href="/rooms"]`))
	p.until("the list is back", `document.getElementById("seek")`)
	p.do(chromedp.SendKeys("#seek", "a.new-one"), chromedp.KeyEvent(kb.Enter))
	p.until("a room that nobody used opens", `location.pathname === "/r/a.new-one" && document.querySelector(".log[data-empty] .nothing")`)
	p.write("first")
	p.until("and takes the first line", reads("first"))
}

func TestARoomIsOperableByKeyboard(t *testing.T) {
	s := quiet(t)
	for i := range 100 {
		s.must("POST", "/r/keys", fmt.Sprint("line ", i))
	}
	p := look(t, s).open(s.url+"/r/keys", 1000, 800, "light")
	p.until("it is live", live)
	const focused = `(document.activeElement.id || document.activeElement.getAttribute("role") || document.activeElement.className)`
	reached := map[string]bool{}
	for range 16 {
		p.do(chromedp.KeyEvent(kb.Tab))
		reached[eval[string](p, focused)] = true
	}
	for _, each := range []string{"log", "say", "send", "whoami", "skip"} {
		if !reached[each] {
			t.Errorf("%s is not reached by the Tab key, only %v", each, reached)
		}
	}
	p.do(chromedp.Focus(".scroll"), chromedp.KeyEvent(kb.Home))
	p.until("Home goes to the first line", `document.querySelector(".scroll").scrollTop === 0 && `+inSight+`.endsWith("line 0")`)
	p.do(chromedp.KeyEvent(kb.End))
	p.until("End to the last", atEnd)
}

// TestAHundredThousandLinesScrollSmoothly scrolls a full room from end to end: no task of the page takes longer than
// 50 ms meanwhile, and neither its nodes nor its memory grow with the room.
func TestAHundredThousandLinesScrollSmoothly(t *testing.T) {
	const lines = 100_000
	s := quiet(t)
	fill(s, "full", lines)
	p := look(t, s).blank(1440, 900, "light")
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: keepMemory})
	p.visit(s.url + "/r/full")
	p.until("the end is there", live+" && "+atEnd+" && "+settled)
	before, may := heap(p), 50*slower(p)
	for _, way := range []struct {
		name string
		to   string
	}{{"up", "0"}, {"down", "e.scrollHeight"}} {
		var nodes int
		took := tasks(p, func() { nodes = eval[int](p, fmt.Sprintf(scrollThrough, way.to)) })
		slices.Sort(took)
		t.Logf("%s: %d tasks, half of them over %.2f ms, 1 of 100 over %.1f ms, the longest %.1f ms; at most %d elements",
			way.name, len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1], nodes)
		if len(took) < 100 {
			t.Errorf("%s: only %d tasks were recorded", way.name, len(took))
		}
		if longest := took[len(took)-1]; longest > may {
			t.Errorf("%s: a task took %.0f ms", way.name, longest)
		}
		if nodes > 1500 {
			t.Errorf("%s: %d elements on the page", way.name, nodes)
		}
		end := "line 1 "
		if way.name == "down" {
			end = fmt.Sprintf("line %d ", lines)
		}
		p.until("the lines at the "+way.name+"per end are there", settled+fmt.Sprintf(` && %s.some((text) => text.startsWith(%q))`, shown, end))
	}
	after := heap(p)
	t.Logf("memory %.1f MiB before, %.1f MiB after", before/(1<<20), after/(1<<20))
	if after > before+32<<20 {
		t.Errorf("scrolling took %.1f MiB", (after-before)/(1<<20))
	}
}

// scrollThrough goes to one end of the log: with 400 pixels a frame, as a fast wheel, then by leaps, as with the bar, and
// answers the most elements that were on the page.
const scrollThrough = `new Promise((done) => {
	const e = document.querySelector(".scroll");
	let frames = 0, nodes = 0;
	const step = () => {
		nodes = Math.max(nodes, document.querySelectorAll("*").length);
		const to = %s, left = to - e.scrollTop;
		if (frames++ < 60) e.scrollTop += Math.sign(left) * 400;
		else if (Math.abs(left) > 12000) e.scrollTop += Math.sign(left) * 12000;
		else e.scrollTop = to;
		if (frames < 100 || Math.abs(left) > e.clientHeight + 20) requestAnimationFrame(step);
		else setTimeout(() => done(nodes), 300);
	};
	requestAnimationFrame(step);
})`

// fill says many lines by one streamed upload, as a command's output comes.
func fill(s *server, room string, lines int) {
	s.t.Helper()
	body, pen := io.Pipe()
	go func() {
		out := bufio.NewWriter(pen)
		for i := range lines {
			fmt.Fprintf(out, "line %d %s\n", i+1, strings.Repeat("of what a command said ", i%7))
		}
		_ = out.Flush()
		_ = pen.Close()
	}()
	response, err := http.Post(s.url+"/r/"+room, "text/plain", body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if answer, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		s.t.Fatalf("%d: %s", response.StatusCode, answer)
	}
}
