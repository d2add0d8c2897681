package ui

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Field is a field of a dialog. What is written in it is the browser's: the page sets it once,
// when the field is made, and hears of every change. A field of another dialog, or of a row that
// was in another place, is another field.
type Field struct {
	app.Compo
	ID    string
	Of    int // the dialog, or the row
	Label string
	Value string // at first
	Hint  string
	Wrong string   // what is wrong with what is written
	Long  bool     // many lines
	Quiet bool     // its label is for screen readers alone
	Mode  string   // inputmode
	Blank string   // what stands in it while it is empty
	Offer []string // what may be meant
	Late  bool     // only what is finished is heard
	Take  func(ctx app.Context, value string)
	Enter app.EventHandler // what Enter does in it, nil for nothing

	first string
}

// CompoID tells fields apart.
func (f *Field) CompoID() string { return f.ID + " " + strconv.Itoa(f.Of) }

// OnInit keeps what stands in it at first.
func (f *Field) OnInit() { f.first = f.Value }

// Render draws it.
func (f *Field) Render() app.UI {
	class := "field"
	if f.Quiet {
		class += " quiet"
	}
	described := f.ID + "-wrong"
	if f.Hint != "" {
		described += " " + f.ID + "-hint"
	}
	invalid := "false"
	if f.Wrong != "" {
		invalid = "true"
	}
	var input app.UI
	if f.Long {
		input = app.Textarea().ID(f.ID).Attr("value", f.first).Rows(8).Attr("spellcheck", "true").Aria("describedby", described).Aria("invalid", invalid).OnInput(f.take)
	} else {
		line := app.Input().ID(f.ID).Type("text").Attr("value", f.first).AutoComplete(false).Attr("spellcheck", "false").Attr("autocapitalize", "off").
			Aria("describedby", described).Aria("invalid", invalid)
		if f.Blank != "" {
			line = line.Placeholder(f.Blank)
		}
		if f.Mode != "" {
			line = line.Attr("inputmode", f.Mode)
		}
		if len(f.Offer) > 0 {
			line = line.List(f.ID + "-offer")
		}
		if f.Enter != nil {
			line = line.OnKeyDown(f.enter)
		}
		if f.Late {
			line = line.OnChange(f.take)
		} else {
			line = line.OnInput(f.take)
		}
		input = line
	}
	var offer []app.UI
	for _, each := range f.Offer {
		offer = append(offer, app.Elem("option").Attr("value", each))
	}
	return app.Div().Class(class).Body(
		app.Label().For(f.ID).Text(f.Label),
		input,
		app.If(len(offer) > 0, func() app.UI { return app.Elem("datalist").ID(f.ID + "-offer").Body(offer...) }),
		app.If(f.Hint != "", func() app.UI { return app.P().ID(f.ID + "-hint").Class("hint").Text(f.Hint) }),
		app.P().ID(f.ID+"-wrong").Class("wrong").Attr("role", "alert").Text(f.Wrong),
	)
}

func (f *Field) take(ctx app.Context, _ app.Event) { f.Take(ctx, ctx.JSSrc().Get("value").String()) }

func (f *Field) enter(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" && !e.Get("isComposing").Bool() && !e.Get("repeat").Bool() {
		f.Enter(ctx, e)
	}
}

// Check is a box to tick.
type Check struct {
	app.Compo
	ID    string
	Of    int
	Label string
	Hint  string
	On    bool
	Take  func(ctx app.Context, on bool)
}

// CompoID tells boxes apart.
func (c *Check) CompoID() string { return c.ID + " " + strconv.Itoa(c.Of) }

// Render draws it.
func (c *Check) Render() app.UI {
	return app.Label().Class("check").For(c.ID).Body(
		app.Input().ID(c.ID).Type("checkbox").Checked(c.On).OnChange(c.take),
		app.Span().Body(app.Span().Text(c.Label), app.If(c.Hint != "", func() app.UI { return app.Span().Class("hint").Text(c.Hint) })),
	)
}

func (c *Check) take(ctx app.Context, _ app.Event) { c.Take(ctx, ctx.JSSrc().Get("checked").Bool()) }

// Choice is one of several, to be chosen from a list.
type Choice struct {
	app.Compo
	ID    string
	Of    int
	Label string
	Quiet bool
	Value string
	Among [][2]string // value and text
	Take  func(ctx app.Context, value string)
}

// CompoID tells choices apart.
func (c *Choice) CompoID() string { return c.ID + " " + strconv.Itoa(c.Of) }

// Render draws it.
func (c *Choice) Render() app.UI {
	class := "field"
	if c.Quiet {
		class += " quiet"
	}
	var options []app.UI
	for _, each := range c.Among {
		options = append(options, app.Elem("option").Attr("value", each[0]).Attr("selected", each[0] == c.Value).Text(each[1]))
	}
	return app.Div().Class(class).Body(
		app.Label().For(c.ID).Text(c.Label),
		app.Elem("select").ID(c.ID).OnChange(c.take).Body(options...),
	)
}

func (c *Choice) take(ctx app.Context, _ app.Event) { c.Take(ctx, ctx.JSSrc().Get("value").String()) }
