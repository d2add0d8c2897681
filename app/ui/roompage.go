package ui

import (
	"strings"

	"telltale/app/live"
	"telltale/shared/access"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// pageLines is how many lines of its room a page shows at first.
const pageLines = 60

// RoomPage is a room: what is said there, who is there, and a line to write.
type RoomPage struct {
	shell
	name  string
	aside bool // what stands beside the lines is shown, where there is no room for both
}

// OnInit takes the name before the first render in the browser.
func (p *RoomPage) OnInit() {
	if app.IsServer {
		return
	}
	p.begin()
	p.name = roomOf(app.Window().URL().Path)
}

func roomOf(path string) string { return strings.TrimPrefix(path, "/r/") }

func (p *RoomPage) look() live.Look { return live.Look{Rooms: []string{p.name}} }

// OnPreRender looks up what to show, on the server.
func (p *RoomPage) OnPreRender(ctx app.Context) {
	p.name = roomOf(ctx.Page().URL().Path)
	p.title(ctx)
	p.ask(ctx, roomPath(p.name), p.look(), pageLines)
}

func (p *RoomPage) title(ctx app.Context) { ctx.Page().SetTitle(plain(p.name + " · Telltale")) }

// OnMount starts what moves.
func (p *RoomPage) OnMount(ctx app.Context) {
	p.open(ctx)
	ctx.Update()
}

// OnNav follows the URL.
func (p *RoomPage) OnNav(ctx app.Context) {
	if app.IsServer {
		return
	}
	if to := roomOf(app.Window().URL().Path); to != p.name {
		p.name, p.aside = to, false
		p.open(ctx)
	}
}

func (p *RoomPage) open(ctx app.Context) {
	p.title(ctx)
	browser.Open(p.look(), p.first, nil)
}

// named is under which name the viewer speaks, where that is not for them to choose.
func (p *RoomPage) named() string {
	if me := p.first.Me; me != nil && !me.Open {
		return me.User
	}
	return ""
}

// Render draws the page.
func (p *RoomPage) Render() app.UI {
	if p.name == "" {
		return app.Div() // the server's first render, before OnPreRender
	}
	early := p.first.Rooms[p.name]
	main := app.Main().ID("room").Class("inner room").TabIndex(-1).DataSet("aside", attr(yes(p.aside)))
	return p.page("whole", "/rooms", "room", "Skip to the room", main.Body(
		app.Div().Class("toolbar").Body(
			app.H1().Text(p.name),
			p.update(),
			app.Button().Type("button").ID("beside").Class("chip beside").Aria("expanded", attr(trueOr(p.aside))).Aria("controls", "aside").
				OnClick(func(app.Context, app.Event) { p.aside = !p.aside }).
				Body(glyph("people"), app.Span().Text("People and curl")),
		),
		app.Div().Class("talk").Body(
			&Log{Room: p.name, Early: early},
			app.If(p.may(access.Room, access.Rooms, p.name), func() app.UI { return &Composer{Room: p.name, Name: p.named()} }).
				Else(func() app.UI {
					return app.P().ID("listens").Class("listens").Text("You may read what is said here, but not speak.")
				}),
		),
		app.Aside().ID("aside").Aria("label", "People and curl").Body(
			&Members{Room: p.name, Early: early},
			app.Div().Class("terminal").Body(
				app.H2().Text("From a terminal"),
				app.P().Text("Everybody who looks sees the output of a command as it runs:"),
				&Curl{Line: tellLine(p.first.Base, p.name), Of: "sending to " + p.name},
				app.P().Text("What is said here, as it comes:"),
				&Curl{Line: followLine(p.first.Base, p.name), Of: "following " + p.name},
			),
		),
	))
}

// trueOr is a boolean as ARIA writes it.
func trueOr(is bool) string {
	if is {
		return "true"
	}
	return "false"
}
