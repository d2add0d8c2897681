package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

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
		p.update(),
		app.Nav().Class("ranges").Aria("label", "Range").Body(ranges...),
		&OwnRange{},
		either(p.at.to == 0, func() app.UI {
			return app.Button().Type("button").ID("pause").Class("icon").Aria("label", "Pause").Title("Pause (p)").
				OnClick(func(app.Context, app.Event) { browser.Freeze() }).Body(glyph("hold"))
		}),
		p.desk.doors(),
	)
}
