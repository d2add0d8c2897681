package ui

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/run"
	"telltale/shared/series"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// mostDrawn is how many cards the server draws: more than a screen shows at first.
const mostDrawn = 24

// mostCards is how many cards a page begins with; as many again come when the last of
// them is near, or by a button.
const mostCards = 36

// roomLines is how many lines of a room a board shows at first: what a card has room for.
const roomLines = 12

// BoardPage is a board, or one metric large.
type BoardPage struct {
	shell
	at    place
	set   *series.Set
	cards int // shown at most
	desk  desk
	turn  int // on a wall, of the boards that take turns
}

// OnInit takes the place before the first render in the browser.
func (p *BoardPage) OnInit() {
	p.cards = mostCards
	p.desk.page = p
	p.set = series.NewSet(1, 1)
	if app.IsServer {
		return
	}
	p.begin()
	breathe()
	p.at = placeOf(app.Window().URL())
	p.recall()
	breathe()
}

// OnPreRender looks up what to show, on the server.
func (p *BoardPage) OnPreRender(ctx app.Context) {
	p.at = placeOf(ctx.Page().URL())
	found := p.lookUp(ctx)
	p.name(ctx)
	look := p.at.look()
	ran := p.ran(ctx)
	look.Rooms = append(look.Rooms, roomsOf(ran)...)
	view := p.ask(ctx, p.at.path, look, roomLines)
	p.first.Runs, p.first.Board, p.first.None = ran, found, p.at.none
	p.set = series.NewSet(series.Step(look.RangeMS, look.Points), look.Points+2)
	p.set.Load(view.Snapshot)
}

// ran are the newest runs of the commands that the board shows, on the server.
func (p *BoardPage) ran(ctx app.Context) (shown []run.Run) {
	if !slices.ContainsFunc(p.at.board.Panels, func(of board.Panel) bool { return of.Kind == board.Run }) {
		return nil
	}
	runs := p.runs(ctx)
	for _, of := range p.at.board.Panels {
		if r, is := ranIn(runs, of.Command); is && of.Kind == board.Run && !slices.ContainsFunc(shown, func(o run.Run) bool { return o.ID == r.ID }) {
			shown = append(shown, r)
		}
	}
	slices.SortStableFunc(shown, func(a, b run.Run) int { return cmp.Compare(b.Started, a.Started) })
	return shown
}

func roomsOf(runs []run.Run) (rooms []string) {
	for _, r := range runs {
		rooms = append(rooms, run.Room(r.ID))
	}
	return rooms
}

// OnMount starts what moves.
func (p *BoardPage) OnMount(ctx app.Context) {
	drawn := p.first.Metrics
	p.open(ctx)
	amend(ctx)
	breathe()
	p.keepTrue(ctx)
	p.desk.mount(ctx)
	breathe()
	browser.Wall(ctx, p)
	if p.at.wall.on {
		browser.Mounted()
	}
	if p.at.wall.on || p.desk.kept || p.desk.editing() || !reflect.DeepEqual(drawn, p.first.Metrics) {
		ctx.Update()
	}
}

// OnNav follows the URL.
func (p *BoardPage) OnNav(ctx app.Context) {
	if app.IsServer {
		return
	}
	amend(ctx)
	to := placeOf(app.Window().URL())
	hung := to.wall.on && !p.at.wall.on && p.desk.editing()
	if hung {
		p.desk.hang()
	}
	if to.path == p.at.path {
		to.stay(p.at)
	}
	if to.path == p.at.path && to.span == p.at.span && to.to == p.at.to && to.wall.on == p.at.wall.on {
		return
	}
	away := to.path != p.at.path
	if away {
		p.desk.leave()
	}
	if p.at = to; away {
		p.cards = mostCards
		app.Window().Call("scrollTo", 0, 0)
		p.recall()
	}
	p.open(ctx)
	if away || hung {
		p.refresh(ctx)
		p.desk.arrive(ctx)
	}
	browser.Wall(ctx, p)
}

func (p *BoardPage) open(ctx app.Context) {
	p.name(ctx)
	browser.Open(p.at.look(), p.first, func() {
		ctx.Dispatch(func(app.Context) { p.first.Metrics = browser.Viewer().Known() })
	})
	p.first.Metrics = browser.Viewer().Known()
	browser.Turns(func(w when, push bool) { ctx.Dispatch(func(ctx app.Context) { p.turnTo(ctx, w, push) }) })
	browser.Shows(p)
}

func (p *BoardPage) name(ctx app.Context) {
	ctx.Page().SetTitle(plain(p.title() + " · Telltale"))
}

func (p *BoardPage) title() string {
	if p.at.board.Title == "" {
		return p.at.board.ID
	}
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
	if p.desk.editing() {
		panels = p.at.board.Panels
	}
	if p.at.wall.on {
		return p.wallPage(panels)
	}
	current := ""
	if !p.at.large {
		current = p.at.path
	}
	kind := ""
	if p.desk.editing() {
		kind = "arranging"
	}
	return p.page(kind, current, "board", "Skip to the board",
		app.Main().ID("board").Class("inner").TabIndex(-1).DataSet("board", p.at.board.ID).Body(
			p.toolbar(),
			either(p.at.to != 0, p.timeBar),
			app.P().ID("cross-says").Class("unseen").Attr("role", "status"),
			p.desk.bar(),
			either(p.at.wrong != "", func() app.UI {
				return app.P().Class("wrong").Attr("role", "status").Text("The file of this board, as it now is, cannot be shown: " + p.at.wrong)
			}),
			app.Div().Class("desk").Body(
				app.Div().Class(p.at.grid()).Body(p.grid(panels)...),
				app.If(p.desk.editing(), func() app.UI { return &Frames{Desk: &p.desk, Board: p.at.board} }),
			),
			p.desk.sheets(),
			app.If(len(panels) > p.cards, func() app.UI {
				return app.Button().Type("button").Class("more").OnClick(p.more).
					Text("Show more of " + strconv.Itoa(len(panels)) + " metrics")
			}),
		),
	)
}

// either is what there is where that holds, and else a hidden element in its place: go-app
// tells siblings apart by their order alone, and would make all that follow anew, cards with
// what is under the hand among them.
func either(is bool, then func() app.UI) app.UI {
	if is {
		return then()
	}
	return app.Div().Hidden(true)
}

func (p *BoardPage) more(app.Context, app.Event) { p.cards += mostCards }

func (p *BoardPage) grid(panels []board.Panel) []app.UI {
	var cards []app.UI
	for i, panel := range panels[:min(len(panels), p.cards)] {
		if panel.Each && p.desk.editing() {
			cards = append(cards, &EachCard{Panel: panel, Metrics: matching(panel, p.first.Metrics)})
			continue
		}
		if why := p.unseen(panel); why != "" && !p.desk.editing() {
			cards = append(cards, &UnseenCard{Panel: panel, Why: why})
			continue
		}
		if panel.Kind == board.Run {
			cards = append(cards, &RunCard{Panel: panel, Past: p.at.to != 0, Base: p.first.Base, Early: p.first.Runs, Rooms: p.first.Rooms, Now: p.first.Now})
			continue
		}
		if panel.Kind.OfRoom() {
			cards = append(cards, &RoomCard{Panel: panel, Past: p.at.to != 0, Base: p.first.Base, Early: p.first.Rooms[panel.Room], Now: p.first.Now})
			continue
		}
		if panel.Kind == board.Text {
			cards = append(cards, &TextCard{Panel: panel, Early: p.at.textOf(panel)})
			continue
		}
		shown, titles, more := shownOf(panel, p.first.Metrics)
		if p.at.to != 0 {
			shown = without(shown)
		}
		card := &Card{Panel: panel, To: p.at.to, Shown: shown, Titles: titles, More: more, Span: p.at.span, Large: p.at.large, Base: p.first.Base, Now: p.first.Now, Stale: p.first.Stale, Written: p.first.Written}
		card.Changes = len(shown) == 1 && p.may(access.Write, access.Metrics, string(shown[0].ID))
		if app.IsServer && i < mostDrawn && p.at.to == 0 {
			card.Pictures = card.pictures(p.set, p.first.Now)
		}
		cards = append(cards, card)
	}
	if p.desk.editing() {
		return cards
	}
	invites := p.has(access.Write)
	if p.at.board.ID == "home" && !p.at.wall.on && invites {
		cards = append(cards, &Invitation{Base: p.first.Base, Metric: "temperature"})
	}
	switch {
	case p.at.none:
		cards = append(cards, p.absent())
	case len(p.at.board.Panels) > 0 && len(panels) == 0 && !invites:
		cards = append(cards, &UnseenCard{Panel: board.Panel{ID: "none", Title: p.title()}, Why: "Nothing that is shown to you is here yet."})
	case len(p.at.board.Panels) > 0 && len(panels) == 0:
		cards = append(cards, &Invitation{Base: p.first.Base, Metric: p.missing(), Here: p.at.large})
	case len(panels) == 0 && p.at.revision != "":
		cards = append(cards, p.empty())
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
