package ui

import (
	"strconv"

	"telltale/shared/chart"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// table is a row a metric. Its words are text; the small lines of all rows are one drawing
// beside them, so that a table takes one canvas. The roles stand there since rows that are
// boxes of a grid are no table to a browser.
func (c *Card) table(lines app.UI) app.UI {
	rows := []app.UI{
		app.Div().Class("unseen").Attr("role", "row").Body(
			app.Span().Attr("role", "columnheader").Text("Metric"),
			app.Span().Attr("role", "columnheader").Text("Value"),
			app.Span().Attr("role", "columnheader").Text("Change in the last "+c.Span.says),
			app.Span().Attr("role", "columnheader").Text("Age"),
		),
	}
	for i, m := range c.Shown {
		rows = append(rows, app.Div().Class("row").Attr("role", "row").Body(
			app.Div().Class("row-name").Attr("role", "rowheader").Body(
				app.A().Href(metricPath(m.ID)).Title(attr(c.Titles[i])).Text(c.Titles[i]),
			),
			app.Div().Class("row-value").Attr("role", "cell").Body(c.toneOf(m), c.now(m)),
			app.Div().Class("delta").Attr("role", "cell").Text(""),
			app.Div().Class("ago").Attr("role", "cell").Text(""),
		))
	}
	return app.Div().Class("table").TabIndex(0).Attr("role", "region").Aria("label", attr(c.title())).Body(
		app.Div().Class("sheet").Body(
			lines,
			app.Div().Attr("role", "table").Aria("label", attr(c.title())).Body(rows...),
		),
		app.If(c.More > 0, func() app.UI {
			return app.P().Class("rest").Text("+" + strconv.Itoa(c.More) + " more")
		}),
	)
}

// rowHeight is that of a row; web/app.css gives it the same.
const rowHeight = chart.TableRow
