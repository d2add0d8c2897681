package ui

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/run"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// handsView is what the stage keeps for hands. It belongs to the stage, and is made once.
type handsView struct {
	writing     writing
	desk        *desk
	strike      func(stroke) func()
	heard       bool
	unsaved     bool
	recognizing bool
	frames      *framesView
}

// Hands lets keys and the pointer reach a page's desk.
func (s *stage) Hands(d *desk) {
	s.hand.desk = d
	s.hand.listen()
}

// Strike takes what is asked first of every key.
func (s *stage) Strike(take func(stroke) func()) {
	s.hand.strike = take
	s.hand.listen()
}

// listen hears keys, links and the end of the page. What is taken is taken before anybody else hears of it.
func (h *handsView) listen() {
	if h.heard {
		return
	}
	h.heard = true
	on := func(target js.Value, event string, do func(event js.Value)) {
		target.Call("addEventListener", event, js.FuncOf(func(_ js.Value, args []js.Value) any { do(args[0]); return nil }), true)
	}
	on(js.Global(), "keydown", h.key)
	on(js.Global(), "click", h.click)
	on(js.Global(), "beforeunload", func(event js.Value) {
		if h.unsaved {
			event.Call("preventDefault")
			event.Set("returnValue", "unsaved")
		}
	})
	for _, event := range []string{"dragover", "drop"} {
		on(js.Global(), event, h.drop)
	}
	on(js.Global(), "change", h.chosen)
}

func (h *handsView) key(event js.Value) {
	if event.Get("altKey").Bool() || event.Get("isComposing").Bool() {
		return
	}
	if h.frames != nil && h.frames.held != nil {
		if event.Get("key").String() == "Escape" {
			h.frames.release(false)
		}
		taken(event)
		return
	}
	k := stroke{Key: event.Get("key").String(), Ctrl: event.Get("ctrlKey").Bool() || event.Get("metaKey").Bool(), Shift: event.Get("shiftKey").Bool(), Frame: -1}
	if len(k.Key) == 1 && !k.Ctrl {
		k.Key = strings.ToLower(k.Key)
	}
	if target := event.Get("target"); target.Get("closest").Truthy() {
		k.Typing = target.Call("closest", `input:not([type="radio"]):not([type="checkbox"]), textarea, select, [contenteditable]`).Truthy()
		// Not whether it is pressed in one: until the next frame the focus may stand in a dialog that was closed.
		k.Dialog = js.Global().Get("document").Call("querySelector", "dialog[open]").Truthy()
		if frame := target.Call("closest", ".frame"); frame.Truthy() {
			k.Frame, _ = strconv.Atoi(frame.Get("dataset").Get("at").String())
			k.Inside = !frame.Equal(target)
		}
	}
	if h.strike != nil {
		if do := h.strike(k); do != nil {
			taken(event)
			do()
			return
		}
	}
	if d := h.desk; d != nil && d.page.Mounted() {
		if do := d.strike(k); do != nil {
			taken(event)
			d.ctx.Dispatch(do)
		}
	}
}

func taken(event js.Value) {
	event.Call("preventDefault")
	event.Call("stopImmediatePropagation")
}

// click holds back a link that leaves a page with changes that are not saved.
func (h *handsView) click(event js.Value) {
	d := h.desk
	if !h.unsaved || d == nil || !d.page.Mounted() || event.Get("ctrlKey").Bool() || event.Get("metaKey").Bool() || !event.Get("target").Get("closest").Truthy() {
		return
	}
	link := event.Get("target").Call("closest", "a[href]")
	if !link.Truthy() || link.Get("target").String() != "" || link.Call("hasAttribute", "download").Bool() {
		return
	}
	to := link.Get("pathname").String()
	if to == js.Global().Get("location").Get("pathname").String() || link.Get("origin").String() != js.Global().Get("location").Get("origin").String() {
		return
	}
	taken(event)
	to += link.Get("search").String()
	d.ctx.Dispatch(func(ctx app.Context) {
		d.away = to
		d.show(ctx, "leave")
	})
}

// Unsaved has the browser ask before the page is left.
func (s *stage) Unsaved(is bool) { s.hand.unsaved = is }

// Draft is what this machine keeps of a board's changes.
func (s *stage) Draft(id string) string { return keptText("board", id) }

// KeepDraft keeps it.
func (s *stage) KeepDraft(id, text string) { keepText("board", id, text) }

// keptText is what this machine keeps of a board's changes or of what is written to a room, "" for nothing.
func keptText(kind, of string) string {
	if text := telltale().Call("draft", kind, ownOf(of)); text.Type() == js.TypeString {
		return text.String()
	}
	return ""
}

func keepText(kind, of, text string) { telltale().Call("keepDraft", kind, ownOf(of), text) }

// ownOf is under what that is kept: what one person wrote is not another's.
func ownOf(of string) string {
	if mine.User != "" {
		return mine.User + "/" + of
	}
	return of
}

// PutBoard saves a board.
func (s *stage) PutBoard(b board.Board, on boardPut) boardAnswer {
	text, err := json.Marshal(b)
	if err != nil {
		return boardAnswer{Status: 400, Problem: "Not saved: " + err.Error()}
	}
	r := live.Request{Method: "PUT", Path: "/api/v1/boards/" + b.ID, Body: string(text), Fresh: on.Fresh}
	if on.Match != "" {
		r.Match = `"` + on.Match + `"`
	}
	return s.changeBoard(r)
}

// DeleteBoard deletes one.
func (s *stage) DeleteBoard(id, revision string) boardAnswer {
	r := live.Request{Method: "DELETE", Path: "/api/v1/boards/" + id}
	if revision != "" {
		r.Match = `"` + revision + `"`
	}
	return s.changeBoard(r)
}

func (s *stage) changeBoard(r live.Request) boardAnswer {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := live.Fetch(ctx, r)
	if err != nil {
		return boardAnswer{Problem: noAnswer}
	}
	revision := strings.Trim(strings.TrimPrefix(answer.Revision, "W/"), `"`)
	problem := strings.Replace(refusal(answer.Status, answer.Body, nil), "Not counted", "Not saved", 1)
	return boardAnswer{Status: answer.Status, Revision: revision, Problem: problem}
}

// Names asks for all metrics, rooms and commands.
func (s *stage) Names() (metrics []metric.Metric, rooms, commands []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	metrics, _ = live.Browser{}.Metrics(ctx)
	listed, _ := live.Browser{}.Rooms(ctx)
	for _, r := range listed {
		if !strings.HasPrefix(r.RoomID, "run.") {
			rooms = append(rooms, r.RoomID)
		}
	}
	runs, _ := live.Browser{}.Runs(ctx)
	return metrics, rooms, commandsOf(runs)
}

// OpenDialog opens the dialog that was mounted. A browser gives the focus back by itself where it is closed.
func (s *stage) OpenDialog() {
	document := js.Global().Get("document")
	dialog := document.Call("getElementById", "dialog")
	if !dialog.Truthy() || dialog.Get("open").Bool() {
		return
	}
	if kind := dialog.Get("dataset").Get("kind").String(); kind == "menu" || kind == "account" {
		hang(dialog, document.Call("getElementById", kind))
	}
	dialog.Call("showModal")
	if first := dialog.Call("querySelector", ".leaf-body :is(input:not(.unseen), textarea, select, .entry)"); first.Truthy() && !touches() {
		first.Call("focus")
	}
}

// touches tells whether a finger is what points: a keyboard that comes up unasked hides half of the screen.
func touches() bool {
	return js.Global().Call("matchMedia", "(pointer: coarse)").Get("matches").Bool()
}

// hang places a menu under its button.
func hang(dialog, button js.Value) {
	if !button.Truthy() {
		return
	}
	box, style := button.Call("getBoundingClientRect"), dialog.Get("style")
	top := max(box.Get("bottom").Float()+6, 60)
	style.Call("setProperty", "--top", px(top))
	style.Call("setProperty", "--end", px(max(js.Global().Get("document").Get("documentElement").Get("clientWidth").Float()-box.Get("right").Float(), 8)))
}

func px(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) + "px" }

// FocusFault goes to the first field that is wrong.
func (s *stage) FocusFault() {
	if of := js.Global().Get("document").Call("querySelector", `dialog [aria-invalid="true"], dialog #f-search`); of.Truthy() {
		of.Call("focus")
	}
}

// Query is the page's, without what is only for this screen.
func (s *stage) Query() string {
	search := js.Global().Get("URLSearchParams").New(js.Global().Get("location").Get("search"))
	for _, own := range []string{"tv", "boards", "every", "screen"} {
		search.Call("delete", own)
	}
	if text := search.Call("toString").String(); text != "" {
		return "?" + text
	}
	return ""
}

// Link is the URL that others can follow.
func (s *stage) Link() string {
	location := js.Global().Get("location")
	return location.Get("origin").String() + location.Get("pathname").String() + s.Query()
}

// FullScreen fills the screen with the page, or no longer does. A browser that cannot (phones of one maker) does nothing.
func (s *stage) FullScreen() {
	document := js.Global().Get("document")
	var done js.Value
	switch {
	case document.Get("fullscreenElement").Truthy():
		done = document.Call("exitFullscreen")
	case document.Get("documentElement").Get("requestFullscreen").Truthy():
		done = document.Get("documentElement").Call("requestFullscreen")
	}
	if done.Truthy() {
		done.Call("catch", js.Global().Get("Boolean"))
	}
}

// Download hands a file to the person.
func (s *stage) Download(name, text string) {
	url := js.Global().Get("URL")
	blob := js.Global().Get("Blob").New([]any{text}, map[string]any{"type": "application/json"})
	link := js.Global().Get("document").Call("createElement", "a")
	at := url.Call("createObjectURL", blob)
	link.Set("href", at)
	link.Set("download", name)
	link.Call("click")
	time.AfterFunc(time.Minute, func() { url.Call("revokeObjectURL", at) })
}

// mostPaper is how large a file may be that is read as a board, in bytes.
const mostPaper = 1 << 20

// drop takes a file that is dropped on the dialog that reads boards; nowhere else does a file leave the page for itself.
func (h *handsView) drop(event js.Value) {
	dialog := js.Global().Get("document").Call("querySelector", `dialog[data-kind="paper"]`)
	if !dialog.Truthy() {
		return
	}
	event.Call("preventDefault")
	if event.Get("type").String() == "drop" {
		readFile(event.Get("dataTransfer").Get("files"))
	}
}

// chosen takes a file that was chosen there.
func (h *handsView) chosen(event js.Value) {
	if event.Get("target").Get("id").String() == "paper-file" {
		readFile(event.Get("target").Get("files"))
	}
}

// readFile writes the first of files into the field, as if it had been pasted.
func readFile(files js.Value) {
	if !files.Truthy() || files.Length() == 0 {
		return
	}
	file := files.Index(0)
	write := func(text string) {
		if field := js.Global().Get("document").Call("getElementById", "paper-text"); field.Truthy() {
			field.Set("value", text)
			field.Call("dispatchEvent", js.Global().Get("Event").New("input", map[string]any{"bubbles": true}))
		}
	}
	if file.Get("size").Int() > mostPaper {
		write("This file is too large to be a board.")
		return
	}
	go func() {
		if text, ok := live.Await(context.Background(), file.Call("text")); ok {
			write(text.String())
		}
	}()
}

// commandsOf are the commands that ran, each once.
func commandsOf(runs []run.Run) (names []string) {
	for _, r := range runs {
		if r.Command != "" && !slices.Contains(names, r.Command) {
			names = append(names, r.Command)
		}
	}
	return names
}
