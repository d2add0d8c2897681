package ui

import (
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// absent stands where there is no board of that id, and says how there will be.
func (p *BoardPage) absent() app.UI {
	id := p.at.board.ID
	if !p.desk.may() {
		return app.Article().Class("card invitation").Body(
			app.Header().Class("card-head").Body(app.H2().Text("There is no board "+id)),
			app.P().Text("It is not there, or is not shown to you."),
			app.P().Class("quiet").Body(app.A().Href("/boards").Text("All boards")),
		)
	}
	return app.Article().Class("card invitation").Body(
		app.Header().Class("card-head").Body(app.H2().Text("There is no board "+id)),
		app.P().Text("It is here as soon as somebody makes it. A board is a small JSON document that names its panels."),
		app.P().Class("quiet").Body(app.A().Href("/boards").Text("All boards")),
		app.Button().Type("button").ID("make").Class("chip full").OnClick(p.desk.onEdit).Text("Make it here"),
		&Curl{Line: putLine(p.first.Base, id), Of: "making the board"},
	)
}

// empty stands on a board without panels.
func (p *BoardPage) empty() app.UI {
	what, edits := "Put some on it, here or with PUT; the line reads the board.", p.desk.may() && !p.at.wall.on
	if p.at.source == wire.File {
		edits = false
		what = "It is a file of the server, and has none; the line reads the board."
	}
	return app.Article().Class("card invitation").Body(
		app.Header().Class("card-head").Body(app.H2().Text("This board has no panels yet")),
		app.P().Text(what),
		app.If(edits, func() app.UI {
			return app.Button().Type("button").ID("begin").Class("chip full").OnClick(p.desk.onEdit).Text("Put panels on it")
		}),
		&Curl{Line: "curl " + p.first.Base + "/api/v1/boards/" + p.at.board.ID, Of: "reading the board"},
	)
}

// putLine makes a board of a file.
func putLine(base, id string) string {
	return "curl -T board.json " + base + "/api/v1/boards/" + id
}
