package ui

import (
	"telltale/shared/board"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// TextCard is a panel of a text. The server makes HTML of it, and only what comes from
// there is ever shown.
type TextCard struct {
	app.Compo
	Panel board.Panel
	Early string // HTML of Panel.Text; "" where it has to be asked for

	made  string // HTML as it was last answered
	asked string // the text that was asked for last
}

// Render draws it.
func (c *TextCard) Render() app.UI {
	made := c.made // of the text before, while the next is asked for
	if c.Early != "" || c.Panel.Text == "" {
		made = c.Early
	}
	return sized(app.Article().Class("card text"), c.Panel).DataSet("panel", attr(c.Panel.ID)).DataSet("kind", string(c.Panel.Kind)).Body(
		app.If(c.Panel.Title != "", func() app.UI {
			return app.Header().Class("card-head").Body(app.H2().Text(c.Panel.Title))
		}),
		app.Raw(`<div class="prose" role="group" tabindex="0">`+made+`</div>`), // a person without a mouse scrolls it too,
	)
}

// OnMount asks for what is not known.
func (c *TextCard) OnMount(ctx app.Context) { c.ask(ctx) }

// OnUpdate does too: the text may be another.
func (c *TextCard) OnUpdate(ctx app.Context) { c.ask(ctx) }

func (c *TextCard) ask(ctx app.Context) {
	text := c.Panel.Text
	if c.Early != "" {
		c.made, c.asked = c.Early, text
	}
	if text == c.asked || text == "" {
		return
	}
	c.asked = text
	ctx.Async(func() {
		made, err := browser.Markdown(text)
		ctx.Dispatch(func(app.Context) {
			switch {
			case c.asked != text: // it is another by now
			case err != nil:
				c.asked = "" // the next update asks again
			default:
				c.made = made
			}
		})
	})
}

// textOf is the HTML of a text panel, where it is known.
func (p *place) textOf(panel board.Panel) string {
	if p.texts[panel.ID] == panel.Text {
		return p.html[panel.ID]
	}
	return ""
}
