package ui

import (
	"errors"

	"telltale/app/live"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// mostFound is how many boards a page remembers between places.
const mostFound = 32

// seen are the boards that this page has been shown, by id, so that coming back shows
// them at once. In the browser only, on its one thread.
var seen = map[string]wire.BoardView{}

// lookUp finds the board on the server; nil where the place shows none that can change.
func (p *BoardPage) lookUp(ctx app.Context) *wire.BoardView {
	source := p.source(ctx)
	if p.at.large || source == nil {
		return nil
	}
	of, is, err := source.Board(p.at.board.ID)
	switch {
	case err != nil:
		app.Log("pre-render without the board", p.at.board.ID, ":", err)
		return nil
	case !is:
		p.at.none = true
		return nil
	}
	p.at.take(of)
	return &of
}

// recall shows the board as it was last seen: by the server when it made the page, or
// by this page before.
func (p *BoardPage) recall() {
	if p.at.large {
		return
	}
	id := p.at.board.ID
	if of := p.first.Board; of != nil {
		remember(*of)
		p.first.Board = nil
	}
	if of, is := seen[id]; is {
		p.at.take(of)
	} else if p.first.None {
		p.at.none = true
	}
	p.first.None = false
}

func remember(of wire.BoardView) {
	if len(seen) >= mostFound && seen[of.ID].ID == "" {
		clear(seen)
	}
	seen[of.ID] = of
}

// stay goes on with the board of the place before, where the path is the same.
func (p *place) stay(before place) {
	p.take(wire.BoardView{Board: before.board, Revision: before.revision, Source: before.source, Wrong: before.wrong, HTML: before.html})
	p.texts = before.texts
	p.none = before.none
}

// keepTrue has the page follow what becomes of its board while it is there. What was
// told while there was no contact is asked for.
func (p *BoardPage) keepTrue(ctx app.Context) {
	browser.Boards(func(id string) {
		ctx.Dispatch(func(ctx app.Context) {
			if !p.at.large && (id == "" || id == p.at.board.ID) {
				p.refresh(ctx)
			}
		})
	})
	if p.at.revision == "" {
		p.refresh(ctx)
	}
}

// refresh asks for the board and shows it where it is another one than is shown.
func (p *BoardPage) refresh(ctx app.Context) {
	if p.at.large {
		return
	}
	id := p.at.board.ID
	ctx.Async(func() {
		of, err := browser.BoardView(id)
		ctx.Dispatch(func(ctx app.Context) {
			if p.at.large || p.at.board.ID != id {
				return
			}
			switch {
			case err == nil:
				p.follow(ctx, of)
			case errors.Is(err, live.ErrNone):
				delete(seen, id)
				if p.busy() {
					return
				}
				p.at.none, p.at.revision, p.at.board.Panels = true, "", nil
				p.open(ctx)
			}
		})
	})
}

// follow shows a board as it now is.
func (p *BoardPage) follow(ctx app.Context, of wire.BoardView) {
	remember(of)
	if same := p.at.revision == of.Revision && p.at.wrong == of.Wrong; same || p.busy() {
		return
	}
	p.at.take(of)
	p.open(ctx)
}

// busy tells whether the board is being edited: then it is a matter of saving that it changed.
func (p *BoardPage) busy() bool { return p.desk.editing() }
