package ui

import (
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Invitation is a card for what is not there yet: how to post it.
type Invitation struct {
	app.Compo
	Base   string
	Metric metric.ID
	Here   bool // it stands on the metric's own page
}

// Render draws it.
func (i *Invitation) Render() app.UI {
	m := metric.Metric{ID: i.Metric}
	title, page := "Post a number", []app.UI{app.Span().Text("and has a page of its own at"), app.A().Href(metricPath(i.Metric)).Text("/m/" + string(i.Metric))}
	if i.Here {
		title, page = "There is no metric "+string(i.Metric)+" yet", []app.UI{app.Span().Text("and on this page.")}
	}
	return app.Article().Class("card invitation").Body(
		app.Header().Class("card-head").Body(app.H2().Text(title)),
		app.P().Text("Anything that can run curl has a panel here at once. Nothing to declare: the first value makes it."),
		app.P().Class("quiet").Body(append([]app.UI{
			app.Span().Text("It appears under"),
			app.A().Href("/b/all").Text("All metrics"),
		}, page...)...),
		&Curl{Line: curlLine(i.Base, m), Of: string(i.Metric)},
	)
}
