package ui

import (
	"strings"

	"telltale/shared/room"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Composer is the line to write in a room, and the name to write it under.
type Composer struct {
	app.Compo
	Room string
	Name string // under which one speaks, whatever one would choose; "" where one chooses

	renaming bool
	wrong    string // why the name was not taken
}

// Render draws it. What is written stays in the page's own element.
func (c *Composer) Render() app.UI {
	return app.Div().Class("composer").Body(
		app.If(c.renaming, c.rename).ElseIf(c.Name != "", func() app.UI {
			return app.Span().ID("whoami").Class("whoami").Body(app.Span().Class("unseen").Text("You speak as "), app.Bdi().Text(c.Name))
		}).Else(func() app.UI {
			return app.Button().Type("button").ID("whoami").Class("whoami").Title(attr("Change your name")).OnClick(c.begin).Body(
				app.Span().Class("unseen").Text("Change your name, now "), app.Bdi().Text(c.user()), glyph("pen"))
		}),
		app.Div().Class("write").Body(
			app.Textarea().ID("say").Rows(1).Attr("enterkeyhint", "send").Attr("maxlength", room.MaxContent).
				Aria("label", attr("Message to "+c.Room)).Placeholder(attr("Message to "+c.Room)),
			app.Button().Type("button").ID("send").Class("icon").Aria("label", "Send").Title(attr("Send (Enter)")).OnClick(c.send).Body(glyph("send")),
		),
	)
}

// OnMount says what was said before the app was there, and has what was written and not said be there again.
func (c *Composer) OnMount(ctx app.Context) {
	if err := browser.SayUnsaid(ctx, c.Room); err != nil {
		notice(ctx, capital(err.Error()))
	}
	c.OnUpdate(ctx)
}

// OnUpdate follows to another room.
func (c *Composer) OnUpdate(ctx app.Context) {
	ctx.Defer(func(app.Context) { browser.Writes(c.Room) })
}

// OnDismount keeps what was not said.
func (c *Composer) OnDismount() { browser.Writes("") }

// user is the name; on the server nobody's.
func (c *Composer) user() string {
	if browser == nil {
		return "You"
	}
	return browser.User()
}

// send says what is written. web/first.js presses the button on Enter: go-app hears of
// a key too late to keep it from being a new line.
func (c *Composer) send(ctx app.Context, _ app.Event) {
	field := app.Window().GetElementByID("say")
	text := strings.Trim(strings.TrimRight(field.Get("value").String(), " \t\r\n"), "\r\n")
	if strings.TrimSpace(text) == "" {
		field.Call("focus")
		return
	}
	if err := browser.Viewer().Say(ctx, c.Room, text); err != nil {
		notice(ctx, capital(err.Error()))
		return
	}
	field.Set("value", "")
	browser.KeepUnsaid(c.Room, "")
	field.Call("focus")
	browser.Follow(c.Room)
}

func (c *Composer) begin(ctx app.Context, _ app.Event) {
	c.renaming, c.wrong = true, ""
	ctx.Defer(func(app.Context) { app.Window().GetElementByID("name").Call("select") })
}

func (c *Composer) rename() app.UI {
	return app.Form().Class("rename").OnSubmit(c.take).Body(
		app.Label().For("name").Text("Your name"),
		app.Input().ID("name").Type("text").Attr("value", attr(c.user())).MaxLength(room.MaxUser).AutoComplete(false).AutoFocus(true).
			Attr("spellcheck", "false").Aria("describedby", "wrong").OnKeyDown(c.escape),
		app.Button().Type("submit").Class("chip").Text("Take it"),
		app.Span().ID("wrong").Class("wrong").Attr("role", "alert").Text(c.wrong),
	)
}

func (c *Composer) escape(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Escape" {
		c.end(ctx)
	}
}

func (c *Composer) take(ctx app.Context, _ app.Event) {
	name := strings.TrimSpace(app.Window().GetElementByID("name").Get("value").String())
	if err := room.CheckUser(name); err != nil {
		c.wrong = capital(err.Error())
		return
	}
	browser.SetUser(name)
	c.end(ctx)
}

func (c *Composer) end(ctx app.Context) {
	c.renaming = false
	ctx.Defer(func(app.Context) { app.Window().GetElementByID("say").Call("focus") })
}
