package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

const (
	noticeAction = "notice"
	noticeFor    = 6 * time.Second
)

// notice says a sentence at the foot of the page, for a while.
func notice(ctx app.Context, text string) { ctx.NewActionWithValue(noticeAction, text) }

// Notice is where it says it. A screen reader reads it out.
type Notice struct {
	app.Compo
	text  string
	shown int // notices so far: a timer ends only its own
}

// OnMount listens for notices.
func (n *Notice) OnMount(ctx app.Context) {
	breathe()
	ctx.Handle(noticeAction, func(ctx app.Context, a app.Action) {
		text, _ := a.Value.(string)
		n.shown++
		n.text = text
		mine := n.shown
		ctx.After(noticeFor, func(app.Context) {
			if n.shown == mine {
				n.text = ""
			}
		})
	})
}

// Render draws it.
func (n *Notice) Render() app.UI {
	return app.Div().Class("notice").Attr("role", "status").Body(
		app.If(n.text != "", func() app.UI { return app.P().Text(n.text) }),
	)
}
