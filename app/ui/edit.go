package ui

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"

	"telltale/app/live"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// desk is where a page's board is edited: what was done to it, and which dialog is open.
// It lives as long as its page. Nothing of it exists in a pre-render.
type desk struct {
	page *BoardPage
	ctx  app.Context // of the page, once it is mounted

	history  *board.History // nil while nothing is edited
	base     board.Board    // as the server has it, as far as is known
	revision string         // of base, "" where the server has none of that id
	trial    *board.Board   // shown in its place: a panel is being configured or resized
	unsaved  bool           // what is edited differs from base
	saving   bool
	wrong    string // why it was not saved
	told     string // what a screen reader hears
	again    bool   // told is the same as before, and to be heard again

	kept    bool   // this machine keeps changes of this board that were not saved
	dialog  string // which one is open
	opened  int    // dialogs so far: each is made anew
	form    *panelForm
	clash   *clash
	fresh   *newBoard
	paper   *paper
	sharing *sharing
	away    string // where the person wants to go, with changes not saved
}

// toEdit is the id of a board that was just made: its page opens for editing.
var toEdit string

func (d *desk) editing() bool { return d.history != nil }

// now is the board as it is edited, without what is tried.
func (d *desk) now() board.Board {
	if d.history == nil {
		return d.page.at.board
	}
	return d.history.Now()
}

// may tells whether the viewer may arrange the board: all metrics, of which a copy is made,
// where they may arrange any.
func (d *desk) may() bool {
	id := d.page.at.board.ID
	return d.page.may(access.Board, access.Boards, id) || id == "all" && d.page.has(access.Board)
}

// mount begins what a page has for hands, once in its life.
func (d *desk) mount(ctx app.Context) {
	d.ctx = ctx
	browser.Hands(d)
	d.arrive(ctx)
}

// arrive is called when the page shows a board.
func (d *desk) arrive(ctx app.Context) {
	_, d.kept = d.keptDraft()
	if id := d.page.at.board.ID; !d.page.at.large && toEdit == id && id != "" {
		toEdit = ""
		d.begin(ctx)
	}
}

// leave is called before the page shows another board. What is not saved is kept on
// this machine.
func (d *desk) leave() {
	if d.editing() {
		d.keep()
	}
	*d = desk{page: d.page, ctx: d.ctx, opened: d.opened}
	browser.Unsaved(false)
}

// hang stops editing for a wallboard, which shows what everybody sees; what is not saved is
// kept on this machine.
func (d *desk) hang() {
	base := d.base
	d.leave()
	d.page.at.board, d.page.at.revision = base, ""
}

// begin starts editing what the server has now, or what was kept of an earlier time.
func (d *desk) begin(ctx app.Context) {
	id := d.page.at.board.ID
	switch {
	case d.editing() || d.page.at.large || !d.may():
		return
	case id == "all":
		d.askCopy("All metrics grows by itself", "This board has a panel for each metric there is, and cannot be arranged. A copy of it can be.")
		return
	}
	shown := d.page.at.board
	d.ctx.Async(func() {
		there, err := browser.BoardView(id)
		d.ctx.Dispatch(func(ctx app.Context) {
			switch {
			case d.page.at.board.ID != id || d.editing():
				return
			case errors.Is(err, live.ErrNone):
				there = wire.BoardView{Board: board.Board{ID: id, Panels: []board.Panel{}}}
			case err != nil: // it can be edited all the same: saving finds out
				there = wire.BoardView{Board: shown, Revision: d.page.at.revision}
				d.wrong = "The server does not answer. Changes are kept on this machine."
			case there.Source == wire.File:
				d.page.at.take(there)
				d.askCopy("This board is a file of the server", "Whoever runs the server keeps it as a file, and it changes there. A copy of it can be arranged here.")
				return
			}
			d.start(ctx, there)
		})
	})
}

// start opens the board for editing.
func (d *desk) start(ctx app.Context, there wire.BoardView) {
	d.page.at.none = false
	text := "Editing. Every panel can be moved with the arrow keys."
	if d.resume(there) {
		text = "Your changes that were not saved are here again; undo takes them back."
		notice(d.ctx, text)
	}
	d.changed(ctx)
	d.tell(text)
}

// resume begins a history: of what was kept of an earlier time, or of what the server has.
func (d *desk) resume(there wire.BoardView) (again bool) {
	kept, is := d.keptDraft()
	if !is {
		d.base, d.revision = there.Board, there.Revision
		d.history = board.NewHistory(d.base)
		return false
	}
	d.base, d.revision = kept.Base, kept.Revision // what it was made from: saving finds out where that is another by now
	d.history = board.NewHistory(d.base)
	_ = d.history.Do(kept.Board) // it passed Check when it was kept
	return true
}

// end stops editing, and shows what the server has.
func (d *desk) end(ctx app.Context) {
	d.unsaved = false // whoever asked for the end knows
	browser.KeepDraft(d.base.ID, "")
	d.back(ctx)
	d.tell("Editing has ended.")
	d.ctx.Defer(func(app.Context) { focus("edit") })
}

// back shows what the server has, as far as is known.
func (d *desk) back(ctx app.Context) {
	base, revision := d.base, d.revision
	d.leave()
	d.page.at.board, d.page.at.revision = base, ""
	if revision == "" {
		d.page.at.none = true
	}
	d.page.open(d.ctx)
	d.page.refresh(d.ctx)
}

// stop ends editing; with changes that are not saved it asks first.
func (d *desk) stop(ctx app.Context) {
	switch {
	case !d.editing():
	case d.unsaved:
		d.away = ""
		d.show(ctx, "leave")
	default:
		d.end(ctx)
	}
}

// do makes a step that can be undone.
func (d *desk) do(ctx app.Context, next board.Board, say string) bool {
	if err := d.history.Do(next); err != nil {
		notice(d.ctx, sentence(err))
		return false
	}
	glide := browser.Glide()
	d.trial = nil
	d.changed(ctx)
	d.tell(say)
	d.ctx.Defer(func(app.Context) { glide() })
	return true
}

// try shows a board without making it a step.
func (d *desk) try(ctx app.Context, b *board.Board) {
	d.trial = b
	d.changed(ctx)
}

// changed shows the board as it is edited now, and keeps it on this machine.
func (d *desk) changed(ctx app.Context) {
	b := d.history.Now()
	d.unsaved = !b.Same(d.base)
	d.keep()
	browser.Unsaved(d.unsaved)
	if d.trial != nil {
		b = *d.trial
	}
	before := d.page.at.look()
	d.page.at.board = b
	if after := d.page.at.look(); !sameLook(before, after) {
		d.page.open(d.ctx)
	} else {
		d.page.name(ctx)
	}
}

func (d *desk) undo(ctx app.Context) {
	d.step(ctx, d.history.Undo, "Undone", "There is nothing to undo")
}
func (d *desk) redo(ctx app.Context) {
	d.step(ctx, d.history.Redo, "Done again", "There is nothing to do again")
}

func (d *desk) step(ctx app.Context, take func() bool, done, none string) {
	before := d.history.Now()
	if !take() {
		d.tell(none)
		return
	}
	glide := browser.Glide()
	d.trial = nil
	d.changed(ctx)
	if said := board.Changes(before, d.history.Now()); len(said) > 0 {
		done += ": " + said[0]
	}
	d.tell(done)
	d.ctx.Defer(func(app.Context) { glide() })
}

// sameLook tells whether two places watch the same.
func sameLook(a, b live.Look) bool {
	return slices.Equal(a.Patterns, b.Patterns) && slices.Equal(a.Rooms, b.Rooms) && a.RangeMS == b.RangeMS && a.Points == b.Points
}

// tell lets a screen reader hear it.
func (d *desk) tell(text string) {
	if d.again = text == d.told && !d.again; d.again {
		text += "\u00a0" // the same words again are no news to it
	}
	d.told = text
}

// draft is what this machine keeps of changes that were not saved.
type draft struct {
	Board    board.Board `json:"board"`
	Base     board.Board `json:"base"`
	Revision string      `json:"revision"`
}

func (d *desk) keptDraft() (kept draft, is bool) {
	text := browser.Draft(d.page.at.board.ID)
	if text == "" || json.Unmarshal([]byte(text), &kept) != nil || kept.Board.Check() != nil || kept.Board.Same(kept.Base) {
		return draft{}, false
	}
	return kept, true
}

func (d *desk) keep() {
	text := ""
	if d.unsaved {
		kept, _ := json.Marshal(draft{Board: d.history.Now(), Base: d.base, Revision: d.revision})
		text = string(kept)
	}
	browser.KeepDraft(d.base.ID, text)
}

// Edits of one panel. The keys and the frames' buttons call them.

func (d *desk) move(ctx app.Context, from, to int) {
	b := d.now()
	to = min(max(to, 0), len(b.Panels)-1)
	if from == to || from < 0 || from >= len(b.Panels) {
		d.tell(b.Panels[max(min(from, len(b.Panels)-1), 0)].Name() + " is at the end")
		return
	}
	if d.do(ctx, b.Move(from, to), b.Panels[from].Name()+": place "+strconv.Itoa(to+1)+" of "+strconv.Itoa(len(b.Panels))) {
		d.ctx.Defer(func(app.Context) { focusFrame(to) })
	}
}

// shift moves a panel so that it stands dx columns and dy rows further on.
func (d *desk) shift(ctx app.Context, at, dx, dy int) {
	b, columns := d.now(), browser.Columns()
	if dy == 0 || columns == 1 {
		d.move(ctx, at, at+dx+dy)
		return
	}
	d.move(ctx, at, below(b, at, columns, dy))
}

// below is the place to move a panel to so that it stands as straight below where it was, or
// above for dy −1, as can be.
func below(b board.Board, at, columns, dy int) int {
	middle := func(c board.Cell) (x, y float64) { return float64(c.X) + float64(c.W)/2, float64(c.Y) + float64(c.H)/2 }
	cells, _ := board.Layout(b.Panels, columns)
	x, y := middle(cells[at])
	y += float64(dy * cells[at].H)
	best, least := at+dy, math.Inf(1)
	for to := at + dy; to >= 0 && to < len(b.Panels); to += dy {
		moved, _ := board.Layout(b.Move(at, to).Panels, columns)
		if xx, yy := middle(moved[to]); math.Hypot(xx-x, yy-y) < least {
			best, least = to, math.Hypot(xx-x, yy-y)
		}
	}
	return best
}

func (d *desk) resize(ctx app.Context, at, dw, dh int) {
	b := d.now()
	p := b.Panels[at]
	w, h := min(max(p.W, 1)+dw, board.MaxSide), min(max(p.H, 1)+dh, board.MaxSide)
	d.do(ctx, b.Resize(at, w, h), p.Name()+": "+sizeWords(max(w, 1), max(h, 1)))
}

func (d *desk) remove(ctx app.Context, at int) {
	b := d.now()
	if d.do(ctx, b.Remove(at), b.Panels[at].Name()+" is removed; undo brings it back") {
		d.ctx.Defer(func(app.Context) {
			if rest := len(b.Panels) - 1; rest > 0 {
				focusFrame(min(at, rest-1))
			} else {
				focus("add")
			}
		})
	}
}

func (d *desk) duplicate(ctx app.Context, at int) {
	b := d.now()
	if len(b.Panels) >= board.MaxPanels {
		notice(d.ctx, "A board has at most "+strconv.Itoa(board.MaxPanels)+" panels")
		return
	}
	if d.do(ctx, b.Duplicate(at), b.Panels[at].Name()+" is there twice") {
		d.ctx.Defer(func(app.Context) { focusFrame(at + 1) })
	}
}

func sizeWords(w, h int) string {
	words := strconv.Itoa(w) + " columns, "
	if w == 1 {
		words = "1 column, "
	}
	if h == 1 {
		return words + "1 row"
	}
	return words + strconv.Itoa(h) + " rows"
}

// show opens a dialog.
func (d *desk) show(_ app.Context, dialog string) {
	d.dialog = dialog
	d.opened++
}

// shut is called when a dialog was closed, however that came. What was tried and not taken is undone.
func (d *desk) shut(ctx app.Context) {
	d.dialog, d.form, d.clash, d.fresh, d.paper, d.sharing = "", nil, nil, nil, nil, nil
	if d.editing() && d.trial != nil {
		d.try(ctx, nil)
	}
}

// focus gives an element the focus.
func focus(id string) {
	if of := app.Window().GetElementByID(id); of.Truthy() {
		of.Call("focus")
	}
}

// frameID is the id of the frame of the panel at that place.
func frameID(at int) string { return "frame-" + strconv.Itoa(at) }

func focusFrame(at int) {
	focus(frameID(at))
	if of := app.Window().GetElementByID(frameID(at)); of.Truthy() {
		of.Call("scrollIntoView", map[string]any{"block": "nearest"})
	}
}
