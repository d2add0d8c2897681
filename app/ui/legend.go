package ui

import (
	"strconv"

	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Key is one name of a legend: a button that hides its series, and shows it again.
type Key struct {
	app.Compo
	Panel  string
	Metric metric.ID
	Title  string
	Nth    int // which colour it has
}

// Render draws it.
func (k *Key) Render() app.UI {
	shown := "true"
	if browser != nil && browser.Hides(k.Panel, k.Metric) {
		shown = "false"
	}
	return app.Button().Type("button").Class("name s"+strconv.Itoa(k.Nth)).Aria("pressed", attr(shown)).
		Title(attr(k.Title)).OnClick(k.press).Text(k.Title)
}

func (k *Key) press(app.Context, app.Event) { browser.Hide(k.Panel, k.Metric) }
