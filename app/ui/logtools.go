package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// LogTools is what one does with a long log: find something, follow its end or hold it,
// leave out what is old. The stage does it, and writes into #found and #follow how it stands.
type LogTools struct {
	app.Compo
	Room    string
	Fresh   bool
	OnFresh func(bool)
}

// Render draws it.
func (t *LogTools) Render() app.UI {
	return app.Div().Class("tools").Attr("role", "group").Aria("label", "Output").Body(
		app.Div().Class("finder").Body(
			app.Label().Class("unseen").For("find").Text("Find in the output"),
			app.Input().ID("find").Type("search").Placeholder("Find in the output").MaxLength(200).AutoComplete(false).
				Attr("spellcheck", "false").Attr("autocapitalize", "off").OnInput(t.find).OnKeyDown(t.key).Aria("describedby", "found"),
			app.Span().ID("found").Class("found").Attr("role", "status"),
			app.Button().Type("button").ID("previous").Class("icon").Aria("label", "Previous place").Title(attr("Previous (Shift+Enter)")).
				OnClick(func(app.Context, app.Event) { browser.FindNext(t.Room, true) }).Body(glyph("up")),
			app.Button().Type("button").ID("next").Class("icon").Aria("label", "Next place").Title(attr("Next (Enter)")).
				OnClick(func(app.Context, app.Event) { browser.FindNext(t.Room, false) }).Body(glyph("down")),
		),
		app.Div().Class("ranges").Attr("role", "group").Aria("label", "Which lines").Body(
			t.choice("all", "Since the start", false), t.choice("new", "Only new", true)),
		app.Button().Type("button").ID("follow").Class("chip").OnClick(func(app.Context, app.Event) { browser.Pause(t.Room) }).
			Body(app.Span().Text("Pause")),
	)
}

func (t *LogTools) choice(id, text string, fresh bool) app.UI {
	return app.Button().Type("button").ID("since-"+id).Aria("pressed", attr(trueOr(t.Fresh == fresh))).OnClick(func(app.Context, app.Event) {
		t.Fresh = fresh
		t.OnFresh(fresh)
		browser.Since(t.Room, fresh)
	}).Text(text)
}

func (t *LogTools) find(ctx app.Context, _ app.Event) {
	browser.Find(t.Room, ctx.JSSrc().Get("value").String())
}

func (t *LogTools) key(ctx app.Context, e app.Event) {
	switch e.Get("key").String() {
	case "Enter":
		browser.FindNext(t.Room, e.Get("shiftKey").Bool())
	case "Escape":
		ctx.JSSrc().Set("value", "")
		browser.Find(t.Room, "")
	}
}
