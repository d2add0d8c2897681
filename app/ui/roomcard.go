package ui

import (
	"time"

	"telltale/shared/board"
	"telltale/shared/fresh"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// RoomCard is a panel of a room: its lines, or who is there.
type RoomCard struct {
	app.Compo
	Panel board.Panel
	Base  string
	Early RoomView
	Now   int64 // when the server drew the page
	Past  bool  // it is shown as it was

	said  int64 // when its newest message was said; 0 while that is not known
	shown bool
	looks bool // now and then, how old that is
}

// Render draws it.
func (c *RoomCard) Render() app.UI {
	card := sized(app.Article().Class("card room"), c.Panel).DataSet("panel", attr(c.Panel.ID)).DataSet("kind", string(c.Panel.Kind))
	head := app.Header().Class("card-head").Body(
		app.H2().Body(app.A().Href(roomPath(c.Panel.Room)).Text(c.title())),
		app.Span().Class("of").Text(c.Panel.Room),
		promised(card, c.Panel, c.Past, max(c.Now, c.now()), c.newest(), "nothing said"),
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

// OnMount begins to look how old the newest message is, where that was promised.
func (c *RoomCard) OnMount(ctx app.Context) {
	c.shown = true
	c.OnUpdate(ctx)
}

// OnUpdate does too: it may be promised from now on.
func (c *RoomCard) OnUpdate(ctx app.Context) {
	if !c.looks && c.promises() {
		c.looks = true
		ctx.Update()
		c.refresh(ctx)
	}
}

func (c *RoomCard) promises() bool { return c.Panel.Kind == board.Log && c.Panel.Every != 0 }

// OnDismount ends it.
func (c *RoomCard) OnDismount() { c.shown = false }

func (c *RoomCard) refresh(ctx app.Context) {
	if !c.shown || !c.promises() {
		c.looks = false
		return
	}
	if said := browser.Said(c.Panel.Room); said != 0 {
		c.said = said
	}
	ctx.After(time.Second, c.refresh)
}

func (c *RoomCard) now() int64 {
	if browser == nil || !c.shown {
		return 0
	}
	return browser.Now()
}

// newest is when the newest message was said, as far as is known; 0 for never.
func (c *RoomCard) newest() int64 {
	if n := len(c.Early.Messages); c.said == 0 && n > 0 {
		return c.Early.Messages[n-1].Time
	}
	return c.said
}

// promised says on a card how far what was promised has been kept: something new at least every so often. It is nil
// where nothing was promised, or the past is shown. never says that there was nothing yet.
func promised(card app.HTMLArticle, p board.Panel, past bool, now, newest int64, never string) app.UI {
	if p.Every == 0 || past {
		return nil
	}
	said := fresh.Panel(now, int64(p.Every), []fresh.Value{{Written: newest, Heard: now}})
	if newest == 0 {
		said.Words = never
	}
	card.DataSet("trust", said.State.String())
	return app.Span().Class("age").Text(said.Words)
}

func (c *RoomCard) title() string {
	if c.Panel.Title != "" {
		return c.Panel.Title
	}
	return c.Panel.Room
}
