package ui

import (
	"telltale/shared/board"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// RoomCard is a panel of a room: its lines, or who is there.
type RoomCard struct {
	app.Compo
	Panel board.Panel
	Base  string
	Early RoomView
	Past  bool // it is shown as it was
}

// Render draws it.
func (c *RoomCard) Render() app.UI {
	card := sized(app.Article().Class("card room"), c.Panel).DataSet("panel", attr(c.Panel.ID)).DataSet("kind", string(c.Panel.Kind))
	head := app.Header().Class("card-head").Body(
		app.H2().Body(app.A().Href(roomPath(c.Panel.Room)).Text(c.title())),
		app.Span().Class("of").Text(c.Panel.Room),
	)
	if c.Panel.Kind == board.Presence && c.Past {
		return card.Body(head, app.P().Class("none").Text("Who was here is not kept."), &Curl{Line: presenceLine(c.Base, c.Panel.Room), Of: c.title()})
	}
	if c.Past {
		c.Early = RoomView{}
	}
	if c.Panel.Kind == board.Presence {
		return card.Body(head,
			&Members{Room: c.Panel.Room, Early: c.Early},
			&Curl{Line: presenceLine(c.Base, c.Panel.Room), Of: c.title()},
		)
	}
	return card.Body(head,
		&Log{Room: c.Panel.Room, Small: true, Early: c.Early},
		&Curl{Line: tellLine(c.Base, c.Panel.Room), Of: c.title()},
	)
}

func (c *RoomCard) title() string {
	if c.Panel.Title != "" {
		return c.Panel.Title
	}
	return c.Panel.Room
}
