package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// themes in the order in which the button goes through them.
var themes = [...]string{"auto", "light", "dark"}

// Theme is the button that switches between light, dark and what the system says.
// The choice is kept by web/first.js, which sets it before the first paint.
type Theme struct {
	app.Compo
	choice string
}

// OnMount reads the choice.
func (t *Theme) OnMount(ctx app.Context) {
	breathe()
	if t.choice = app.Window().Get("telltale").Call("theme").String(); t.choice != themes[0] {
		ctx.Update()
	}
}

// Render draws it.
func (t *Theme) Render() app.UI {
	choice := t.choice
	if choice == "" {
		choice = themes[0]
	}
	label := "Colours: " + choice + ". Switch to " + next(choice)
	return app.Button().Type("button").ID("theme").Class("icon").Aria("label", attr(label)).Title(attr(label)).
		DataSet("theme", choice).OnClick(t.turn).Body(glyph(choice))
}

func (t *Theme) turn(app.Context, app.Event) {
	t.choice = next(t.choice)
	app.Window().Get("telltale").Call("setTheme", t.choice)
}

func next(choice string) string {
	for i, theme := range themes {
		if theme == choice {
			return themes[(i+1)%len(themes)]
		}
	}
	return themes[1]
}
