package ui

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Sheet is a dialog: a native one, which keeps the focus and closes on Escape.
type Sheet struct {
	app.Compo
	N     int // of its page's dialogs
	Kind  string
	Start bool // on the side where lines begin
	Light bool // a press beside it closes it
	Draw  func() app.UI
	Shut  func(ctx app.Context, n int) // called when it was closed, however that came
}

// CompoID tells dialogs apart.
func (s *Sheet) CompoID() string { return strconv.Itoa(s.N) + s.Kind }

// Render draws it.
func (s *Sheet) Render() app.UI {
	side := "end"
	if s.Start {
		side = "start"
	}
	return app.Elem("dialog").ID("dialog").Class("sheet").DataSet("kind", s.Kind).DataSet("side", side).Aria("labelledby", "dialog-title").
		On("close", s.closed).OnClick(s.beside).Body(s.Draw())
}

// OnMount opens it.
func (s *Sheet) OnMount(app.Context) { browser.OpenDialog() }

func (s *Sheet) closed(ctx app.Context, _ app.Event) { s.Shut(ctx, s.N) }

func (s *Sheet) beside(_ app.Context, e app.Event) {
	if s.Light && e.Get("target").Get("id").String() == "dialog" {
		app.Window().GetElementByID("dialog").Call("close")
	}
}

// leaf is what a dialog is made of: a heading, what it is about, and what can be done.
func leaf(title string, shut app.EventHandler, body []app.UI, does ...app.UI) app.UI {
	return app.Div().Class("leaf").Body(
		app.Div().Class("leaf-head").Body(
			app.H2().ID("dialog-title").Text(title),
			app.Button().Type("button").Class("icon").ID("dialog-close").Aria("label", "Close").Title("Close (Escape)").OnClick(shut).Body(glyph("close")),
		),
		app.Div().Class("leaf-body").Body(body...),
		app.If(len(does) > 0, func() app.UI { return app.Div().Class("leaf-does").Body(does...) }),
	)
}

// does is a button at the foot of a dialog. kind is "full" for what one came for, "danger" for what cannot be undone.
func does(id, kind, text string, do app.EventHandler) app.UI {
	return app.Button().Type("button").ID(id).Class("chip").Class(kind).OnClick(do).Text(text)
}

// shutDialog closes the dialog that is open.
func (d *desk) shutDialog(ctx app.Context) {
	if of := app.Window().GetElementByID("dialog"); of.Truthy() {
		of.Call("close")
	}
	d.shut(ctx)
}

func (d *desk) onShut(ctx app.Context, _ app.Event) { d.shutDialog(ctx) }

func (d *desk) closed(ctx app.Context, n int) {
	if n == d.opened {
		d.shut(ctx)
	}
}

// sheets is the dialog that is open.
func (d *desk) sheets() app.UI {
	draw := map[string]func() app.UI{
		"panel": d.panelLeaf, "menu": d.menuLeaf, "clash": d.clashLeaf, "leave": d.leaveLeaf, "new": d.newLeaf,
		"delete": d.deleteLeaf, "paper": d.paperLeaf, "share": d.shareLeaf,
	}[d.dialog]
	if draw == nil {
		return app.Div().Hidden(true)
	}
	return &Sheet{N: d.opened, Kind: d.dialog, Start: d.form != nil && d.form.start, Light: d.dialog == "menu" || d.dialog == "share" || d.dialog == "delete" || d.dialog == "leave", Draw: draw, Shut: d.closed}
}
