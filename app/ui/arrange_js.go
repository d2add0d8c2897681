package ui

import (
	"math"
	"strconv"
	"strings"
	"syscall/js"

	"telltale/shared/board"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// How the pointer is taken.
const (
	dragAfter  = 5   // pixels a press moves before it is a drag
	edge       = 90  // pixels from the window's edge within which a drag scrolls
	fastest    = 18  // pixels a frame that it scrolls
	glideTakes = 180 // ms
)

// framesView is what the stage keeps of the frames of a board: it hears the pointer on them,
// and moves the cards below with it. The card that is held follows the pointer; its frame
// stays where it would land, and shows the place.
type framesView struct {
	stage  *stage
	frames *Frames
	root   js.Value // of the frames
	grid   js.Value // of the cards
	down   js.Func
	moves  map[string]js.Func // events of the held pointer
	held   *hold
}

// hold is a panel that the pointer has.
type hold struct {
	pointer     int
	at, to      int
	resizing    bool
	begun       bool    // it has moved far enough
	x, y        float64 // of the pointer: where it went down, on the page
	nowX, nowY  float64 // where it is, in the window
	card, frame js.Value
	left, top   float64 // of the card at first, in the grid
	width       float64
	height      float64
	grid        gridShape
	w, h        int // cells, while it is resized
	scroll      js.Func
	scrolling   bool
}

// gridShape is the grid as it is laid out now, in pixels.
type gridShape struct {
	columns   int
	width     float64 // of a column
	row       float64 // its height
	gapX      float64
	gapY      float64
	backwards bool // it begins at the right
	whole     float64
}

func shapeOf(grid js.Value) gridShape {
	style := js.Global().Call("getComputedStyle", grid)
	lengths := strings.Fields(style.Get("gridTemplateColumns").String())
	g := gridShape{columns: max(len(lengths), 1), gapX: pixels(style.Get("columnGap")), gapY: pixels(style.Get("rowGap")),
		row: pixels(style.Get("gridAutoRows")), backwards: style.Get("direction").String() == "rtl", whole: grid.Get("clientWidth").Float()}
	if len(lengths) > 0 {
		g.width, _ = strconv.ParseFloat(strings.TrimSuffix(lengths[0], "px"), 64)
	}
	if rows := strings.Fields(style.Get("gridTemplateRows").String()); g.row == 0 && len(rows) > 0 {
		g.row, _ = strconv.ParseFloat(strings.TrimSuffix(rows[0], "px"), 64)
	}
	return g
}

func pixels(v js.Value) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(v.String(), "px"), 64)
	return n
}

// MountFrames hears the pointer on frames.
func (s *stage) MountFrames(f *Frames) {
	v := &framesView{stage: s, frames: f, root: nodeOf(f), moves: map[string]js.Func{}}
	v.grid = v.root.Get("previousElementSibling")
	v.down = js.FuncOf(func(_ js.Value, args []js.Value) any { v.press(args[0]); return nil })
	v.root.Call("addEventListener", "pointerdown", v.down)
	hear := func(event string, do func(js.Value)) {
		v.moves[event] = js.FuncOf(func(_ js.Value, args []js.Value) any {
			if v.held != nil && args[0].Get("pointerId").Int() == v.held.pointer {
				do(args[0])
			}
			return nil
		})
		v.root.Call("addEventListener", event, v.moves[event])
	}
	hear("pointermove", v.move)
	hear("pointerup", func(js.Value) { v.release(true) })
	hear("pointercancel", func(js.Value) { v.release(false) })
	s.hand.frames = v
}

// DismountFrames lets go.
func (s *stage) DismountFrames(f *Frames) {
	v := s.hand.frames
	if v == nil || v.frames != f {
		return
	}
	v.release(false)
	v.down.Release()
	for _, each := range v.moves {
		each.Release()
	}
	s.hand.frames = nil
}

// press takes a panel: with a mouse anywhere, with a finger by its handles, so that a board can still be scrolled.
func (v *framesView) press(event js.Value) {
	target := event.Get("target")
	frame := target.Call("closest", ".frame")
	corner := target.Call("closest", ".corner").Truthy()
	handle := corner || target.Call("closest", ".grip").Truthy()
	if v.held != nil || event.Get("button").Int() != 0 || !frame.Truthy() || target.Call("closest", "button").Truthy() ||
		!handle && event.Get("pointerType").String() != "mouse" {
		return
	}
	at, err := strconv.Atoi(frame.Get("dataset").Get("at").String())
	card := v.grid.Get("children").Index(at)
	if err != nil || !card.Truthy() {
		return
	}
	h := &hold{pointer: event.Get("pointerId").Int(), at: at, to: at, resizing: corner, card: card, frame: frame}
	h.nowX, h.nowY = event.Get("clientX").Float(), event.Get("clientY").Float()
	h.x, h.y = h.nowX+js.Global().Get("scrollX").Float(), h.nowY+js.Global().Get("scrollY").Float()
	v.held = h
	v.root.Call("setPointerCapture", h.pointer)
	event.Call("preventDefault")
	frame.Call("focus", map[string]any{"preventScroll": true})
}

func (v *framesView) move(event js.Value) {
	h := v.held
	h.nowX, h.nowY = event.Get("clientX").Float(), event.Get("clientY").Float()
	if !h.begun && math.Hypot(v.dx(), v.dy()) < dragAfter {
		return
	}
	if !h.begun {
		v.begin()
	}
	v.follow()
	v.scrollAtEdge()
}

// dx and dy are how far the pointer has come on the page.
func (v *framesView) dx() float64 {
	return v.held.nowX + js.Global().Get("scrollX").Float() - v.held.x
}

func (v *framesView) dy() float64 {
	return v.held.nowY + js.Global().Get("scrollY").Float() - v.held.y
}

func (v *framesView) begin() {
	h := v.held
	h.begun = true
	h.grid = shapeOf(v.grid)
	h.left, h.top = h.card.Get("offsetLeft").Float(), h.card.Get("offsetTop").Float()
	h.width, h.height = h.card.Get("offsetWidth").Float(), h.card.Get("offsetHeight").Float()
	p := v.frames.Board.Panels[h.at]
	h.w, h.h = max(p.W, 1), max(p.H, 1)
	does := "moving"
	if h.resizing {
		does = "resizing"
	}
	v.root.Get("dataset").Set("does", does)
	h.frame.Get("dataset").Set("slot", "yes") // no class: go-app writes those anew
	h.card.Get("dataset").Set("held", does)
}

// follow brings the card to the pointer, and the others to where they would stand.
func (v *framesView) follow() {
	if v.held.resizing {
		v.stretch()
		return
	}
	h, g := v.held, v.held.grid
	middle := h.left + v.dx() + h.width/2
	if g.backwards {
		middle = g.whole - middle
	}
	x := (middle + g.gapX/2) / (g.width + g.gapX)
	y := (h.top + v.dy() + h.height/2 + g.gapY/2) / (g.row + g.gapY)
	if to := board.Lands(v.frames.Board.Panels, h.at, g.columns, x, y); to != h.to {
		h.to = to
		v.rearrange()
	}
	v.carry()
}

// carry puts the card under the pointer, wherever its place is by now.
func (v *framesView) carry() {
	h := v.held
	h.card.Get("style").Set("transform", "translate("+px(h.left+v.dx()-h.card.Get("offsetLeft").Float())+","+px(h.top+v.dy()-h.card.Get("offsetTop").Float())+")")
}

// rearrange gives every card and frame the place that it has if the panel lands where it is held.
func (v *framesView) rearrange() {
	h := v.held
	glide := v.stage.glide(h.card)
	order := make([]int, 0, len(v.frames.Board.Panels))
	for i := range v.frames.Board.Panels {
		if i != h.at {
			order = append(order, i)
		}
	}
	order = append(order[:h.to], append([]int{h.at}, order[h.to:]...)...)
	cards, frames := v.grid.Get("children"), v.root.Get("children")
	for place, i := range order {
		cards.Index(i).Get("style").Set("order", place)
		frames.Index(i).Get("style").Set("order", place)
	}
	add := frames.Index(len(order))
	add.Get("style").Set("order", len(order))
	glide()
}

// stretch makes the panel as large as the pointer is far.
func (v *framesView) stretch() {
	h, g := v.held, v.held.grid
	dx := v.dx()
	if g.backwards {
		dx = -dx
	}
	most := min(g.columns, board.MaxSide)
	shown := min(h.w0(v), most)
	w := min(max(int(math.Round((h.width+dx+g.gapX)/(g.width+g.gapX))), 1), most)
	if w == shown {
		w = h.w0(v) // as it is on wider screens
	}
	hh := min(max(int(math.Round((h.height+v.dy()+g.gapY)/(g.row+g.gapY))), 1), board.MaxSide)
	if w == h.w && hh == h.h {
		return
	}
	h.w, h.h = w, hh
	next, d, at := v.frames.Desk.now().Resize(h.at, w, hh), v.frames.Desk, h.at
	d.ctx.Dispatch(func(ctx app.Context) {
		if v.held != nil && v.held.at == at && d.editing() {
			glide := v.stage.glide(js.Undefined())
			d.try(ctx, &next)
			d.ctx.Defer(func(app.Context) { glide() })
		}
	})
}

// w0 is how many columns the panel had at first.
func (h *hold) w0(v *framesView) int { return max(v.frames.Desk.now().Panels[h.at].W, 1) }

// scrollAtEdge scrolls while the pointer is near the window's edge.
func (v *framesView) scrollAtEdge() {
	h := v.held
	if h.scrolling || v.speed() == 0 {
		return
	}
	h.scrolling = true
	h.scroll = js.FuncOf(func(js.Value, []js.Value) any {
		speed := v.speed()
		if v.held != h || speed == 0 {
			h.scrolling = false
			h.scroll.Release()
			return nil
		}
		js.Global().Call("scrollBy", 0, speed)
		v.follow()
		js.Global().Call("requestAnimationFrame", h.scroll)
		return nil
	})
	js.Global().Call("requestAnimationFrame", h.scroll)
}

func (v *framesView) speed() float64 {
	if v.held == nil || !v.held.begun {
		return 0
	}
	height := js.Global().Get("innerHeight").Float()
	top := edge + 60.0 // below what stays at the top
	switch y := v.held.nowY; {
	case y < top:
		return -fastest * min((top-y)/edge, 1)
	case y > height-edge:
		return fastest * min((y-height+edge)/edge, 1)
	}
	return 0
}

// release lets the panel go: where it is held, or back where it was.
func (v *framesView) release(take bool) {
	h := v.held
	if h == nil {
		return
	}
	v.held = nil
	if v.root.Call("hasPointerCapture", h.pointer).Bool() {
		v.root.Call("releasePointerCapture", h.pointer)
	}
	if !h.begun {
		return
	}
	d := v.frames.Desk
	glide := v.stage.glide(js.Undefined())
	d.ctx.Dispatch(func(ctx app.Context) {
		if d.editing() {
			b := d.now()
			switch {
			case take && h.resizing && d.trial != nil:
				d.do(ctx, b.Resize(h.at, h.w, h.h), b.Panels[h.at].Name()+": "+sizeWords(h.w, h.h))
			case h.resizing:
				d.try(ctx, nil)
			case take:
				if h.to != h.at && d.do(ctx, b.Move(h.at, h.to), b.Panels[h.at].Name()+": place "+strconv.Itoa(h.to+1)+" of "+strconv.Itoa(len(b.Panels))) {
					d.ctx.Defer(func(app.Context) { focusFrame(h.to) })
				}
			}
		}
		d.ctx.Defer(func(app.Context) {
			v.settle(h)
			glide()
		})
	})
}

// settle takes back all that was done to the page by hand, once the page itself has changed.
func (v *framesView) settle(h *hold) {
	v.root.Call("removeAttribute", "data-does")
	for _, list := range []js.Value{v.grid.Get("children"), v.root.Get("children")} {
		for i := range list.Length() {
			list.Index(i).Get("style").Set("order", "")
		}
	}
	h.frame.Call("removeAttribute", "data-slot")
	h.card.Call("removeAttribute", "data-held")
	h.card.Get("style").Set("transform", "")
}

// Glide lets the panels glide from where they stand.
func (s *stage) Glide() func() { return s.glide(js.Undefined()) }

// glide is Glide without one card.
func (s *stage) glide(without js.Value) func() {
	document := js.Global().Get("document")
	if js.Global().Call("matchMedia", "(prefers-reduced-motion: reduce)").Get("matches").Bool() {
		return func() {}
	}
	cards := func(each func(id string, card, box js.Value)) {
		all := document.Call("querySelectorAll", "#board .grid > [data-panel]")
		for i := range all.Length() {
			if card := all.Index(i); !card.Equal(without) {
				each(card.Get("dataset").Get("panel").String(), card, card.Call("getBoundingClientRect"))
			}
		}
	}
	type spot struct{ x, y float64 }
	before := map[string]spot{}
	cards(func(id string, _, box js.Value) { before[id] = spot{box.Get("x").Float(), box.Get("y").Float()} })
	return func() {
		cards(func(id string, card, box js.Value) {
			was, is := before[id]
			dx, dy := was.x-box.Get("x").Float(), was.y-box.Get("y").Float()
			if is && math.Abs(dx)+math.Abs(dy) > 1 {
				card.Call("animate", []any{map[string]any{"transform": "translate(" + px(dx) + "," + px(dy) + ")"}, map[string]any{"transform": "none"}},
					map[string]any{"duration": glideTakes, "easing": "cubic-bezier(.2,.7,.2,1)"})
			}
		})
	}
}

// Columns is how many the grid has now.
func (s *stage) Columns() int {
	if grid := boardGrid(); grid.Truthy() {
		return shapeOf(grid).columns
	}
	return 1
}

func boardGrid() js.Value {
	return js.Global().Get("document").Call("querySelector", "#board .grid")
}

// Beside tells on which side the dialog leaves the panel in sight.
func (s *stage) Beside(at int) bool {
	grid := boardGrid()
	if !grid.Truthy() {
		return false
	}
	card := grid.Get("children").Index(at)
	if !card.Truthy() {
		return false
	}
	box := card.Call("getBoundingClientRect")
	right := box.Get("x").Float()+box.Get("width").Float()/2 > js.Global().Get("innerWidth").Float()/2
	s.Reveal(at)
	return right != shapeOf(grid).backwards
}

// Reveal scrolls to a panel.
func (s *stage) Reveal(at int) {
	if grid := boardGrid(); grid.Truthy() {
		if card := grid.Get("children").Index(at); card.Truthy() {
			block := "nearest"
			if js.Global().Get("innerWidth").Float() < 808 {
				block = "start" // above the dialog
			}
			card.Call("scrollIntoView", map[string]any{"block": block})
		}
	}
}
