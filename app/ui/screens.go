package ui

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"telltale/shared/board"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// ScreensPage lists the screens that are open, and tells them what to do.
type ScreensPage struct {
	shell
	rows   []wire.ScreenRow
	boards []wire.BoardRow
	asked  bool // the list was there once
	wrong  bool // it could not be read the last time
	shown  bool // the page is on the screen
	id     string
	build  string
}

// OnInit takes the island before the first render in the browser.
func (p *ScreensPage) OnInit() {
	if !app.IsServer {
		p.begin()
	}
}

// OnPreRender names the page, on the server.
func (p *ScreensPage) OnPreRender(ctx app.Context) {
	p.list(ctx, "Screens", "/screens")
}

// OnMount starts what moves.
func (p *ScreensPage) OnMount(ctx app.Context) {
	p.follow(ctx, "Screens")
	p.id, p.build = browser.This()
	p.shown = true
	p.refresh(ctx)
}

// OnDismount ends the asking.
func (p *ScreensPage) OnDismount() { p.shown = false }

// refresh asks for the list, now and then while somebody looks.
func (p *ScreensPage) refresh(ctx app.Context) {
	if !p.shown {
		return
	}
	if !hidden() {
		p.read(ctx)
	}
	wait := listEvery
	if len(p.rows) == 0 {
		wait = time.Second // this one is about to tell of itself
	}
	ctx.After(wait, p.refresh)
}

func (p *ScreensPage) read(ctx app.Context) {
	ctx.Async(func() {
		rows, boards, err := browser.Screens()
		ctx.Dispatch(func(app.Context) {
			if p.wrong = err != nil; err == nil {
				p.rows, p.boards, p.asked = rows, boards, true
			}
		})
	})
}

// Render draws the page.
func (p *ScreensPage) Render() app.UI {
	var rows []app.UI
	for _, row := range p.rows {
		rows = append(rows, &ScreenCard{Row: row, Boards: p.boards, Here: row.ID == p.id, Build: p.build, Now: p.now()})
	}
	said := ""
	switch {
	case p.wrong:
		said = "The server does not answer: this is how the screens stood before."
	case !p.asked:
		said = "Asking which screens are open"
	}
	return p.page("", "/screens", "screens", "Skip to the screens", app.Main().ID("screens").Class("inner screens").TabIndex(-1).Body(
		app.Div().Class("toolbar").Body(app.H1().Text("Screens"), p.update()),
		app.P().Class("quiet").Attr("role", "status").Text(said),
		app.Ul().Class("screen-list").Body(rows...),
		app.P().Class("quiet").Body(
			app.Text("Every open page is listed. For a television open a board with ?tv=1, for one that has a name and takes turns:"),
		),
		&Curl{Line: p.wallLine(), Of: "address of a wallboard"},
	))
}

func (p *ScreensPage) wallLine() string {
	return p.first.Base + "/?tv=1&screen=Lobby&boards=home,all&every=30s"
}

func (p *ScreensPage) now() int64 {
	if browser == nil || browser.Viewer() == nil {
		return p.first.Now
	}
	return browser.Now()
}

// ScreenCard is one open screen, with what it can be told.
type ScreenCard struct {
	app.Compo
	Row    wire.ScreenRow
	Boards []wire.BoardRow
	Here   bool // it is the one that is looked at
	Build  string
	Now    int64
}

// Render draws it.
func (c *ScreenCard) Render() app.UI {
	r, name := c.Row, cmp.Or(c.Row.Name, c.Row.ID)
	options := []app.UI{app.Elem("option").Attr("value", "").Text("Show…")}
	for _, b := range c.Boards {
		options = append(options, app.Elem("option").Attr("value", attr(b.ID)).Text(cmp.Or(b.Title, b.ID)))
	}
	return app.Li().Class("card screen").DataSet("screen", attr(r.ID)).Body(
		app.Header().Class("card-head").Body(
			app.H2().Body(app.Bdi().Text(name)),
			app.Span().Class("age").Text(c.about()),
		),
		app.Dl().Class("facts").Body(
			fact("Shows", app.If(r.Board != "", func() app.UI { return app.A().Href(boardPath(r.Board)).Text(r.Board) }).
				Else(func() app.UI { return app.Text("another page") })),
			fact("Size", app.Text(strconv.Itoa(r.Width)+" × "+strconv.Itoa(r.Height))),
			fact("Draws", app.Text(c.draws())),
			fact("Build", app.Text(c.builtAs())),
			fact("Open", app.Text(since(c.Now-r.Since))),
			fact("Browser", app.Text(browserOf(r.Agent))),
		),
		app.Div().Class("screen-acts").Body(
			app.Button().Type("button").Class("chip").DataSet("do", wire.DoIdentify).Aria("label", attr("Identify "+name)).
				OnClick(c.identify).Text("Identify"),
			app.Button().Type("button").Class("chip").DataSet("do", wire.DoReload).Aria("label", attr("Reload "+name)).
				OnClick(c.reload).Text("Reload"),
			app.Elem("select").DataSet("do", wire.DoShow).Aria("label", attr("Show a board on "+name)).OnChange(c.show).Body(options...),
		),
	)
}

func fact(name string, of app.UI) app.UI {
	return app.Div().Body(app.Dt().Text(name), app.Dd().Body(of))
}

func (c *ScreenCard) about() string {
	switch {
	case c.Here:
		return "this one"
	case c.Row.Wall:
		return "wallboard"
	}
	return ""
}

func (c *ScreenCard) draws() string {
	text := strconv.FormatFloat(c.Row.FPS, 'f', 1, 64) + " frames a second"
	if c.Row.Painted == 0 {
		return "nothing yet"
	}
	if past := c.Now - c.Row.Painted; past > 60*second {
		text += ", the last " + ago(past)
	}
	return text
}

func (c *ScreenCard) builtAs() string {
	switch c.Row.Build {
	case c.Build:
		return "as here"
	case "":
		return "unknown"
	}
	return "another: " + c.Row.Build[:min(len(c.Row.Build), 8)]
}

// since says how long something has lasted, in ms.
func since(ms int64) string {
	text := ago(ms)
	return "for " + text[:len(text)-len(" ago")]
}

func (c *ScreenCard) identify(ctx app.Context, _ app.Event) { c.tell(ctx, `{"do":"identify"}`) }
func (c *ScreenCard) reload(ctx app.Context, _ app.Event)   { c.tell(ctx, `{"do":"reload"}`) }

func (c *ScreenCard) show(ctx app.Context, _ app.Event) {
	source := ctx.JSSrc()
	id := source.Get("value").String()
	source.Set("value", "")
	if (board.Board{ID: id}).Check() == nil {
		c.tell(ctx, `{"do":"show","board":"`+id+`"}`)
	}
}

// tell sends an order and says what came of it where that cannot be seen here.
func (c *ScreenCard) tell(ctx app.Context, order string) {
	id := c.Row.ID
	ctx.Async(func() {
		if refused := browser.Post("POST", "/api/v1/screens/"+id, order); refused != "" {
			ctx.Dispatch(func(ctx app.Context) { notice(ctx, refused) })
		}
	})
}

// browserOf is what people call a browser that calls itself agent.
func browserOf(agent string) string {
	for _, each := range [...][2]string{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Tizen", "Samsung television"}, {"Web0S", "LG television"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	} {
		if strings.Contains(agent, each[0]) {
			return each[1]
		}
	}
	return cmp.Or(agent, "unknown")
}

// boardPath is the page of a board.
func boardPath(id string) string {
	if id == "home" {
		return "/"
	}
	return "/b/" + id
}
