package ui

import (
	"syscall/js"

	"telltale/app/canvas"
	"telltale/shared/chart"
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// stageCard is what the stage keeps of a card. It belongs to the stage.
type stageCard struct {
	root, plot, age js.Value
	canvas          js.Value
	paints          *canvas.Painter
	numbers         []number
	aged, trusted   string
	chart           chart.Chart
	in              chart.Input
	width, height   float64
	card            *Card
	number          int // under which the stage finds the card of a plot
	visible         bool
	near            bool // less than a screen away
	dirty           bool
	restructured    bool // go-app has changed the nodes since find
	stale           bool
	drawn           int64 // the time shown at the last painting
	over            over
	hides           map[metric.ID]bool
}

func (st *stageCard) mount(s *stage) {
	st.root = nodeOf(st.card)
	st.plot = st.root.Call("querySelector", ".plot")
	st.age = st.root.Call("querySelector", ".age")
	st.restructured, st.dirty = true, true
	st.plot.Set("telltaleCard", st.number)
	s.inSight.Call("observe", st.plot)
	s.sized.Call("observe", st.plot)
	s.attend(st.plot)
}

// find looks the changing nodes up.
func (st *stageCard) find() {
	st.restructured = false
	st.findNumbers()
	st.aged, st.trusted = "?", ""
	if st.width == 0 {
		st.width, st.height = st.plot.Get("clientWidth").Float(), st.plot.Get("clientHeight").Float()
	}
}

// painter gives the card a canvas when it is first painted, and takes the server's drawing away.
func (st *stageCard) painter() *canvas.Painter {
	if st.paints == nil {
		st.canvas = js.Global().Get("document").Call("createElement", "canvas")
		st.canvas.Call("setAttribute", "aria-hidden", "true")
		st.plot.Call("replaceChildren", st.canvas)
		st.paints = canvas.NewPainter(st.canvas)
	}
	return st.paints
}

// show is called when the card comes into sight or leaves it.
func (st *stageCard) show(visible bool) {
	if st.visible == visible {
		return
	}
	st.visible, st.dirty = visible, true
	if !visible && st.paints != nil {
		st.paints.Release()
	}
}

func (st *stageCard) resize(width, height float64) {
	if st.width == width && st.height == height {
		return
	}
	st.width, st.height, st.dirty = width, height, true
}

func (st *stageCard) dismount(s *stage) {
	s.inSight.Call("unobserve", st.plot)
	s.sized.Call("unobserve", st.plot)
	if st.paints != nil {
		st.paints.Release()
	}
}

// setText writes into the text node go-app made, and never replaces it. An element
// that go-app made without text gets a node of its own.
func setText(element js.Value, text string) {
	if node := element.Get("firstChild"); node.Truthy() {
		if node.Get("nodeValue").String() != text {
			node.Set("nodeValue", text)
		}
		return
	}
	element.Set("textContent", text)
}

// nodeOf is a component's element. go-app does not hand out syscall/js values, but
// sets them.
func nodeOf(c app.Composer) js.Value {
	app.Window().Set("telltaleNode", c.JSValue())
	node := js.Global().Get("telltaleNode")
	js.Global().Delete("telltaleNode")
	return node
}
