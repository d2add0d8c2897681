package ui

import (
	"net/url"
	"strconv"

	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/series"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// mostDrawn is how many cards the server draws: more than a screen shows at first.
const mostDrawn = 24

// mostCards is how many cards a page begins with; a button shows as many again.
const mostCards = 200

// BoardPage is every page there is: a board, or one metric large.
type BoardPage struct {
	app.Compo
	at      place
	first   Island // as the server made the page; its metrics are kept up to date
	set     *series.Set
	cards   int // shown at most
	updated bool
}

// OnInit takes the place and the island before the first render in the browser, so
// that the page mounts as the server drew it.
func (p *BoardPage) OnInit() {
	p.cards = mostCards
	p.set = series.NewSet(1, 1)
	if app.IsServer {
		return
	}
	browser.Hold()
	p.at = placeOf(app.Window().URL())
	if island := app.Window().GetElementByID(islandID); island.Truthy() {
		p.first, _ = readIsland(island.Get("textContent").String())
	}
	p.first.Base = base()
}

// base is what a curl line begins with: the page's own host, http as curl assumes it.
func base() string {
	location := app.Window().Get("location")
	if location.Get("protocol").String() == "http:" {
		return location.Get("host").String()
	}
	return location.Get("origin").String()
}

// OnPreRender looks up what to show, on the server.
func (p *BoardPage) OnPreRender(ctx app.Context) {
	p.at = placeOf(ctx.Page().URL())
	p.name(ctx)
	// go-app writes the path into the page's head unescaped, where a name could end the attribute.
	ctx.Page().ReplaceURL(&url.URL{Path: p.at.path})
	if source == nil {
		return
	}
	look := p.at.look()
	view, err := source.View(look.Patterns, look.RangeMS, look.Points, mostDrawn)
	if err != nil {
		app.Log("pre-render without values:", err) // the app shows them once it is there
		return
	}
	p.first = Island{Now: view.Now, Base: view.Base, Metrics: view.Metrics}
	p.set = series.NewSet(series.Step(look.RangeMS, look.Points), look.Points+2)
	p.set.Load(view.Snapshot)
}

// OnMount starts what moves.
func (p *BoardPage) OnMount(ctx app.Context) {
	p.open(ctx)
	app.Window().Get("telltale").Call("alive")
}

// OnNav follows the URL.
func (p *BoardPage) OnNav(ctx app.Context) {
	if app.IsServer {
		return
	}
	to := placeOf(app.Window().URL())
	if to.path == p.at.path && to.span == p.at.span {
		return
	}
	if to.path != p.at.path {
		p.cards = mostCards
		app.Window().Call("scrollTo", 0, 0)
	}
	p.at = to
	p.open(ctx)
}

func (p *BoardPage) open(ctx app.Context) {
	p.name(ctx)
	browser.Open(p.at.look(), p.first, func() {
		ctx.Dispatch(func(app.Context) { p.first.Metrics = browser.Viewer().Known() })
	})
	p.first.Metrics = browser.Viewer().Known()
}

// OnAppUpdate hears that a service worker of another build has taken over. A page
// nobody looks at is loaded anew, others say so and leave the moment to the person.
// The worker of a first visit is no news.
func (p *BoardPage) OnAppUpdate(ctx app.Context) {
	switch {
	case !app.Window().Get("telltale").Get("workerAtStart").Truthy():
	case app.Window().Get("document").Get("hidden").Truthy():
		ctx.Reload()
	default:
		p.updated = true
	}
}

func (p *BoardPage) name(ctx app.Context) {
	ctx.Page().SetTitle(plain(p.title() + " · Telltale"))
}

func (p *BoardPage) title() string {
	if p.at.large {
		for _, m := range p.first.Metrics {
			if string(m.ID) == p.at.board.Title && m.Title != "" {
				return m.Title
			}
		}
	}
	return p.at.board.Title
}

// Render draws the page.
func (p *BoardPage) Render() app.UI {
	if p.at.path == "" {
		return app.Div() // the server's first render, before OnPreRender
	}
	panels := p.at.board.Expand(p.first.Metrics)
	return app.Div().ID("page").Body(
		app.A().Class("skip").Href("#board").OnClick(p.skip).Text("Skip to the board"),
		p.masthead(),
		app.Main().ID("board").Class("inner").TabIndex(-1).DataSet("board", p.at.board.ID).Body(
			p.toolbar(),
			app.Div().Class("grid").Body(p.grid(panels)...),
			app.If(len(panels) > p.cards, func() app.UI {
				return app.Button().Type("button").Class("more").OnClick(p.more).
					Text("Show more of " + strconv.Itoa(len(panels)) + " metrics")
			}),
		),
		&Notice{},
		app.If(app.IsServer, func() app.UI { return app.Raw(p.first.script()) }),
	)
}

// skip moves the focus too, which go-app's handling of links does not.
func (p *BoardPage) skip(app.Context, app.Event) {
	app.Window().GetElementByID("board").Call("focus")
}

func (p *BoardPage) more(app.Context, app.Event) { p.cards += mostCards }

func (p *BoardPage) grid(panels []board.Panel) []app.UI {
	var cards []app.UI
	for i, panel := range panels[:min(len(panels), p.cards)] {
		shown, titles := panel.Shown(p.first.Metrics, mostSeries)
		card := &Card{Panel: panel, Shown: shown, Titles: titles, Span: p.at.span, Large: p.at.large, Base: p.first.Base, Now: p.first.Now}
		if app.IsServer && i < mostDrawn {
			card.Pictures = card.pictures(p.set, p.first.Now)
		}
		cards = append(cards, card)
	}
	if p.at.board.ID == "home" {
		cards = append(cards, &Invitation{Base: p.first.Base, Metric: "temperature"})
	}
	if len(panels) == 0 {
		cards = append(cards, &Invitation{Base: p.first.Base, Metric: p.missing()})
	}
	return cards
}

// missing is the metric to invite for where nothing is there yet.
func (p *BoardPage) missing() metric.ID {
	if id, err := metric.Parse(p.at.board.Title); p.at.large && err == nil {
		return id
	}
	return "temperature"
}
