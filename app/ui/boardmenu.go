package ui

import (
	"errors"
	"strconv"

	"telltale/app/live"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// menuLeaf is all that can be done with a board besides looking at it and editing it.
func (d *desk) menuLeaf() app.UI {
	b := d.page.at.board
	base := d.page.first.Base
	entry := func(id, icon, text, key string, do app.EventHandler) app.UI {
		return app.Li().Body(app.Button().Type("button").ID(id).Class("entry").OnClick(do).Body(glyph(icon), app.Span().Text(text), app.If(key != "", func() app.UI { return app.Elem("kbd").Text(key) })))
	}
	link := func(id, icon, text, href string) app.UI {
		return app.Li().Body(app.A().ID(id).Class("entry").Href(href).Target("_blank").Rel("noopener").Body(glyph(icon), app.Span().Text(text)))
	}
	_, builtin := board.Builtin(b.ID)
	drop := "Delete this board…"
	if builtin {
		drop = "Back to the board as it was at first…"
	}
	query, makes := browser.Query(), d.page.has(access.Board)
	return leaf(titleOf(b), d.onShut, []app.UI{
		app.Ul().Class("entries").Body(
			entry("menu-share", "link", "Copy a link to what is shown", "", d.onShare),
			entry("menu-links", "people", "Share…", "", d.onShareSheet),
			entry("menu-wall", "wall", "Show on a wall", "", d.onWall),
			entry("menu-full", "full", "Full screen", "f", d.onFull),
			link("menu-svg", "picture", "Picture (SVG)", boardPicture(b.ID)+".svg"+query),
			link("menu-png", "picture", "Picture (PNG)", boardPicture(b.ID)+".png"+query),
		),
		&Curl{Line: "curl -H 'Accept: text/plain' " + base + boardPicture(b.ID), Of: "this board in a terminal"},
		app.Ul().Class("entries").Body(
			app.If(makes, func() app.UI { return entry("menu-new", "plus", "New board…", "n", d.onNew) }),
			app.If(makes, func() app.UI { return entry("menu-copy", "copy", "Copy this board…", "", d.onCopyBoard) }),
			entry("menu-file", "down", "Save as a file (JSON)", "", d.onFile),
			app.If(makes, func() app.UI { return entry("menu-read", "up", "Read from a file or text (JSON)…", "", d.onRead) }),
			app.If(b.ID != "all" && d.may(), func() app.UI { return entry("menu-delete", "bin", drop, "", d.onAskDelete) }),
			entry("menu-keys", "keys", "Keys", "?", d.onKeys),
		),
	})
}

func (d *desk) onShare(ctx app.Context, _ app.Event) {
	browser.Copy(browser.Link())
	d.shutDialog(ctx)
	notice(d.ctx, "The link is copied")
}

func (d *desk) onWall(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	ctx.Navigate(boardPath(d.page.at.board.ID) + "?tv=1")
}

func (d *desk) onFull(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	browser.FullScreen()
}

func (d *desk) onNew(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	d.askNew(ctx)
}

func (d *desk) onCopyBoard(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	d.askCopy("A copy of "+titleOf(d.now()), "")
}

func (d *desk) onFile(ctx app.Context, _ app.Event) {
	b := d.now()
	browser.Download(b.ID+".json", document(b))
	d.shutDialog(ctx)
}

func (d *desk) onRead(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	d.paper = &paper{}
	d.show(ctx, "paper")
}

func (d *desk) onAskDelete(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	d.show(ctx, "delete")
}

func (d *desk) onKeys(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	ctx.NewAction(keysAction)
}

// paper is a board as text, about to be read.
type paper struct {
	text  string
	board board.Board
	wrong string
}

// paperLeaf takes a board from a file, a text, or what is dropped.
func (d *desk) paperLeaf() app.UI {
	p := d.paper
	if p == nil {
		return app.Div()
	}
	good := p.text != "" && p.wrong == ""
	return leaf("Read a board", d.onShut, []app.UI{
		app.Div().ID("drop").Class("drop").Body(
			app.Label().Class("chip plain").For("paper-file").Body(glyph("up"), app.Span().Text("Choose a file")),
			app.Input().ID("paper-file").Class("unseen").Type("file").Accept(".json,application/json"),
			app.Span().Class("hint").Text("or drop it here, or paste its text"),
		),
		&Field{ID: "paper-text", Of: d.opened, Label: "Board as JSON", Long: true, Wrong: p.wrong, Take: func(_ app.Context, v string) { p.read(v, d.page.at.board.ID) }},
		app.If(good, func() app.UI { return app.P().ID("paper-says").Class("hint").Text(p.says()) }),
	},
		does("paper-stay", "plain", "Cancel", d.onShut),
		app.If(good, func() app.UI { return does("paper-new", "plain", "As a new board…", d.onPaperNew) }),
		app.If(good && d.page.at.board.ID != "all", func() app.UI { return does("paper-here", "full", "In place of this board", d.onPaperHere) }))
}

// MountPaper is done by the stage once the leaf is there: files are the browser's.

func (p *paper) says() string {
	n := len(p.board.Panels)
	words := strconv.Itoa(n) + " panels"
	if n == 1 {
		words = "1 panel"
	}
	if p.board.Title != "" {
		words = "“" + p.board.Title + "”: " + words
	}
	return words
}

func (d *desk) onPaperHere(ctx app.Context, _ app.Event) {
	b := d.paper.board
	b.ID = d.page.at.board.ID
	d.shutDialog(ctx)
	if d.editing() {
		d.do(ctx, b, "The board is the one that was read; undo brings back the other.")
		return
	}
	id := b.ID
	d.ctx.Async(func() {
		there, err := browser.BoardView(id)
		d.ctx.Dispatch(func(ctx app.Context) {
			switch {
			case errors.Is(err, live.ErrNone):
				there = wire.BoardView{Board: board.Board{ID: id, Panels: []board.Panel{}}}
			case err != nil:
				notice(d.ctx, "The server does not answer")
				return
			case d.editing() || d.page.at.board.ID != id:
				return
			}
			d.start(ctx, there)
			d.do(ctx, b, "The board is the one that was read; undo brings back the other.")
		})
	})
}

func (d *desk) onPaperNew(ctx app.Context, _ app.Event) {
	b := d.paper.board
	d.shutDialog(ctx)
	d.fresh = &newBoard{why: "A new board", note: "It has what was read.", from: b, title: b.Title, id: b.ID}
	d.show(ctx, "new")
}
