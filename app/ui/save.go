package ui

import (
	"encoding/json"
	"errors"
	"strings"

	"telltale/app/live"
	"telltale/shared/board"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// boardAnswer is what the server said to a change of a board.
type boardAnswer struct {
	Status   int // 0 where no answer came
	Revision string
	Problem  string // "" where it was done, otherwise a sentence
}

func (a boardAnswer) done() bool { return a.Problem == "" }

// clash is what somebody else saved while this board was edited.
type clash struct {
	theirs   board.Board
	revision string // of theirs; "" where they deleted it
	problem  string // why it was refused, where nobody else is the reason

	copyID, wrongID string // under which mine is to be saved as well, and why not
}

const noAnswer = "Not saved: the server does not answer. Your changes are kept on this machine."

// save puts the board, unless somebody else has changed it since it was read.
func (d *desk) save(ctx app.Context) {
	if !d.editing() || d.saving || d.trial != nil {
		return
	}
	if !d.unsaved {
		d.tell("Everything is saved.")
		return
	}
	d.put(ctx, d.history.Now(), d.condition(), nil)
}

// condition is on which a save is made: that the server still has what was edited, though it
// be nothing.
func (d *desk) condition() boardPut {
	return boardPut{Match: d.revision, Fresh: d.revision == ""}
}

// boardPut says on which condition a board is put.
type boardPut struct {
	Match string // only in place of this revision
	Fresh bool   // only where there is none
}

// put saves b as the board that is edited, then calls then.
func (d *desk) put(ctx app.Context, b board.Board, on boardPut, then func(app.Context)) {
	d.saving, d.wrong = true, ""
	d.ctx.Async(func() {
		answer := browser.PutBoard(b, on)
		var other clash
		if answer.Status == 412 {
			there, err := browser.BoardView(b.ID)
			answer, other = meets(b, answer, there, err)
		}
		d.ctx.Dispatch(func(ctx app.Context) { d.answered(ctx, b, answer, other, then) })
	})
}

// meets is what it means that b was refused for what is there.
func meets(b board.Board, refused boardAnswer, there wire.BoardView, err error) (boardAnswer, clash) {
	switch {
	case err == nil && there.Board.Same(b): // an earlier try was done, though its answer never came
		return boardAnswer{Status: 200, Revision: there.Revision}, clash{}
	case err == nil:
		return refused, clash{theirs: there.Board, revision: there.Revision}
	case errors.Is(err, live.ErrNone):
		return refused, clash{}
	}
	return boardAnswer{Problem: noAnswer}, clash{}
}

func (d *desk) answered(ctx app.Context, b board.Board, answer boardAnswer, other clash, then func(app.Context)) {
	d.saving = false
	if !d.editing() || d.base.ID != b.ID {
		return // the page shows another board by now; the draft is kept
	}
	switch {
	case answer.done():
		d.base, d.revision = b, answer.Revision
		d.page.at.revision = answer.Revision
		remember(wire.BoardView{Board: b, Revision: answer.Revision, Source: wire.Kept})
		d.changed(ctx)
		d.tell("Saved.")
		notice(d.ctx, "Saved: everybody who looks sees it now")
		if then != nil {
			then(ctx)
		}
	case answer.Status == 412:
		d.clash = &other
		d.show(ctx, "clash")
	case answer.Status >= 400 && answer.Status < 500:
		d.clash = &clash{theirs: d.base, revision: d.revision, problem: answer.Problem}
		d.show(ctx, "clash")
	default:
		d.wrong = answer.Problem
		d.tell(d.wrong)
	}
}

// takeTheirs makes theirs the board; mine is one step back.
func (d *desk) takeTheirs(ctx app.Context) {
	c := d.clash
	d.base, d.revision = c.theirs, c.revision
	d.shutDialog(ctx)
	d.do(ctx, c.theirs, "Their board is shown; undo brings back yours.")
	d.changed(ctx)
	notice(d.ctx, "Their board is shown. Undo brings back yours.")
}

// overwrite puts mine in place of theirs, and of nothing later.
func (d *desk) overwrite(ctx app.Context) {
	c := d.clash
	d.shutDialog(ctx)
	d.put(ctx, d.history.Now(), boardPut{Match: c.revision, Fresh: c.revision == ""}, nil)
}

// copyTo saves a board under another id and goes there. What it was made from is left as the
// server has it.
func (d *desk) copyTo(ctx app.Context, b board.Board, edit bool) {
	d.ctx.Async(func() {
		answer := browser.PutBoard(b, boardPut{Fresh: true})
		d.ctx.Dispatch(func(ctx app.Context) {
			if d.fresh == nil && d.clash == nil {
				return // the dialog was closed
			}
			if !answer.done() {
				why := answer.Problem
				if answer.Status == 412 {
					why = "There is a board " + b.ID + " already. Choose another name."
				}
				d.wrongID(why)
				return
			}
			if d.editing() && d.carries() {
				browser.KeepDraft(d.base.ID, "")
				d.unsaved = false
				browser.Unsaved(false)
			}
			d.shutDialog(ctx)
			if edit {
				toEdit = b.ID
			}
			ctx.Navigate(boardPath(b.ID))
			notice(d.ctx, "Saved as "+b.ID)
		})
	})
}

// carries tells whether the board that was made under another id has all that is edited here.
func (d *desk) carries() bool {
	return d.clash != nil || d.fresh != nil && d.fresh.copied
}

func (d *desk) wrongID(why string) {
	if d.fresh != nil {
		d.fresh.wrong = why
	} else if d.clash != nil {
		d.clash.wrongID = why
	}
}

// forget deletes the board; home becomes what it was.
func (d *desk) forget(ctx app.Context) {
	b, revision := d.page.at.board, d.page.at.revision
	_, builtin := board.Builtin(b.ID)
	d.ctx.Async(func() {
		answer := browser.DeleteBoard(b.ID, revision)
		d.ctx.Dispatch(func(ctx app.Context) {
			switch {
			case answer.Status == 412:
				notice(d.ctx, "Not deleted: somebody has changed the board meanwhile")
				d.page.refresh(d.ctx)
				return
			case !answer.done():
				notice(d.ctx, answer.Problem)
				return
			}
			d.unsaved = false
			d.leave()
			browser.KeepDraft(b.ID, "")
			delete(seen, b.ID)
			if builtin {
				d.page.at.revision = ""
				d.page.refresh(d.ctx)
				notice(d.ctx, "The board is what it was at first")
				return
			}
			ctx.Navigate("/boards")
			notice(d.ctx, "Deleted: "+b.ID)
		})
	})
}

// document is a board as people read and keep it.
func document(b board.Board) string {
	text, _ := json.MarshalIndent(b, "", "  ")
	return string(text) + "\n"
}

// sentence is an error of Check without the words that only programs need.
func sentence(err error) string {
	text := strings.TrimPrefix(err.Error(), board.ErrBoard.Error()+": ")
	return capital(text)
}
