package journey

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shopBoard is what these journeys edit.
const shopBoard = `{"title":"Shop","panels":[
	{"id":"orders","kind":"bars","title":"Orders","queries":[{"metric":"orders"}]},
	{"id":"temperature","kind":"line","title":"Temperature","queries":[{"metric":"temperature"}]},
	{"id":"load","kind":"area","title":"Load","queries":[{"metric":"load"}]},
	{"id":"build","kind":"log","title":"Build","room":"build"}]}`

// serveShop runs a server that has it, and values.
func serveShop(t *testing.T) *server {
	t.Helper()
	s := quiet(t)
	for i := range 20 {
		s.must("POST", "/order", "")
		s.must("POST", "/m/temperature", fmt.Sprintf("=%d", 18+i%7))
		s.must("POST", "/m/load", fmt.Sprintf("=%d", 30+i*3%40))
		s.must("POST", "/m/pressure", fmt.Sprintf("=%d", 1000+i))
	}
	s.must("POST", "/r/build", "all is built")
	if status, answer := s.call("PUT", "/api/v1/boards/shop", shopBoard); status != 201 {
		t.Fatalf("%d: %s", status, answer)
	}
	return s
}

// boardOf is a board as the server has it.
type boardOf struct {
	Title  string
	Panels []struct {
		ID, Kind, Title, Room, Unit, Every string
		W, H                               int
		Min, Max                           *float64
		Queries                            []struct{ Metric, Title string }
		Thresholds                         []struct {
			At   float64
			Tone string
		}
	}
}

// there is a board as the server has it.
func there(s *server, id string) (b boardOf) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must("GET", "/api/v1/boards/"+id, "")), &b); err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (b boardOf) titles() string {
	var all []string
	for _, p := range b.Panels {
		all = append(all, p.Title)
	}
	return strings.Join(all, ",")
}

// cardTitles are those of the panels on the page, in their order.
const cardTitles = `[...document.querySelectorAll("#board .grid [data-panel] h2")].map((e) => e.textContent).join()`

// edit begins the editing of the board that is shown.
func edit(p *tab) {
	p.t.Helper()
	p.until("it is live", live)
	p.do(chromedp.Click("#edit"))
	p.until("it is edited", `document.querySelectorAll(".frame").length > 0`)
}

// panelsAre waits until the panels on the page are these.
func panelsAre(p *tab, titles string) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			shot(p, "failed")
		}
	}()
	p.until("the panels are "+titles, fmt.Sprintf(`%s === %q && !document.querySelector("[data-does]")`, cardTitles, titles))
}

const (
	noDialog = `!document.querySelector("dialog[open]")`
	isSaved  = `document.getElementById("draft-state")?.dataset.state === "saved"`
)

// drag presses at the middle of an element, moves by that much, in steps, and lets go; before is called before it does.
func drag(p *tab, selector string, dx, dy float64, before func()) {
	p.t.Helper()
	at := middle(p, selector)
	mouse := func(kind input.DispatchMouseEventType, x, y float64) {
		command(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1})
	}
	mouse(input.DispatchMouseEventTypeMousePressed, at[0], at[1])
	const steps = 10
	for i := 1.0; i <= steps; i++ {
		mouse(input.DispatchMouseEventTypeMouseMoved, at[0]+dx*i/steps, at[1]+dy*i/steps)
	}
	if before != nil {
		before()
	}
	mouse(input.DispatchMouseEventTypeMouseReleased, at[0]+dx, at[1]+dy)
}

func middle(p *tab, selector string) []float64 {
	p.t.Helper()
	return eval[[]float64](p, fmt.Sprintf(`(() => { const b = document.querySelector(%q).getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] })()`, selector))
}

// write puts a text into a field, as if it had been typed over what was there.
func write(p *tab, selector, text string) {
	p.t.Helper()
	eval[bool](p, fmt.Sprintf(`(() => { const f = document.querySelector(%q); f.focus(); f.select?.(); return true })()`, selector))
	if text == "" {
		p.do(chromedp.KeyEvent(kb.Backspace))
		return
	}
	command(p, input.InsertText, input.InsertTextParams{Text: text})
}

func TestPanelsAreAddedMovedResizedConfiguredUndoneAndSaved(t *testing.T) {
	s := serveShop(t)
	b := look(t, s)
	p := b.open(s.url+"/b/shop", 1366, 900, "light")
	edit(p)

	// Dragged: Orders behind Load.
	drag(p, "#frame-0", 780, 10, func() {
		p.until("the place is shown where it lands", `document.querySelector(".frames").dataset.does === "moving" && getComputedStyle(document.querySelector("[data-slot]")).order === "2"`)
		shot(p, "drag")
	})
	panelsAre(p, "Temperature,Load,Orders,Build")
	p.until("the moved one has the focus", `document.activeElement.id === "frame-2"`)

	// Resized by the corner: two columns and two rows.
	drag(p, "#frame-0 .corner", 390, 290, func() {
		p.until("its size is told", `document.querySelector("[data-slot] .extent").textContent === "2 × 2"`)
		shot(p, "resize")
	})
	p.until("it is that large", `document.getElementById("frame-0").className.includes("w2 h2") && !document.querySelector("[data-does]")`)

	// Configured, with the card as the preview.
	p.do(chromedp.Click(`#frame-0 [data-do="pen"]`))
	p.until("the form is open", `document.activeElement.id === "f-title"`)
	write(p, "#f-title", "Outside")
	p.until("the card shows the title at once", cardTitles+`.startsWith("Outside,")`)
	write(p, "#f-search", "press")
	p.until("metrics are found by a part of their names", `document.querySelectorAll(".offer").length === 1`)
	p.do(chromedp.Click(".offer"))
	p.until("the card shows both", `document.querySelectorAll('#board [data-panel="temperature"] .values li').length === 2`)
	write(p, "#f-min", "ten")
	p.until("what is no number is told at its place", `document.getElementById("f-min-wrong").textContent === "This is not a number"`)
	write(p, "#f-min", "-10")
	write(p, "#f-max", "-20")
	p.until("a scale upside down is told at its place", `document.querySelector("dialog .pair + .wrong").textContent !== ""`)
	shot(p, "fault")
	write(p, "#f-max", "40.5")
	p.until("nothing is wrong any more", `![...document.querySelectorAll("dialog .wrong")].some((e) => e.textContent)`)
	write(p, "#f-every", "5m")
	write(p, "#f-unit", "°C")
	p.do(chromedp.Click("#f-add-threshold"))
	p.until("a threshold is there", `document.querySelector(".from-on input")`)
	write(p, ".from-on input", "30")
	shot(p, "form")
	p.do(chromedp.Click("#f-done"))
	p.until("the form is closed", noDialog)

	// Added.
	p.do(chromedp.Click("#add-panel"))
	p.until("the form is open", `document.querySelector("#f-search") && document.getElementById("dialog-title").textContent === "Add a panel"`)
	write(p, "#f-search", "load*")
	p.until("a pattern can be added", `document.querySelector(".offer-says")?.textContent === "all that match: 1"`)
	p.do(chromedp.Click(`label[for="kind-stat"]`))
	p.do(chromedp.Click(".offer"))
	p.until("the card is there already", cardTitles+`.split(",").length === 5`)
	p.do(chromedp.Click("#f-done"))
	p.until("the form is closed", noDialog)
	p.do(chromedp.Click(`#frame-3 [data-do="bin"]`))
	panelsAre(p, "Outside,Load,Orders,load")

	// Undone and done again, down to the beginning and back.
	for range 5 {
		p.do(chromedp.Click("#undo"))
	}
	panelsAre(p, "Orders,Temperature,Load,Build")
	p.until("nothing is left to undo", `document.getElementById("undo").disabled && `+isSaved)
	for range 5 {
		p.do(chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl, chromedp.ModifierShift)))
	}
	panelsAre(p, "Outside,Load,Orders,load")

	p.do(chromedp.Click("#save"))
	p.until("it is saved", isSaved)
	got := there(s, "shop")
	if got.titles() != "Outside,Load,Orders," {
		t.Errorf("the server has %s", got.titles())
	}
	first := got.Panels[0]
	if first.W != 2 || first.H != 2 || len(first.Queries) != 2 || first.Queries[1].Metric != "pressure" || *first.Min != -10 || *first.Max != 40.5 || first.Every != "5m" || first.Unit != "°C" ||
		len(first.Thresholds) != 1 || first.Thresholds[0].At != 30 || first.Thresholds[0].Tone != "warn" {
		t.Errorf("the first panel is %+v", first)
	}
	if last := got.Panels[3]; last.Kind != "stat" || last.Queries[0].Metric != "load*" || last.ID == "" {
		t.Errorf("the last panel is %+v", last)
	}
	p.do(chromedp.Click("#stop-editing"))
	p.until("editing has ended", `!document.querySelector(".frame")`)
	panelsAre(p, "Outside,Load,Orders,load")
	p.visit(s.url + "/b/shop")
	p.until("it is live", live)
	panelsAre(p, "Outside,Load,Orders,load")
}

func TestTwoWhoEditOneBoardLoseNeither(t *testing.T) {
	s := serveShop(t)
	b := look(t, s)
	b.expect("412")
	one, two := b.open(s.url+"/b/shop", 1366, 900, "light"), b.open(s.url+"/b/shop", 1366, 900, "dark")
	clash := func(one, two *tab) {
		edit(one)
		edit(two)
		one.do(chromedp.Click(`#frame-0 [data-do="bin"]`))
		one.until("it is not saved yet", `!(`+isSaved+`)`)
		two.do(chromedp.Click(`#frame-1 [data-do="copy"]`))
		two.until("it is not saved yet", `!(`+isSaved+`)`)
		one.do(chromedp.Click("#save"))
		one.until("one has saved", isSaved)
		two.do(chromedp.Click("#save"))
		two.until("the other is told what both did", `document.querySelectorAll(".clash-side li").length === 2 &&
			document.querySelector(".clash-sides").textContent.includes("added “Temperature”") && document.querySelector(".clash-sides").textContent.includes("removed “Orders”")`)
	}
	clash(one, two)
	shot(two, "clash")
	two.do(chromedp.Click("#clash-theirs"))
	panelsAre(two, "Temperature,Load,Build")
	two.do(chromedp.Click("#undo"))
	panelsAre(two, "Orders,Temperature,Temperature,Load,Build")
	two.do(chromedp.Click("#save"))
	two.until("knowing theirs, mine is saved", isSaved)
	if got := there(s, "shop").titles(); got != "Orders,Temperature,Temperature,Load,Build" {
		t.Errorf("the server has %s", got)
	}
	one.do(chromedp.Click("#stop-editing"))
	panelsAre(one, "Orders,Temperature,Temperature,Load,Build")

	// Mine as a copy: both are kept, each under its own name.
	if status, answer := s.call("PUT", "/api/v1/boards/shop", shopBoard); status != 200 {
		t.Fatal(answer)
	}
	two.visit(s.url + "/b/shop")
	clash(one, two)
	two.do(chromedp.Click("#clash-copy"))
	two.until("the copy is shown", `location.pathname === "/b/shop-mine"`)
	panelsAre(two, "Orders,Temperature,Temperature,Load,Build")
	if mine, theirs := there(s, "shop-mine").titles(), there(s, "shop").titles(); mine != "Orders,Temperature,Temperature,Load,Build" || theirs != "Temperature,Load,Build" {
		t.Errorf("mine is %s, theirs %s", mine, theirs)
	}

	// Over theirs, knowingly.
	if status, answer := s.call("PUT", "/api/v1/boards/shop", shopBoard); status != 200 {
		t.Fatal(answer)
	}
	one.visit(s.url + "/b/shop")
	two.visit(s.url + "/b/shop")
	clash(one, two)
	two.do(chromedp.Click("#clash-over"))
	two.until("it is saved", isSaved+` && `+noDialog)
	if got := there(s, "shop").titles(); got != "Orders,Temperature,Temperature,Load,Build" {
		t.Errorf("the server has %s", got)
	}
}

func TestChangesThatWereNotSavedAreAskedForAndKept(t *testing.T) {
	s := serveShop(t)
	b := look(t, s)
	b.expect(gone...)
	p := b.open(s.url+"/b/shop", 1366, 900, "light")
	edit(p)
	p.do(chromedp.Click(`#frame-0 [data-do="bin"]`))
	panelsAre(p, "Temperature,Load,Build")
	p.do(chromedp.Click(`.places a[href="/rooms"]`))
	p.until("leaving asks", `document.querySelector('dialog[data-kind="leave"]')?.textContent.includes("removed “Orders”")`)
	shot(p, "leave")
	p.do(chromedp.KeyEvent(kb.Escape))
	p.until("it can be stayed", noDialog+` && location.pathname === "/b/shop"`)
	s.kill()
	p.do(chromedp.Click("#save"))
	p.until("why it was not saved is said", `document.getElementById("draft-state").textContent.includes("does not answer")`)
	shot(p, "refused")
	s.again()
	p.do(chromedp.Click(`.places a[href="/rooms"]`))
	p.do(chromedp.Click("#leave-later"))
	p.until("the rooms are shown", `location.pathname === "/rooms"`)
	p.visit(s.url + "/b/shop")
	p.until("the changes wait", `document.getElementById("restore")`)
	panelsAre(p, "Orders,Temperature,Load,Build")
	p.until("it is live", live)
	p.do(chromedp.Click("#restore"))
	panelsAre(p, "Temperature,Load,Build")
	p.do(chromedp.Click("#save"))
	p.until("it is saved", isSaved)
	if got := there(s, "shop").titles(); got != "Temperature,Load,Build" {
		t.Errorf("the server has %s", got)
	}
	p.visit(s.url + "/b/shop")
	p.until("nothing waits any more", live+` && !document.getElementById("restore")`)
}

func TestABoardIsEditedByKeysAlone(t *testing.T) {
	s := serveShop(t)
	p := look(t, s).open(s.url+"/b/shop", 1366, 900, "dark")
	p.until("it is live", live)
	key := func(key string, modifiers ...chromedp.Modifier) {
		t.Helper()
		p.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
	}
	listed := `document.querySelector('dialog[data-kind="keys"]')?.textContent.includes("Move the panel that has the focus")`
	for range 30 { // keys are heard once the page is mounted, which may be after its numbers are live
		key("?")
		if eval[bool](p, `new Promise((done) => setTimeout(() => done(!!(`+listed+`)), 300))`) {
			break
		}
	}
	p.until("the keys are listed", listed)
	shot(p, "keys")
	key(kb.Escape)
	p.until("and gone", noDialog)
	key("e")
	p.until("it is edited", `document.querySelectorAll(".frame").length === 4`)
	for range 60 {
		if eval[string](p, `document.activeElement.id`) == "frame-0" {
			break
		}
		key(kb.Tab)
	}
	p.until("the first panel has the focus, which can be seen", `document.activeElement.id === "frame-0" && document.activeElement.matches(":focus-visible")`)
	key(kb.ArrowRight)
	panelsAre(p, "Temperature,Orders,Load,Build")
	p.until("the move is announced", `document.getElementById("told").textContent === "Orders: place 2 of 4" && document.activeElement.id === "frame-1"`)
	key(kb.ArrowDown)
	panelsAre(p, "Temperature,Load,Build,Orders")
	key(kb.ArrowUp)
	p.until("it is up again", `document.activeElement.id === "frame-0" || document.activeElement.id === "frame-1"`)
	key(kb.ArrowRight, chromedp.ModifierShift)
	p.until("it is wider", `document.activeElement.classList.contains("w2") && document.getElementById("told").textContent === "Orders: 2 columns, 1 row"`)
	key("d")
	p.until("there are two", `document.querySelectorAll(".frame").length === 5`)
	key(kb.Delete)
	p.until("and one again", `document.querySelectorAll(".frame").length === 4`)
	eval[bool](p, `document.getElementById("frame-0").focus(), true`)
	key(kb.Enter)
	p.until("Enter configures", `document.activeElement.id === "f-title"`)
	command(p, input.InsertText, input.InsertTextParams{Text: "!"})
	for range 60 {
		if eval[string](p, `document.activeElement.id`) == "f-done" {
			break
		}
		key(kb.Tab)
	}
	key(kb.Enter)
	p.until("it is taken", noDialog+` && document.activeElement.id === "frame-0"`)
	key("s", chromedp.ModifierCtrl)
	p.until("it is saved", isSaved)
	if got := there(s, "shop"); !strings.Contains(got.titles(), "!") {
		t.Errorf("the server has %s", got.titles())
	}
	key("e")
	p.until("it is no longer edited", `!document.querySelector(".frame")`)
	key("g")
	key("r")
	p.until("the rooms are shown", `location.pathname === "/rooms"`)
}

func TestAFingerArrangesOnAPhone(t *testing.T) {
	s := serveShop(t)
	b := look(t, s)
	p := b.blank(390, 844, "dark")
	command(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	p.visit(s.url + "/b/shop")
	edit(p)
	shot(p, "phone")
	at := middle(p, "#frame-0 .grip")
	touch := func(kind input.DispatchTouchEventType, y float64) {
		points := []*input.TouchPoint{{X: at[0], Y: y}}
		if kind == input.DispatchTouchEventTypeTouchEnd {
			points = []*input.TouchPoint{}
		}
		command(p, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
	}
	touch(input.DispatchTouchEventTypeTouchStart, at[1])
	for dy := 10.0; dy <= 210; dy += 20 {
		touch(input.DispatchTouchEventTypeTouchMove, at[1]+dy)
	}
	p.until("its place is shown", `document.querySelector("[data-slot]") && getComputedStyle(document.querySelector("[data-slot]")).order === "1"`)
	shot(p, "phone-drag")
	touch(input.DispatchTouchEventTypeTouchEnd, 0)
	panelsAre(p, "Temperature,Orders,Load,Build")
	p.do(chromedp.Click(`#frame-1 [data-do="pen"]`))
	p.until("the form is open", `document.querySelector("dialog[open] #f-title")`)
	shot(p, "phone-form")
	p.until("the panel can be seen above it", `document.querySelector('[data-panel="orders"]').getBoundingClientRect().top < document.getElementById("dialog").getBoundingClientRect().top - 100`)
	p.do(chromedp.Click("#f-cancel"))
	p.until("the form is closed", noDialog)
	p.do(chromedp.Click("#save"))
	p.until("it is saved", isSaved)
	if got := there(s, "shop").titles(); got != "Temperature,Orders,Load,Build" {
		t.Errorf("the server has %s", got)
	}
}

func TestABoardIsReadAndWrittenAsJSON(t *testing.T) {
	s := serveShop(t)
	b := look(t, s)
	b.expect("/api/v1/boards/shop-2/view") // which is deleted while it is shown
	p := b.open(s.url+"/b/shop", 1366, 900, "light")
	p.until("it is live", live)
	eval[bool](p, `(() => { const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then((text) => { window.written = text }); return make(blob) }; return true })()`)
	p.do(chromedp.Click("#menu"))
	p.until("the menu is open", `document.querySelector('dialog[data-kind="menu"]')`)
	shot(p, "menu")
	p.do(chromedp.Click("#menu-file"))
	p.until("a file is written", `window.written`)
	text := eval[string](p, `window.written`)

	p.do(chromedp.Click("#menu"))
	p.do(chromedp.Click("#menu-read"))
	p.until("a text is asked for", `document.getElementById("paper-text")`)
	for given, want := range map[string]string{
		`{"panels":[`:                                  "The text ends too early, in line 1, column 11",
		`{"panels":[],"colour":"red"}`:                 `The field "colour" is not known here`,
		"{\n \"panels\": [{\"id\":\"a\",\"sort\":1}]}": `Panel 1: the field "sort" is not known here`,
		`{"panels":[{"id":"a","kind":"pie"}]}`:         `Panel 1: "pie" is not a kind`,
	} {
		write(p, "#paper-text", given)
		p.until("what is wrong is told with its place: "+want, fmt.Sprintf(`document.getElementById("paper-text-wrong").textContent.startsWith(%q)`, want))
	}
	shot(p, "paper")
	file := filepath.Join(t.TempDir(), "shop.json")
	if err := os.WriteFile(file, []byte(strings.Replace(text, `"Load"`, `"Burden"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.SetUploadFiles("#paper-file", []string{file}))
	p.until("what was read is told", `document.getElementById("paper-says")?.textContent === "“Shop”: 4 panels"`)
	p.do(chromedp.Click("#paper-here"))
	panelsAre(p, "Orders,Temperature,Burden,Build")
	p.do(chromedp.Click("#undo"))
	panelsAre(p, "Orders,Temperature,Load,Build")
	p.do(chromedp.Click("#redo"))
	panelsAre(p, "Orders,Temperature,Burden,Build")
	p.do(chromedp.Click("#save"))
	p.until("it is saved", isSaved)
	if got := there(s, "shop").titles(); got != "Orders,Temperature,Burden,Build" {
		t.Errorf("the server has %s", got)
	}
	p.do(chromedp.Click("#stop-editing"))

	// As a new board; and back again.
	p.do(chromedp.Click("#menu"))
	p.do(chromedp.Click("#menu-read"))
	p.until("a text is asked for", `document.getElementById("paper-text")`)
	write(p, "#paper-text", text)
	p.do(chromedp.Click("#paper-new"))
	p.until("its name is asked for", `document.getElementById("new-id")`)
	write(p, "#new-id", "shop 2")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until("a name that is none is refused", `document.getElementById("new-id-wrong").textContent.includes("matches")`)
	write(p, "#new-id", "shop-2")
	p.do(chromedp.Click("#new-do"))
	p.until("it is shown, and edited", `location.pathname === "/b/shop-2" && document.querySelectorAll(".frame").length === 4`)
	if before, after := there(s, "shop-2"), text; !strings.Contains(after, `"Load"`) || before.titles() != "Orders,Temperature,Load,Build" {
		t.Errorf("it came back as %s", before.titles())
	}
	p.do(chromedp.Click("#stop-editing"))
	p.do(chromedp.Click("#menu"))
	p.do(chromedp.Click("#menu-delete"))
	p.until("deleting asks", `document.getElementById("delete-do")`)
	p.do(chromedp.Click("#delete-do"))
	p.until("the boards are listed", `location.pathname === "/boards"`)
	if status, _ := s.call("GET", "/api/v1/boards/shop-2", ""); status != 404 {
		t.Errorf("the deleted board is answered with %d", status)
	}
}

func TestHomeIsArrangedAndGivenBackAndAllIsCopied(t *testing.T) {
	s := serveShop(t)
	b := look(t, s)
	p := b.open(s.url+"/", 1366, 900, "light")
	edit(p)
	p.do(chromedp.Click(`#frame-0 [data-do="bin"]`))
	p.do(chromedp.Click("#save"))
	p.until("it is saved", isSaved)
	if got := there(s, "home"); got.Panels[0].ID != "customers" {
		t.Errorf("home begins with %s", got.Panels[0].ID)
	}
	p.do(chromedp.Click("#stop-editing"))
	p.do(chromedp.Click("#menu"))
	p.do(chromedp.Click("#menu-delete"))
	p.do(chromedp.Click("#delete-do"))
	p.until("home is what it was", `document.querySelector("#board .grid .card").dataset.panel === "orders"`)
	p.visit(s.url + "/b/all")
	p.until("it is live", live)
	p.do(chromedp.Click("#edit"))
	p.until("a copy is offered", `document.getElementById("new-id")?.value === "all-copy"`)
	shot(p, "copy")
	p.do(chromedp.Click("#new-do"))
	p.until("the copy is edited", `location.pathname === "/b/all-copy" && document.querySelectorAll(".frame").length >= 4`)
}

// shot keeps a picture of the page where the environment names a folder for them.
func shot(p *tab, name string) {
	if folder := os.Getenv("SHOTS"); folder != "" {
		p.save(filepath.Join(folder, "edit-"+name+".png"))
	}
}

func TestTheEditorIsForEverybody(t *testing.T) {
	s := serveShop(t)
	b := look(t, s)
	b.expect("404")
	for _, theme := range []string{"light", "dark"} {
		p := b.open(s.url+"/b/nobody-made-it", 1366, 900, theme)
		p.until("it is live", live)
		p.do(chromedp.Click("#make"))
		p.until("a board that nobody made can be made", `document.getElementById("add")`)
		accessible(p, "a board that is made, "+theme)
		p.visit(s.url + "/b/shop")
		edit(p)
		accessible(p, "a board that is edited, "+theme)
		for _, dialog := range []string{`#frame-1 [data-do="pen"]`, `#frame-3 [data-do="pen"]`, "#add-panel", "#menu"} {
			p.do(chromedp.Click(dialog))
			p.until("the dialog is open", `document.querySelector("dialog[open]")`)
			accessible(p, dialog+", "+theme)
			p.do(chromedp.KeyEvent(kb.Escape))
			p.until("the dialog is closed", noDialog)
		}
		for _, entry := range []string{"#menu-new", "#menu-read", "#menu-delete", "#menu-keys"} {
			p.do(chromedp.Click("#menu"))
			p.until("the menu is open", `document.querySelector('dialog[open][data-kind="menu"]')`)
			p.do(chromedp.Click(entry))
			p.until("the dialog is open", `document.querySelector('dialog[open]:not([data-kind="menu"])')`)
			accessible(p, entry+", "+theme)
			p.do(chromedp.KeyEvent(kb.Escape))
			p.until("the dialog is closed", noDialog)
		}
		p.close()
	}
}
