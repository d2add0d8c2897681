package ui

import (
	"telltale/shared/board"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// doors are the buttons of a board's toolbar: editing it, and all else one can do with it.
func (d *desk) doors() app.UI {
	if d.page.at.large {
		return app.Div().Hidden(true)
	}
	return app.Div().Class("doors").Body(
		app.If(d.may() && d.kept && !d.editing(), func() app.UI {
			return app.Button().Type("button").ID("restore").Class("chip").OnClick(d.onEdit).Text("Changes not saved: go on")
		}),
		either(d.may() || d.editing(), func() app.UI {
			return app.Button().Type("button").ID("edit").Class("icon").Aria("label", "Edit this board").Aria("keyshortcuts", "e").
				Aria("pressed", word(d.editing())).Title(attr("Edit this board (e)")).OnClick(d.onEdit).Body(glyph("pen"))
		}),
		app.Button().Type("button").ID("menu").Class("icon").Aria("label", "More of this board").Aria("haspopup", "dialog").
			Aria("keyshortcuts", "m").Title(attr("More of this board (m)")).OnClick(d.onMenu).Body(glyph("more")),
	)
}

func word(is bool) string {
	if is {
		return attr("true")
	}
	return "false"
}

func (d *desk) onEdit(ctx app.Context, _ app.Event) {
	if d.editing() {
		d.stop(ctx)
		return
	}
	d.begin(ctx)
}

func (d *desk) onMenu(ctx app.Context, _ app.Event) { d.show(ctx, "menu") }

// bar is what stays in sight while the board is edited.
func (d *desk) bar() app.UI {
	state, kind := "Saved", "saved"
	switch {
	case d.saving:
		state, kind = "Saving…", "saving"
	case d.wrong != "":
		state, kind = d.wrong, "wrong"
	case d.unsaved:
		state, kind = "Not saved yet", "unsaved"
	}
	button := func(id, icon, label, key string, off bool, do app.EventHandler) app.UI {
		return app.Button().Type("button").ID(id).Class("icon").Aria("label", label).Aria("keyshortcuts", key).Title(label + " (" + key + ")").
			Disabled(off).OnClick(do).Body(glyph(icon))
	}
	if !d.editing() {
		return app.Div().Hidden(true)
	}
	return app.Div().ID("editbar").Class("editbar").Attr("role", "region").Aria("label", "Editing").Body(
		&TitleField{Desk: d, Title: d.now().Title, Board: d.base.ID},
		&OpensWith{Desk: d, Range: d.now().Range},
		app.Span().ID("draft-state").Class("draft-state").DataSet("state", kind).Attr("role", "status").Text(state),
		app.Div().Class("edit-tools").Body(
			app.Button().Type("button").ID("add-panel").Class("chip plain").Aria("keyshortcuts", "a").Title("Add a panel (a)").OnClick(d.onAdd).
				Body(glyph("plus"), app.Span().Text("Panel")),
			button("undo", "undo", "Undo", "Control+Z", d.history.Undoes() == 0, d.onUndo),
			button("redo", "redo", "Redo", "Control+Shift+Z", d.history.Redoes() == 0, d.onRedo),
			app.Button().Type("button").ID("stop-editing").Class("more-plain").OnClick(d.onStop).Text("Done"),
			app.Button().Type("button").ID("save").Class("chip full").Aria("keyshortcuts", "Control+S").Title("Save (Control+S)").
				Disabled(!d.unsaved || d.saving).OnClick(d.onSave).Text("Save"),
		),
		app.P().ID("frame-keys").Class("unseen").Text("Arrow keys move the panel, Shift and an arrow key resize it, Enter configures it, d makes another, Delete removes it."),
		app.P().ID("told").Class("unseen").Aria("live", "assertive").Text(d.told),
	)
}

func (d *desk) onAdd(ctx app.Context, _ app.Event)  { d.addPanel(ctx) }
func (d *desk) onUndo(ctx app.Context, _ app.Event) { d.undo(ctx) }
func (d *desk) onRedo(ctx app.Context, _ app.Event) { d.redo(ctx) }
func (d *desk) onStop(ctx app.Context, _ app.Event) { d.stop(ctx) }
func (d *desk) onSave(ctx app.Context, _ app.Event) { d.save(ctx) }

// TitleField is the board's title, while it is edited.
type TitleField struct {
	app.Compo
	Desk  *desk
	Title string
	Board string
}

// Render draws it. The field's text is set by hand: it may be in the middle of being written.
func (t *TitleField) Render() app.UI {
	return app.Input().ID("board-title").Class("board-title").Type("text").Aria("label", "Title of the board").Placeholder(t.Board).
		MaxLength(board.MaxTitle).AutoComplete(false).Attr("value", t.Title).OnChange(t.take)
}

// OnUpdate shows the title that an undo brought back.
func (t *TitleField) OnUpdate(ctx app.Context) {
	ctx.Defer(func(app.Context) { app.Window().GetElementByID("board-title").Set("value", t.Title) })
}

func (t *TitleField) take(ctx app.Context, _ app.Event) {
	title := ctx.JSSrc().Get("value").String()
	if t.Desk.editing() {
		t.Desk.do(ctx, t.Desk.now().Rename(title), "The board is called "+title)
	}
}

// OpensWith is the range that a board opens with.
type OpensWith struct {
	app.Compo
	Desk  *desk
	Range board.Span
}

// Render draws it.
func (o *OpensWith) Render() app.UI {
	option := func(value, text string) app.UI {
		return app.Elem("option").Attr("value", value).Attr("selected", value == o.value()).Text(text)
	}
	options := []app.UI{option(usualRange, "Usual range")}
	known := o.Range == 0
	for _, s := range spans {
		options = append(options, option(spanText(board.Span(s.ms)), "Opens with "+s.name))
		known = known || board.Span(s.ms) == o.Range
	}
	if !known {
		options = append(options, option(spanText(o.Range), "Opens with "+spanText(o.Range)))
	}
	return app.Elem("select").ID("board-range").Class("board-range").Aria("label", "Range that the board opens with").OnChange(o.take).Body(options...)
}

// OnUpdate shows the range that an undo brought back.
func (o *OpensWith) OnUpdate(ctx app.Context) {
	ctx.Defer(func(app.Context) { app.Window().GetElementByID("board-range").Set("value", o.value()) })
}

// usualRange stands for none: go-app leaves an empty value out, and an option without one has its text.
const usualRange = "usual"

func (o *OpensWith) value() string {
	if o.Range == 0 {
		return usualRange
	}
	return o.Range.String()
}

func (o *OpensWith) take(ctx app.Context, _ app.Event) {
	with, err := board.ParseSpan(ctx.JSSrc().Get("value").String())
	if err != nil {
		with = 0 // the usual
	}
	if o.Desk.editing() {
		o.Desk.do(ctx, o.Desk.now().Open(with), "The range is changed")
	}
}

// spanText is a span as a field has it: nothing for none.
func spanText(s board.Span) string {
	if s == 0 {
		return ""
	}
	return s.String()
}
