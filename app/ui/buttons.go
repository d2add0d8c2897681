package ui

import (
	"net/url"

	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Buttons are + and − for a counter. A press asks the server; the number changes
// when its frame comes, so that it is never one the server does not have.
type Buttons struct {
	app.Compo
	Metric metric.ID
	Title  string
	Past   bool // what is shown is the past, which nobody changes

	waiting int // presses under way
}

// Render draws them.
func (b *Buttons) Render() app.UI {
	return app.Div().Class("buttons").Attr("role", "group").Aria("label", attr("Change "+b.Title)).Body(
		b.button("minus", "One less", "icon round", b.minus),
		b.button("plus", "One more", "icon round strong", b.plus),
	)
}

func (b *Buttons) button(name, does, class string, press app.EventHandler) app.UI {
	button := app.Button().Type("button").Class(class).DataSet("press", name).Aria("label", attr(does+": "+b.Title)).
		Title(attr(does)).OnClick(press).Body(glyph(name))
	if b.Past {
		button = button.Disabled(true)
	}
	return button
}

func (b *Buttons) plus(ctx app.Context, _ app.Event) {
	b.press(ctx, "POST", shop[b.Metric].plus, "+1")
}

func (b *Buttons) minus(ctx app.Context, _ app.Event) {
	b.press(ctx, "DELETE", shop[b.Metric].minus, "-1")
}

// mostWaiting bounds the presses of one counter that have no answer yet.
const mostWaiting = 20

// press asks the shop's path where the counter has one, and otherwise the metric's.
func (b *Buttons) press(ctx app.Context, method, path, step string) {
	if b.waiting >= mostWaiting {
		notice(ctx, "Not counted: the server has not answered the last presses yet")
		return
	}
	body := ""
	if path == "" {
		method, path, body = "POST", "/m/"+url.PathEscape(string(b.Metric)), step
	}
	b.waiting++
	ctx.Async(func() {
		refused := browser.Post(method, path, body)
		ctx.Dispatch(func(ctx app.Context) {
			b.waiting--
			if refused != "" {
				notice(ctx, refused)
			}
		})
	})
}
