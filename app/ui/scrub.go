package ui

import (
	"net/url"
	"slices"
	"strconv"

	"telltale/app/live"
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// turnTo goes to another stretch of time; the URL says which.
func (p *BoardPage) turnTo(ctx app.Context, w when, push bool) {
	to := p.at
	to.to, to.span, to.asked = w.to, spanOf(w.ms), true
	link := to.link(to.span)
	if push {
		ctx.Navigate(link)
		return
	}
	if u, err := url.Parse(link); err == nil {
		ctx.Page().ReplaceURL(u)
	}
	p.at = to
	p.open(ctx)
}

// timeBar says that what is shown is the past, of when, and lets it move.
func (p *BoardPage) timeBar() app.UI {
	words := ""
	if app.IsClient {
		words = momentWords(p.at.to, zone)
	}
	var speeds []app.UI
	for _, speed := range live.Speeds {
		name := strconv.FormatInt(speed, 10)
		speeds = append(speeds, app.Button().Type("button").Class("speed").DataSet("speed", name).Aria("pressed", attr("false")).
			Aria("label", "Play "+name+" times as fast as it was").OnClick(func(app.Context, app.Event) { browser.Play(speed) }).Text(name+"×"))
	}
	return app.Elem("section").ID("timebar").Class("timebar").Aria("label", "The past").DataSet("playing", "no").Body(
		app.P().Class("of").Body(
			app.Span().Class("past").Body(glyph("clock"), app.Span().Text("The past")),
			app.Time().ID("moment").Text(words),
			app.Span().ID("moment-ago").Text(""),
		),
		app.Div().Class("moves").Body(
			app.Button().Type("button").ID("play").Class("icon").Aria("label", "Play").Title("Play (p)").
				OnClick(func(app.Context, app.Event) { browser.Toggle() }).Body(glyph("play"), glyph("hold")),
			app.Div().Class("speeds").Attr("role", "group").Aria("label", "Speed").Body(speeds...),
		),
		app.Div().Class("slide").Body(
			app.Span().ID("scrub-from").Aria("hidden", attr("true")).Text(""),
			app.Input().ID("scrub").Type("range").Min(0).Max(1000).Aria("label", "Moment"),
			app.Span().Aria("hidden", attr("true")).Text("now"),
		),
		app.Button().Type("button").ID("live").Class("chip").OnClick(func(app.Context, app.Event) { browser.Live() }).Text("Back to live"),
	)
}

// OwnRange lets a person choose a stretch of time by its beginning and its end, or a moment.
type OwnRange struct {
	app.Compo

	open bool
	from string
	to   string
	said string
}

// Render draws it.
func (o *OwnRange) Render() app.UI {
	return app.Div().Class("own").Body(
		app.Button().Type("button").ID("own").Class("icon").Aria("label", "Choose a stretch of time").Title("Choose a stretch of time").
			Aria("expanded", attr(strconv.FormatBool(o.open))).OnClick(o.toggle).Body(glyph("calendar")),
		app.If(o.open, o.sheet),
	)
}

func (o *OwnRange) sheet() app.UI {
	field := func(id, label string, value *string) app.UI {
		return app.Label().For(id).Body(app.Span().Text(label),
			app.Input().ID(id).Type("datetime-local").Attr("step", 1).Value(*value).OnChange(func(ctx app.Context, _ app.Event) {
				*value = ctx.JSSrc().Get("value").String()
			}))
	}
	return app.Div().Class("own-sheet").Attr("role", "dialog").Aria("label", "A stretch of time").OnKeyDown(o.key).Body(
		field("own-from", "From", &o.from),
		field("own-to", "To", &o.to),
		app.P().Class("wrong").Attr("role", "alert").Text(o.said),
		app.Div().Class("acts").Body(
			app.Button().Type("button").ID("own-at").Class("more").OnClick(o.at).Text("The board as it was then"),
			app.Button().Type("button").ID("own-show").Class("chip").OnClick(o.show).Text("Show"),
		),
	)
}

func (o *OwnRange) toggle(ctx app.Context, _ app.Event) {
	o.open, o.said = !o.open, ""
	if o.open {
		w := browser.When()
		now := browser.Now()
		o.from, o.to = fieldText(w.from(now), zone), fieldText(w.end(now), zone)
		ctx.Defer(func(app.Context) { app.Window().GetElementByID("own-from").Call("focus") })
	}
}

func (o *OwnRange) key(ctx app.Context, event app.Event) {
	if event.Get("key").String() == "Escape" {
		o.open = false
		ctx.Defer(func(app.Context) { app.Window().GetElementByID("own").Call("focus") })
	}
}

func (o *OwnRange) show(ctx app.Context, _ app.Event) {
	from, is := parseMoment(o.from, zone)
	to, ends := parseMoment(o.to, zone)
	switch {
	case !is || !ends:
		o.said = "Both need a date and a time."
	case from >= to:
		o.said = "It ends before it begins."
	case from >= browser.Now() && browser.When().live():
		o.said = "That has not happened yet."
	default:
		o.open = false
		browser.Aim(between(from, to, browser.There()), true)
	}
}

func (o *OwnRange) at(app.Context, app.Event) {
	at, is := parseMoment(o.to, zone)
	switch {
	case !is:
		o.said = "It needs a date and a time."
	case at >= browser.There():
		o.said = "That has not happened yet."
	default:
		o.open = false
		browser.Aim(when{at, browser.When().ms}, true)
	}
}

// without are metrics without what they are now.
func without(shown []metric.Metric) []metric.Metric {
	past := slices.Clone(shown)
	for i := range past {
		past[i].Head = metric.Head{}
	}
	return past
}
