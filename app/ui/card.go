package ui

import (
	"strconv"
	"strings"

	"telltale/shared/board"
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Card is one panel on the page: a heading, its values, the drawing and the curl line.
type Card struct {
	app.Compo
	Panel    board.Panel
	Shown    []metric.Metric // what it shows, at most mostSeries
	Titles   []string        // of each
	Span     span
	Large    bool
	Base     string
	Pictures []string // drawn by the server; none in the browser
	Now      int64    // ms since 1970, of Shown's values
}

// Render draws it. Numbers, ages and the drawing are then kept up to date by the stage.
func (c *Card) Render() app.UI {
	card := app.Article().Class("card").DataSet("panel", attr(c.Panel.ID)).DataSet("kind", string(c.Panel.Kind)).
		DataSet("metric", attr(string(c.first().ID)))
	if c.Large {
		card = card.Class("large")
	}
	return card.Body(
		app.Header().Class("card-head").Body(
			c.heading(),
			app.Span().Class("age").Text(c.age()),
		),
		app.Div().Class("card-values").Body(
			app.Ul().Class("values").Body(c.values()...),
			app.If(c.Panel.Buttons && len(c.Shown) == 1 && c.Shown[0].Kind != metric.Gauge, func() app.UI {
				return &Buttons{Metric: c.Shown[0].ID, Title: c.title()}
			}),
		),
		app.Div().Class("plot").Attr("role", "img").Aria("label", attr(c.label())).Body(c.drawings()...),
		&Curl{Line: curlLine(c.Base, c.first()), Of: c.title()},
	)
}

func (c *Card) heading() app.UI {
	if c.Large {
		return app.H2().Text(c.title())
	}
	return app.H2().Body(app.A().Href(metricPath(c.first().ID)).Text(c.title()))
}

// first is the metric that the heading and the curl line are about.
func (c *Card) first() metric.Metric {
	if len(c.Shown) > 0 {
		return c.Shown[0]
	}
	return metric.Metric{ID: metric.ID(c.Panel.Queries[0].Metric)}
}

func (c *Card) title() string {
	switch {
	case c.Panel.Title != "":
		return c.Panel.Title
	case len(c.Titles) > 0:
		return c.Titles[0]
	}
	return c.Panel.ID
}

func (c *Card) age() string {
	if len(c.Shown) == 0 || c.Now == 0 {
		return ""
	}
	return age(c.Shown[0], c.Now, false)
}

func (c *Card) values() []app.UI {
	items := make([]app.UI, 0, len(c.Shown))
	for i, m := range c.Shown {
		items = append(items, app.Li().Body(
			app.If(len(c.Shown) > 1, func() app.UI {
				return app.Span().Class("name s" + strconv.Itoa(i)).Text(c.Titles[i])
			}),
			app.Span().Class("now").DataSet("metric", attr(string(m.ID))).Text(value(m)),
		))
	}
	return items
}

// label tells what the drawing is of.
func (c *Card) label() string {
	about := c.title()
	if len(c.Titles) > 1 {
		about += " (" + strings.Join(c.Titles, ", ") + ")"
	}
	return "Chart of " + about + ", the last " + c.Span.says
}

func (c *Card) drawings() []app.UI {
	var drawings []app.UI
	for i, picture := range c.Pictures {
		drawings = append(drawings, app.Div().Class("first w"+strconv.Itoa(i)).Body(app.Raw(picture)))
	}
	return drawings
}

// OnMount hands the card to the stage.
func (c *Card) OnMount(app.Context) { browser.Mount(c) }

// OnUpdate tells the stage that the card shows something else.
func (c *Card) OnUpdate(app.Context) { browser.Update(c) }

// OnDismount takes it from the stage.
func (c *Card) OnDismount() {
	if browser != nil {
		browser.Dismount(c)
	}
}
