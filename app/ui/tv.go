package ui

import (
	"net/url"
	"strings"
	"time"

	"telltale/shared/board"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Bounds of a wallboard's turns.
const (
	mostTurns  = 50
	usualTurn  = 30 * time.Second
	shortTurn  = 2 * time.Second
	longTurn   = 24 * time.Hour
	readBefore = 3 * time.Second // the next board is fetched so long before its turn
)

// wall is what a URL asks for beyond a board, for a screen on a wall.
type wall struct {
	on     bool
	boards []string // that take turns; fewer than two: the place's own stays
	every  time.Duration
	name   string // of the screen
}

// wallOf reads ?tv=1&boards=home,shop&every=30s&screen=Lobby.
func wallOf(q url.Values) wall {
	w := wall{on: q.Get("tv") == "1", every: usualTurn, name: q.Get("screen")}
	for id := range strings.SplitSeq(q.Get("boards"), ",") {
		if id = strings.TrimSpace(id); len(w.boards) < mostTurns && (board.Board{ID: id}).Check() == nil {
			w.boards = append(w.boards, id)
		}
	}
	if every, err := board.ParseSpan(q.Get("every")); err == nil {
		w.every = min(max(time.Duration(every)*time.Millisecond, shortTurn), longTurn)
	}
	return w
}

// turn is whose turn it is so many ms after 1970, and how long it lasts. Screens with the
// same boards show the same at the same time, also after a reload; by are the steps that
// a person went ahead, or back.
func (w wall) turn(now int64, by int) (of int, left time.Duration) {
	every := w.every.Milliseconds()
	n := int64(len(w.boards))
	return int(((now/every+int64(by))%n + n) % n), time.Duration(every-now%every) * time.Millisecond
}

// wallPage is the board without anything to press: the whole of it on one screen. What a
// hand needs appears when the pointer moves.
func (p *BoardPage) wallPage(panels []board.Panel) app.UI {
	var turns []app.UI
	if len(p.at.wall.boards) > 1 {
		for i, id := range p.at.wall.boards {
			dot := app.Li().Text(id)
			if i == p.turn {
				dot = dot.Class("on")
			}
			turns = append(turns, dot)
		}
	}
	return app.Div().ID("page").Class("tv").Body(
		app.Header().Class("strip").Body(
			app.H1().Text(p.title()),
			app.Ul().Class("turns").Aria("hidden", attr("true")).Body(turns...),
			app.Div().Class("strip-tools").Body(
				app.If(len(turns) > 1, func() app.UI {
					return app.Button().Type("button").ID("turn-back").Class("chip").OnClick(p.turnBack).Text("Back")
				}),
				app.If(len(turns) > 1, func() app.UI {
					return app.Button().Type("button").ID("turn-on").Class("chip").OnClick(p.turnOn).Text("Next")
				}),
				app.A().ID("leave-wall").Class("chip").Href(boardPath(p.at.board.ID)).Text("Leave the wallboard"),
			),
			&Lamp{},
			app.Time().Class("clock"),
		),
		app.Main().ID("board").Class("inner").TabIndex(-1).DataSet("board", p.at.board.ID).Body(
			app.Div().Class("grid").Body(p.grid(panels)...),
		),
		&Notice{},
		app.Div().ID("veil").Class("veil").Aria("hidden", attr("true")).Body(app.Span().Text("Not live: nothing was heard of the server")),
		app.If(app.IsServer, func() app.UI { return app.Raw(p.first.script()) }),
	)
}

func (p *BoardPage) turnOn(app.Context, app.Event)   { browser.Turn(1) }
func (p *BoardPage) turnBack(app.Context, app.Event) { browser.Turn(-1) }

// OnAppUpdate loads a wall anew, since nobody is there to press a button.
func (p *BoardPage) OnAppUpdate(ctx app.Context) {
	if p.at.wall.on && app.Window().Get("telltale").Get("workerAtStart").Truthy() {
		ctx.Reload()
		return
	}
	p.shell.OnAppUpdate(ctx)
}
