package ui

import (
	"context"
	"math"
	"net/url"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/board"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// How long a wall does what.
const (
	stillAfter  = 3 * time.Second // the pointer is hidden
	buildEvery  = 10 * time.Minute
	reloadAfter = time.Minute // of a page's life, at the earliest: it never reloads in a circle
)

// wallView is what the stage does for a wallboard. It is made once and idles while the
// page is none.
type wallView struct {
	stage *stage
	page  *BoardPage // nil while the page is no wall
	ctx   app.Context
	by    int // steps that a person went ahead

	root    js.Value
	changes js.Value // MutationObserver of the grid's children
	grid    js.Value // that it observes
	still   *time.Timer
	turns   *time.Timer
	next    wire.BoardView // read ahead for its turn
	turning bool
	guest   time.Time // until then a board is shown out of its turn
	begun   time.Time
	asked   time.Time // for the build, last
	lock    js.Value  // the screen's wake lock
	asking  bool      // for it
}

// Wall makes the page a wallboard, or no longer one.
func (s *stage) Wall(ctx app.Context, p *BoardPage) {
	if s.wall == nil {
		if !p.at.wall.on {
			return
		}
		s.wall = newWallView(s)
	}
	w := s.wall
	if !p.at.wall.on {
		if w.page != nil {
			w.leave()
		}
		return
	}
	w.page, w.ctx, w.by, w.turning, w.guest = p, ctx, 0, false, time.Time{}
	w.root.Get("classList").Call("add", "on-wall")
	w.observe()
	w.fit()
	w.stay()
	w.move()
	w.second()
	w.schedule(true)
}

func newWallView(s *stage) *wallView {
	document, window := js.Global().Get("document"), js.Global()
	w := &wallView{stage: s, root: document.Get("documentElement"), begun: time.Now(), asked: time.Now()}
	w.changes = window.Get("MutationObserver").New(js.FuncOf(func(js.Value, []js.Value) any { w.fit(); return nil }))
	w.still = time.AfterFunc(time.Hour, func() {
		if w.page != nil {
			w.root.Get("classList").Call("add", "still")
		}
	})
	w.turns = time.AfterFunc(time.Hour, func() { w.schedule(false) })
	on := func(target js.Value, event string, do func(js.Value)) {
		target.Call("addEventListener", event, js.FuncOf(func(_ js.Value, args []js.Value) any {
			if w.page != nil {
				do(args[0])
			}
			return nil
		}))
	}
	on(window, "resize", func(js.Value) { w.fit() })
	for _, event := range []string{"pointermove", "pointerdown", "focusin"} {
		on(window, event, func(js.Value) { w.move() })
	}
	on(window, "keydown", w.key)
	on(document, "visibilitychange", func(js.Value) { w.stay() })
	return w
}

func (w *wallView) leave() {
	w.page = nil
	w.changes.Call("disconnect")
	w.grid = js.Undefined()
	w.turns.Reset(time.Hour)
	w.root.Get("classList").Call("remove", "on-wall", "still")
	if w.lock.Truthy() {
		w.lock.Call("release")
		w.lock = js.Undefined()
	}
}

// key: Escape leaves, the arrows take turns.
func (w *wallView) key(event js.Value) {
	for _, held := range []string{"altKey", "ctrlKey", "metaKey"} {
		if event.Get(held).Bool() {
			return // the browser's own
		}
	}
	key, target := event.Get("key").String(), event.Get("target")
	if key == " " && target.Get("closest").Truthy() && target.Call("closest", "button, a").Truthy() {
		return // it is pressed
	}
	switch key {
	case "Escape":
		w.ctx.Navigate(boardPath(w.page.at.board.ID))
	case "ArrowRight", "ArrowDown", "PageDown", " ":
		w.turn(1)
	case "ArrowLeft", "ArrowUp", "PageUp":
		w.turn(-1)
	}
}

// Turn goes so many boards on.
func (s *stage) Turn(by int) {
	if s.wall != nil {
		s.wall.turn(by)
	}
}

func (w *wallView) turn(by int) {
	if w.page != nil && len(w.page.at.wall.boards) > 1 && !w.turning {
		w.by += by
		w.guest = time.Time{}
		w.schedule(true)
	}
}

// host shows a board out of its turn, for as long as a turn lasts; false where no turns are taken.
func (w *wallView) host(id string) bool {
	if w == nil || w.page == nil || len(w.page.at.wall.boards) < 2 {
		return false
	}
	every := w.page.at.wall.every
	w.guest = time.Now().Add(every)
	w.turns.Reset(every)
	w.read(id, func(b wire.BoardView) { w.show(b, -1) })
	return true
}

// move shows the pointer and what a hand needs, for a while.
func (w *wallView) move() {
	w.root.Get("classList").Call("remove", "still")
	w.still.Reset(stillAfter)
}

// observe has the panels fitted whenever there are others, before they are painted.
func (w *wallView) observe() {
	grid := js.Global().Get("document").Call("querySelector", ".tv .grid")
	if !grid.Truthy() || grid.Equal(w.grid) {
		return
	}
	w.changes.Call("disconnect")
	w.grid = grid
	w.changes.Call("observe", grid, map[string]any{"childList": true})
}

// fit divides the screen among the panels.
func (w *wallView) fit() {
	if w.page == nil || !w.grid.Truthy() {
		return
	}
	panels := w.page.panels()
	width, height := w.grid.Get("clientWidth").Float(), w.grid.Get("clientHeight").Float()
	wall := board.Fit(panels, width, height)
	style := w.grid.Get("style")
	style.Set("gridTemplateColumns", "repeat("+strconv.Itoa(wall.Columns)+",minmax(0,1fr))")
	style.Set("gridTemplateRows", "repeat("+strconv.Itoa(wall.Rows)+",minmax(0,1fr))")
	style.Call("setProperty", "--zoom", strconv.FormatFloat(zoomOf(width/float64(wall.Columns), height/float64(wall.Rows)), 'f', 3, 64))
	cards := w.grid.Get("children")
	for i := range cards.Length() {
		card := cards.Index(i)
		if i >= len(wall.Cells) {
			card.Set("hidden", len(panels) > 0)
			continue
		}
		c := wall.Cells[i]
		card.Set("hidden", false)
		card.Get("style").Set("gridArea", strconv.Itoa(c.Y+1)+"/"+strconv.Itoa(c.X+1)+"/span "+strconv.Itoa(c.H)+"/span "+strconv.Itoa(c.W))
	}
}

// zoomOf is how much larger than on a desk everything in a cell is.
func zoomOf(width, height float64) float64 {
	const usualWidth, usualHeight = 376, 216 // of a card, less what a wall leaves out
	return math.Min(math.Max(math.Min(width/usualWidth, height/usualHeight), 0.6), 8)
}

// stay keeps the screen awake. A browser gives the lock up when the page is hidden, and
// has none where it was not loaded by https or from this machine.
func (w *wallView) stay() {
	locks := js.Global().Get("navigator").Get("wakeLock")
	held := w.lock.Truthy() && !w.lock.Get("released").Bool()
	if held || w.asking || !locks.Truthy() || js.Global().Get("document").Get("hidden").Bool() {
		return
	}
	w.asking = true
	go func() {
		lock, ok := live.Await(context.Background(), locks.Call("request", "screen"))
		w.asking = false
		switch {
		case !ok: // the machine says no, for one that its battery is low: the next second asks again
		case w.page == nil:
			lock.Call("release")
		default:
			w.lock = lock
		}
	}()
}

// schedule shows the board whose turn it is and comes back for the next. A board that
// cannot be read leaves the one before where it is.
func (w *wallView) schedule(now bool) {
	if w.page == nil || len(w.page.at.wall.boards) < 2 {
		return
	}
	if left := time.Until(w.guest); left > 0 {
		w.turns.Reset(left)
		return
	}
	walls, at := w.page.at.wall, time.Now().UnixMilli()
	of, left := walls.turn(at, w.by)
	if id := walls.boards[of]; id != w.page.at.board.ID || of != w.page.turn {
		b := w.next
		if b.ID == id {
			w.show(b, of)
		} else {
			w.read(id, func(b wire.BoardView) { w.show(b, of) })
		}
	} else if w.next.ID == "" && !now {
		following, _ := walls.turn(at+left.Milliseconds(), w.by)
		w.read(walls.boards[following], func(b wire.BoardView) {
			w.next = b
			w.stage.readAhead(b.Patterns())
		})
	}
	if left > readBefore+100*time.Millisecond {
		left -= readBefore
	}
	w.turns.Reset(max(left, 10*time.Millisecond))
}

// read asks for a board. Nothing is called where there is none, or no contact.
func (w *wallView) read(id string, then func(wire.BoardView)) {
	go func() {
		if b, err := w.stage.BoardView(id); err == nil {
			then(b)
		}
	}()
}

// show has a board take the place of another, the one fading into the other.
func (w *wallView) show(b wire.BoardView, turn int) {
	if w.page == nil || w.turning {
		return
	}
	w.turning, w.next = true, wire.BoardView{}
	page := w.page
	w.fade(func(done func()) {
		w.ctx.Dispatch(func(ctx app.Context) {
			page.show(ctx, b, turn, func() {
				w.turning = false
				w.fit()
				w.stage.drawNow()
				done()
			})
		})
	})
}

// fade lets change, which calls done when the page has changed, fade in over what was
// there. Nothing is painted in between.
func (w *wallView) fade(change func(done func())) {
	start := js.Global().Get("document").Get("startViewTransition")
	if !start.Truthy() || js.Global().Call("matchMedia", "(prefers-reduced-motion: reduce)").Get("matches").Bool() ||
		js.Global().Get("document").Get("hidden").Bool() {
		change(func() {})
		return
	}
	var update, settle js.Func
	settle = js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve := args[0]
		change(func() {
			resolve.Invoke()
			settle.Release()
		})
		return nil
	})
	update = js.FuncOf(func(js.Value, []js.Value) any {
		update.Release()
		return js.Global().Get("Promise").New(settle)
	})
	transition := js.Global().Get("document").Call("startViewTransition", update)
	for _, promise := range []string{"ready", "finished", "updateCallbackDone"} { // what is skipped is no error
		transition.Get(promise).Call("catch", js.Global().Get("Boolean"))
	}
}

// second is called once a second while somebody may look.
func (w *wallView) second() {
	if w == nil || w.page == nil {
		return
	}
	w.stay()
	if clock := js.Global().Get("document").Call("querySelector", ".strip .clock"); clock.Truthy() {
		setText(clock, time.Now().UTC().Add(time.Duration(w.stage.clock.at(time.Now().UnixMilli()))*time.Second).Format("15:04"))
	}
	if w.stage.said == live.Live && time.Since(w.asked) > buildEvery {
		w.newBuild()
	}
}

// newBuild loads the page anew where the server has another build than it. Where there
// is a service worker it hears of that too; walls are often reached without https, and
// have none.
func (w *wallView) newBuild() {
	if w == nil || w.page == nil || time.Since(w.begun) < reloadAfter {
		return
	}
	w.asked = time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		answer, err := live.Fetch(ctx, live.Request{Path: "/app.js"})
		if err == nil && answer.Status == 200 && !strings.Contains(answer.Body, build()) && w.page != nil {
			reload()
		}
	}()
}

// readAhead watches metrics that are not shown yet, besides those that are.
func (s *stage) readAhead(patterns []string) {
	s.ahead = patterns
	s.viewer.Look(s.ctx, s.looks())
}

// drawNow draws without waiting for the browser to ask for a frame.
func (s *stage) drawNow() {
	s.frame()
}

// build is that of the app.
func build() string { return app.Getenv("GOAPP_VERSION") }

func reload() { js.Global().Get("location").Call("reload") }

// query is the wall's part of a URL, for another board.
func (w wall) query() string {
	q := url.Values{"tv": {"1"}}
	if w.name != "" {
		q.Set("screen", w.name)
	}
	return "?" + q.Encode()
}

// show shows another board in place of the one there is, on a wall. done is called when
// it stands on the page.
func (p *BoardPage) show(ctx app.Context, of wire.BoardView, turn int, done func()) {
	remember(of)
	p.turn, p.cards, p.at.none = turn, mostCards, false
	p.at.take(of)
	p.open(ctx)
	ctx.Defer(func(app.Context) { done() })
}

// panels are those that the page shows, in their order.
func (p *BoardPage) panels() []board.Panel {
	panels := p.at.board.Expand(p.first.Metrics)
	return panels[:min(len(panels), p.cards)]
}
