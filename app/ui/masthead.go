package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// masthead is what stays at the top: where one is, and how things stand.
func (p *BoardPage) masthead() app.UI {
	return app.Header().Class("masthead").Body(app.Div().Class("inner").Body(
		app.A().Class("brand").Href("/").Aria("label", "Telltale, start page").Body(glyph("mark"), app.Span().Text("Telltale")),
		app.Nav().Class("places").Aria("label", "Boards").Body(
			p.entry("/", "home", "Home"),
			p.entry("/b/all", "all", "All metrics"),
		),
		&Lamp{},
		&Theme{},
	))
}

func (p *BoardPage) entry(href, id, text string) app.UI {
	entry := app.A().Href(href).Text(text)
	if p.at.board.ID == id {
		entry = entry.Aria("current", "page")
	}
	return entry
}

// toolbar names the board and offers the ranges; they are links, so that they work
// before the app has come, and can be shared.
func (p *BoardPage) toolbar() app.UI {
	var ranges []app.UI
	for _, s := range spans {
		link := app.A().Href(p.at.link(s)).DataSet("range", s.name).Aria("label", s.name+", the last "+s.says).Text(s.name)
		if s == p.at.span {
			link = link.Aria("current", attr("true"))
		}
		ranges = append(ranges, link)
	}
	return app.Div().Class("toolbar").Body(
		app.H1().Text(p.title()),
		app.If(p.updated, func() app.UI {
			return app.Button().Type("button").ID("update").Class("chip").OnClick(func(ctx app.Context, _ app.Event) { ctx.Reload() }).
				Text("A new version is ready: reload")
		}),
		app.Nav().Class("ranges").Aria("label", "Range").Body(ranges...),
	)
}
