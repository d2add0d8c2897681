package ui

import (
	"strconv"
	"strings"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Card is one panel on the page: a heading, its values, the drawing and the curl line.
type Card struct {
	app.Compo
	Panel    board.Panel
	Shown    []metric.Metric // what it shows, at most mostSeries, of a table mostRows
	Titles   []string        // of each
	More     int             // metrics besides
	Span     span
	Large    bool
	Base     string
	Pictures []string // drawn by the server; none in the browser
	Now      int64    // ms since 1970, of Shown's values
	Stale    int64    // ms before Now, as of when they are what they are
	To       int64    // the moment shown; 0 live
	Changes  bool     // the viewer may change its one metric

	Written map[metric.ID]int64 // when values were written, where their time does not tell
}

// Render draws it. Numbers, ages and the drawing are then kept up to date by the stage.
func (c *Card) Render() app.UI {
	said := c.says()
	card := sized(app.Article().Class("card"), c.Panel).DataSet("panel", attr(c.Panel.ID)).DataSet("kind", string(c.Panel.Kind)).
		DataSet("metric", attr(string(c.first().ID))).DataSet("trust", said.State.String())
	if c.Large {
		card = card.Class("large")
	}
	head := app.Header().Class("card-head").Body(
		c.heading(),
		app.Span().Class("age").Text(said.Words),
	)
	curl := &Curl{Line: curlLine(c.Base, c.first()), Of: c.title()}
	plot := app.Div().Class("plot").TabIndex(0).Attr("role", "img").Aria("label", attr(c.label()))
	if c.Panel.Kind == board.Table {
		return card.Body(head, c.table(plot.Body(c.drawings()...)), curl)
	}
	values := app.Ul().Class("values")
	if len(c.Shown) > 2 {
		values = values.Class("many")
	}
	return card.Body(head,
		app.Div().Class("card-values").Body(
			values.Body(c.values()...),
			app.If(c.Panel.Buttons && c.Changes && c.Shown[0].Kind != metric.Gauge, func() app.UI {
				return &Buttons{Metric: c.Shown[0].ID, Title: c.title(), Past: c.To != 0}
			}),
		),
		plot.Body(c.drawings()...), curl,
	)
}

func (c *Card) heading() app.UI {
	if c.Large || metric.IsGlob(string(c.first().ID)) {
		return app.H2().Text(c.title())
	}
	return app.H2().Body(app.A().Href(metricPath(c.first().ID)).Text(c.title()))
}

// first is the metric that the heading and the curl line are about.
func (c *Card) first() metric.Metric {
	if len(c.Shown) > 0 {
		return c.Shown[0]
	}
	if len(c.Panel.Queries) == 0 {
		return metric.Metric{ID: metric.ID(c.Panel.ID)}
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

// values are what the metrics are now, with their names where there are several: where the
// drawing has lines to hide, each name is the button for it.
func (c *Card) values() []app.UI {
	items := make([]app.UI, 0, len(c.Shown))
	for i, m := range c.Shown {
		items = append(items, app.Li().Body(
			app.If(len(c.Shown) > 1, func() app.UI {
				if c.Panel.Kind == board.Stat || c.Panel.Kind == board.Gauge {
					return app.Span().Class("name").Text(c.Titles[i])
				}
				return &Key{Panel: c.Panel.ID, Metric: m.ID, Title: c.Titles[i], Nth: i}
			}),
			c.now(m),
			c.toneOf(m),
		))
	}
	if c.More > 0 {
		items = append(items, app.Li().Class("rest").Text("+"+strconv.Itoa(c.More)+" more"))
	}
	return items
}

func (c *Card) now(m metric.Metric) app.UI {
	return app.Span().Class("now").DataSet("metric", attr(string(m.ID))).Text(c.value(m))
}

// toneOf says what a value means, where the panel tells.
func (c *Card) toneOf(m metric.Metric) app.UI {
	tone := c.tone(m)
	return app.If(len(c.Panel.Thresholds) > 0, func() app.UI {
		return app.Span().Class("tone").DataSet("tone", string(tone)).Text(chart.ToneWord(tone))
	})
}

func (c *Card) tone(m metric.Metric) board.Tone {
	v, has := m.Value()
	if !has {
		return ""
	}
	return chart.ToneOf(c.Panel.Thresholds, v)
}

// value is a metric's current value as a person reads it, in the panel's unit.
func (c *Card) value(m metric.Metric) string {
	if c.Panel.Unit != "" {
		m.Unit = c.Panel.Unit
	}
	return value(m)
}

// label tells what the drawing is of.
func (c *Card) label() string {
	about := c.title()
	if len(c.Titles) > 1 {
		about += " (" + strings.Join(c.Titles, ", ") + ")"
	}
	if c.To != 0 {
		return "Chart of " + about + ", " + lengthWords(c.Span.ms) + " up to " + momentWords(c.To, zone)
	}
	return "Chart of " + about + ", the last " + c.Span.says
}

func (c *Card) drawings() []app.UI {
	var drawings []app.UI
	for i, picture := range c.Pictures {
		drawings = append(drawings, app.Div().Class("first c"+strconv.Itoa(i+1)).Body(app.Raw(picture)))
	}
	return drawings
}

// OnMount hands the card to the stage.
func (c *Card) OnMount(app.Context) {
	breathe()
	browser.Mount(c)
}

// OnUpdate tells the stage that the card shows something else.
func (c *Card) OnUpdate(app.Context) { browser.Update(c) }

// OnDismount takes it from the stage.
func (c *Card) OnDismount() {
	if browser != nil {
		browser.Dismount(c)
	}
}
