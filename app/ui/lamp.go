package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// Lamp tells the connection's state. The stage keeps its words and its data-state
// ("connecting", "live", "lost") up to date. What counts seconds is not read out to a
// screen reader; it hears the state when that changes.
type Lamp struct{ app.Compo }

// Render draws it as it is before anything was heard.
func (l *Lamp) Render() app.UI {
	return app.Div().ID("lamp").Class("lamp").DataSet("state", "connecting").Body(
		app.Span().Class("bulb").Aria("hidden", attr("true")),
		app.Span().Class("says").Aria("hidden", attr("true")).Text("Connecting"),
		app.Span().Class("unseen").Attr("role", "status").Text("Connecting to the server"),
	)
}
