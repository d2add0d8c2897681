package ui

import (
	"slices"
	"strings"
	"time"

	"telltale/shared/access"
	"telltale/shared/room"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

const (
	mostListed = 200
	listEvery  = 5 * time.Second
)

// RoomsPage lists the rooms, the one where something was said last first, and opens
// any other.
type RoomsPage struct {
	shell
	sought string // part of a name
	wrong  string // why a name cannot be opened
	shown  bool   // the page is on the screen
	now    int64
}

// OnInit takes the list before the first render in the browser.
func (p *RoomsPage) OnInit() {
	if !app.IsServer {
		p.begin()
		p.now = max(p.first.Now, time.Now().UnixMilli())
	}
}

// OnPreRender looks up what to show, on the server.
func (p *RoomsPage) OnPreRender(ctx app.Context) {
	p.list(ctx, "Rooms", "/rooms")
	source := p.source(ctx)
	if source == nil {
		return
	}
	list, err := source.Rooms()
	if err != nil {
		app.Log("pre-render without the rooms:", err)
	}
	p.first.List, p.now = newest(list), p.first.Now
}

// newest are the rooms to list.
func newest(list []wire.RoomRow) []wire.RoomRow {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b wire.RoomRow) int { return int(min(max(b.Time-a.Time, -1), 1)) })
	return list
}

// OnMount starts what moves.
func (p *RoomsPage) OnMount(ctx app.Context) {
	p.follow(ctx, "Rooms")
	p.shown = true
	p.refresh(ctx)
}

// OnDismount ends the asking.
func (p *RoomsPage) OnDismount() { p.shown = false }

// refresh asks for the list, now and then while somebody looks.
func (p *RoomsPage) refresh(ctx app.Context) {
	if !p.shown {
		return
	}
	if !app.Window().Get("document").Get("hidden").Truthy() {
		ctx.Async(func() {
			list, err := browser.Rooms()
			ctx.Dispatch(func(app.Context) {
				if p.now = time.Now().UnixMilli(); err == nil {
					p.first.List = newest(list)
				}
			})
		})
	}
	ctx.After(listEvery, p.refresh)
}

// Render draws the page.
func (p *RoomsPage) Render() app.UI {
	var rows []app.UI
	var found int
	for _, row := range p.first.List {
		if !strings.Contains(strings.ToLower(row.RoomID), strings.ToLower(p.sought)) {
			continue
		}
		if found++; found <= mostListed {
			rows = append(rows, p.row(row))
		}
	}
	return p.page("", "/rooms", "rooms", "Skip to the rooms", app.Main().ID("rooms").Class("inner rooms").TabIndex(-1).Body(
		app.Div().Class("toolbar").Body(
			app.H1().Text("Rooms"),
			p.update(),
			app.Form().Class("seek").OnSubmit(p.enter).Body(
				app.Label().Class("unseen").For("seek").Text("Find a room, or name a new one"),
				app.Input().ID("seek").Type("search").Placeholder("Find a room, or name a new one").MaxLength(128).
					AutoComplete(false).Attr("spellcheck", "false").Attr("autocapitalize", "off").OnInput(p.seek).Aria("describedby", "wrong"),
				app.Button().Type("submit").Class("chip").Text("Open"),
			),
		),
		app.P().ID("wrong").Class("wrong").Attr("role", "alert").Text(p.wrong),
		app.Ul().Class("list").Body(rows...),
		app.If(found > mostListed, func() app.UI {
			return app.P().Class("quiet").Text("and " + grouped(uint64(found-mostListed)) + " more: name a part of the one you want")
		}),
		app.If(found == 0 && p.sought == "" && p.has(access.Room), func() app.UI {
			return app.Article().Class("card invitation").Body(
				app.Header().Class("card-head").Body(app.H2().Text("Pipe a command into a room")),
				app.P().Text("A room is a named stream of lines. It is there as soon as something is said in it, keeps what was said, and everybody who looks sees each line as it comes."),
				app.P().Class("quiet").Body(app.Span().Text("This one appears at"), app.A().Href(roomPath("build")).Text(roomPath("build"))),
				&Curl{Line: tellLine(p.first.Base, "build"), Of: "sending to build"},
			)
		}),
		app.If(found == 0 && p.sought != "", func() app.UI {
			return app.P().Class("quiet").Text("No room has that in its name. Enter opens a new one.")
		}),
	))
}

func (p *RoomsPage) row(row wire.RoomRow) app.UI {
	when := ""
	if row.Time != 0 {
		when = ago(p.now - row.Time)
	}
	here := ""
	if row.Members > 0 {
		here = grouped(uint64(row.Members)) + " here"
	}
	return app.Li().Body(app.A().Href(roomPath(row.RoomID)).Body(
		app.Span().Class("room-name").Text(row.RoomID),
		app.Span().Class("here").Text(here),
		app.Span().Class("said-so-far").Text(many(row.Messages, "message")),
		app.Span().Class("when").Text(when),
	))
}

func (p *RoomsPage) seek(ctx app.Context, _ app.Event) {
	p.sought, p.wrong = strings.TrimSpace(ctx.JSSrc().Get("value").String()), ""
}

// enter opens the room of that name, whether it is there or not.
func (p *RoomsPage) enter(ctx app.Context, _ app.Event) {
	name := strings.TrimSpace(app.Window().GetElementByID("seek").Get("value").String())
	if err := room.CheckName(name); err != nil {
		p.wrong = capital(room.Grammar)
		return
	}
	ctx.Navigate(roomPath(name))
}
