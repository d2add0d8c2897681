package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// keyRow is an action and the keys that do it; keys stand apart by a space, alternatives by " / ".
type keyRow struct{ keys, does string }

// keyTable is all that a key does, as the overlay lists it.
var keyTable = []struct {
	of   string
	rows []keyRow
}{
	{"Everywhere", []keyRow{
		{"?", "Show these keys"},
		{"g h", "Go to Home"},
		{"g b", "Go to the boards"},
		{"g r", "Go to the rooms"},
		{"g u", "Go to the runs"},
		{"Tab / Shift Tab", "To the next thing, or the one before"},
		{"Escape", "Close what is open"},
	}},
	{"A board", []keyRow{
		{"e", "Edit it, or stop"},
		{"m", "All else that can be done with it"},
		{"f", "Full screen, and back"},
		{"n", "A new board"},
		{"w", "The wallboard; Escape leaves it, ← and → take turns"},
		{"s", "Have a screen reader say the panel that has the focus, or all in sight"},
	}},
	{"Time", timeKeys},
	{"Editing", []keyRow{
		{"a", "Add a panel"},
		{"← → ↑ ↓", "Move the panel that has the focus"},
		{"Shift ← → ↑ ↓", "Make it narrower, wider, lower, higher"},
		{"Enter", "Configure it"},
		{"d", "Duplicate it"},
		{"Delete", "Remove it"},
		{"Ctrl Z", "Undo"},
		{"Ctrl Shift Z / Ctrl Y", "Do again"},
		{"Ctrl S", "Save"},
		{"Escape", "Let go of what is dragged"},
	}},
	{"A room", []keyRow{
		{"Enter", "Send the line"},
		{"Shift Enter", "A line break"},
		{"End", "To the newest line"},
	}},
}

// timeKeys are those that go through time.
var timeKeys = []keyRow{
	{"p", "Pause, play, hold"},
	{"l", "Back to live"},
	{"← →", "On a chart: read the sample before, or after"},
	{"Shift ← →", "On a chart: earlier, later"},
	{"+ / -", "On a chart: zoom in, out"},
	{"Backspace", "On a chart: back to what was shown before"},
	{"Home / End", "On a chart: read its beginning, its end"},
}

const keysAction = "keys"

// Keys is the overlay that lists them. It is on every page, and hears of every key first.
type Keys struct {
	app.Compo

	shown  bool
	opened int
	gone   bool // g was pressed: the next key says where to
}

// OnMount listens.
func (k *Keys) OnMount(ctx app.Context) {
	breathe()
	browser.Mounted() // nothing comes after it
	ctx.Handle(keysAction, func(app.Context, app.Action) { k.show() })
	browser.Strike(func(s stroke) func() {
		if do := k.take(ctx, s); do != nil {
			return func() { ctx.Dispatch(func(ctx app.Context) { do(ctx) }) }
		}
		return nil
	})
}

var places = map[string]string{"h": "/", "b": "/boards", "r": "/rooms", "u": "/runs"}

func (k *Keys) take(_ app.Context, s stroke) func(app.Context) {
	going := k.gone
	k.gone = false
	if s.Typing || s.Dialog || s.Ctrl {
		return nil
	}
	switch to := places[s.Key]; {
	case going && to != "":
		return func(ctx app.Context) { ctx.Navigate(to) }
	case s.Key == "g":
		k.gone = true
		return func(app.Context) {}
	case s.Key == "?":
		return func(app.Context) { k.show() }
	}
	return nil
}

func (k *Keys) show() {
	k.shown = true
	k.opened++
}

// Render draws it.
func (k *Keys) Render() app.UI {
	if !k.shown {
		return app.Div().Hidden(true)
	}
	return app.Div().Body(&Sheet{N: k.opened, Kind: "keys", Light: true, Draw: k.leaf, Shut: func(_ app.Context, _ int) { k.shown = false }})
}

func (k *Keys) leaf() app.UI {
	var parts []app.UI
	for _, part := range keyTable {
		if len(part.rows) == 0 {
			continue
		}
		var rows []app.UI
		for _, row := range part.rows {
			rows = append(rows, app.Div().Body(app.Dt().Body(keyCaps(row.keys)...), app.Dd().Text(row.does)))
		}
		parts = append(parts, app.Elem("section").Body(app.Elem("h3").Text(part.of), app.Dl().Class("keys").Body(rows...)))
	}
	return leaf("Keys", k.shut, []app.UI{app.Div().Class("key-parts").Attr("role", "group").Aria("label", "Keys and what they do").TabIndex(0).Body(parts...)})
}

func (k *Keys) shut(app.Context, app.Event) {
	app.Window().GetElementByID("dialog").Call("close")
}

// keyCaps draws keys.
func keyCaps(keys string) (caps []app.UI) {
	for i, alternative := range strings.Split(keys, " / ") {
		if i > 0 {
			caps = append(caps, app.Span().Class("or").Text("or"))
		}
		for key := range strings.SplitSeq(alternative, " ") {
			caps = append(caps, app.Elem("kbd").Text(key))
		}
	}
	return caps
}

// strike answers what a key does on a board, nil for nothing.
func (d *desk) strike(s stroke) func(app.Context) {
	if s.Dialog || d.page.at.large || d.page.at.wall.on {
		return nil
	}
	if s.Ctrl {
		if !d.editing() {
			return nil
		}
		switch key := strings.ToLower(s.Key); {
		case key == "s":
			return d.save
		case s.Typing:
			return nil // the field's own undo
		case key == "z" && !s.Shift:
			return d.undo
		case key == "z" || key == "y":
			return d.redo
		}
		return nil
	}
	if s.Typing {
		return nil
	}
	if d.editing() && s.Frame >= 0 && !s.Inside {
		if do := d.frameKey(s); do != nil {
			return do
		}
	}
	switch s.Key {
	case "e":
		return func(ctx app.Context) { d.onEdit(ctx, app.Event{}) }
	case "m":
		return func(ctx app.Context) { d.show(ctx, "menu") }
	case "f":
		return func(app.Context) { browser.FullScreen() }
	case "n":
		return d.askNew
	case "a":
		if d.editing() {
			return d.addPanel
		}
	}
	return nil
}

// frameKey is what a key does to the panel whose frame has the focus.
func (d *desk) frameKey(s stroke) func(app.Context) {
	at := s.Frame
	steps := map[string][2]int{"ArrowLeft": {-1, 0}, "ArrowRight": {1, 0}, "ArrowUp": {0, -1}, "ArrowDown": {0, 1}}
	if by, is := steps[s.Key]; is {
		if s.Shift {
			return func(ctx app.Context) { d.resize(ctx, at, by[0], by[1]) }
		}
		return func(ctx app.Context) { d.shift(ctx, at, by[0], by[1]) }
	}
	switch s.Key {
	case "Enter":
		return func(ctx app.Context) { d.configure(ctx, at) }
	case "Delete", "Backspace":
		return func(ctx app.Context) { d.remove(ctx, at) }
	case "d":
		return func(ctx app.Context) { d.duplicate(ctx, at) }
	}
	return nil
}
