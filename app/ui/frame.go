package ui

import (
	"strconv"
	"strings"

	"telltale/shared/board"
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Frames lie over the cards while a board is edited, one over each, on the same grid: the
// cards stay what they are, and everything is done to the frames.
type Frames struct {
	app.Compo
	Desk  *desk
	Board board.Board
}

// Render draws them.
func (f *Frames) Render() app.UI {
	frames := make([]app.UI, 0, len(f.Board.Panels)+1)
	for i, p := range f.Board.Panels {
		frames = append(frames, &Frame{Desk: f.Desk, Panel: p, At: i, Of: len(f.Board.Panels)})
	}
	frames = append(frames, app.Button().Type("button").ID("add").Class("add").OnClick(f.add).Body(
		glyph("plus"), app.Span().Text("Add a panel")))
	return app.Div().ID("frames").Class("frames").Body(frames...)
}

func (f *Frames) add(ctx app.Context, _ app.Event) { f.Desk.addPanel(ctx) }

// OnMount lets hands take them.
func (f *Frames) OnMount(app.Context) { browser.MountFrames(f) }

// OnDismount lets go of them.
func (f *Frames) OnDismount() {
	if browser != nil {
		browser.DismountFrames(f)
	}
}

// Frame is the frame of one panel: where it is taken, made larger, configured and removed.
type Frame struct {
	app.Compo
	Desk  *desk
	Panel board.Panel
	At    int
	Of    int
}

// Render draws it.
func (f *Frame) Render() app.UI {
	name, w, h := f.Panel.Name(), max(f.Panel.W, 1), max(f.Panel.H, 1)
	tool := func(of, icon string, do app.EventHandler) app.UI {
		return app.Button().Type("button").Class("icon").DataSet("do", icon).Aria("label", of+" "+name).Title(of).OnClick(do).Body(glyph(icon))
	}
	return app.Div().ID(frameID(f.At)).Class("frame").Class(sizeClass(f.Panel)).DataSet("at", f.At).TabIndex(0).
		Attr("role", "group").Aria("roledescription", "panel").Aria("describedby", "frame-keys").
		Aria("label", name+", "+string(f.Panel.Kind)+", "+sizeWords(w, h)+", place "+strconv.Itoa(f.At+1)+" of "+strconv.Itoa(f.Of)).
		Body(
			app.Div().Class("frame-tools").Body(
				app.Span().Class("icon grip").Aria("hidden", true).Title("Drag to another place").Body(glyph("grip")),
				tool("Configure", "pen", f.configure), tool("Duplicate", "copy", f.duplicate), tool("Remove", "bin", f.remove),
			),
			app.Span().Class("extent").Aria("hidden", true).Text(strconv.Itoa(w)+" × "+strconv.Itoa(h)),
			app.Span().Class("corner").Aria("hidden", true).Title("Drag to resize").Body(glyph("corner")),
		)
}

func (f *Frame) configure(ctx app.Context, _ app.Event) { f.Desk.configure(ctx, f.At) }
func (f *Frame) duplicate(ctx app.Context, _ app.Event) { f.Desk.duplicate(ctx, f.At) }
func (f *Frame) remove(ctx app.Context, _ app.Event)    { f.Desk.remove(ctx, f.At) }

// sizeClass are the classes that give a panel its cells of the grid.
func sizeClass(p board.Panel) string {
	return "w" + strconv.Itoa(min(max(p.W, 1), board.MaxSide)) + " h" + strconv.Itoa(min(max(p.H, 1), board.MaxSide))
}

// EachCard stands, while a board is edited, for the panels of all metrics that match.
type EachCard struct {
	app.Compo
	Panel   board.Panel
	Metrics []string
}

const mostNames = 12

// Render draws it.
func (c *EachCard) Render() app.UI {
	var patterns []string
	for _, q := range c.Panel.Queries {
		patterns = append(patterns, q.Metric)
	}
	said := "No metric matches yet."
	if n := len(c.Metrics); n > 0 {
		said = strings.Join(c.Metrics[:min(n, mostNames)], ", ")
		if n > mostNames {
			said += " and " + strconv.Itoa(n-mostNames) + " more"
		}
	}
	return app.Article().Class("card each").Class(sizeClass(c.Panel)).DataSet("panel", c.Panel.ID).DataSet("kind", "each").Body(
		app.Header().Class("card-head").Body(app.H2().Text("A panel for each of "+strings.Join(patterns, ", "))),
		app.P().Class("none").Text(said),
	)
}

func matching(p board.Panel, known []metric.Metric) (names []string) {
	shown, _ := p.Shown(known, board.MaxPanels)
	for _, m := range shown {
		names = append(names, string(m.ID))
	}
	return names
}
