package ui

import (
	"time"

	"telltale/shared/board"
	"telltale/shared/run"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// RunCard is a panel of a command: how its newest run stands, and its last lines.
type RunCard struct {
	app.Compo
	Panel board.Panel
	Base  string
	Early []run.Run           // as the server knew them
	Rooms map[string]RoomView // of these
	Now   int64
	Past  bool // it is shown as it was

	run   run.Run
	then  bool // it is of the past
	shown bool
	asked time.Time
}

// Render draws it.
func (c *RunCard) Render() app.UI {
	r, now := c.run, max(c.Now, c.now())
	if c.Past {
		now = c.now()
	}
	if c.then != c.Past {
		r = run.Run{}
	}
	if r.ID == "" && !c.Past {
		r, _ = ranIn(c.Early, c.Panel.Command)
	}
	card := sized(app.Article().Class("card room"), c.Panel).DataSet("panel", attr(c.Panel.ID)).DataSet("kind", string(c.Panel.Kind))
	age := promised(card, c.Panel, c.Past, now, r.Started, "never run")
	if r.ID == "" {
		return card.Body(
			app.Header().Class("card-head").Body(app.H2().Body(app.A().Href("/runs").Text(c.title(r))), age),
			app.P().Class("none").Text(c.nothing()),
			&Curl{Line: runLine(""), Of: c.title(r)},
		)
	}
	room := run.Room(r.ID)
	return card.DataSet("run", attr(r.ID)).Body(
		app.Header().Class("card-head").Body(
			app.H2().Body(app.A().Href(runPath(r.ID)).Text(c.title(r))),
			app.If(age == nil, func() app.UI { return app.Span().Class("of").Text(ago(now - r.Started)) }),
			age,
		),
		app.P().Class("stands").Body(runStanding(r), runLasting(r, now)),
		&Log{Room: room, Small: true, Run: true, Early: c.early(room)},
		&Curl{Line: followLine(c.Base, room), Of: c.title(r)},
	)
}

func (c *RunCard) now() int64 {
	if browser == nil || !c.shown {
		return 0
	}
	return browser.Now()
}

func (c *RunCard) title(r run.Run) string {
	switch {
	case c.Panel.Title != "":
		return c.Panel.Title
	case r.Command != "":
		return r.Command
	case c.Panel.Command != "":
		return c.Panel.Command
	}
	return "Runs"
}

// OnMount starts the asking.
func (c *RunCard) OnMount(ctx app.Context) {
	breathe()
	c.shown = true
	c.refresh(ctx)
	ctx.Update()
}

// OnUpdate takes notice that it may be the panel of another command, or of another time.
func (c *RunCard) OnUpdate(ctx app.Context) {
	if c.shown && c.then != c.Past {
		c.then, c.run, c.asked = c.Past, run.Run{}, time.Time{}
		ctx.Async(func() { ctx.Dispatch(c.refreshOnce) })
	}
	if of := c.Panel.Command; of != "" && c.run.ID != "" && c.run.Command != of || of == "" {
		c.asked = time.Time{}
		if of != "" {
			c.run = run.Run{}
		}
	}
}

// nothing says that nothing ran.
func (c *RunCard) nothing() string {
	if c.Past {
		return "Nothing had run by then."
	}
	return "Nothing has run yet. What runs like this is seen by everybody who looks, and how it ended stays."
}

func (c *RunCard) early(room string) RoomView {
	if c.Past {
		return RoomView{}
	}
	return c.Rooms[room]
}

// OnDismount ends it.
func (c *RunCard) OnDismount() { c.shown = false }

// refresh counts the seconds of what runs, and asks for news.
func (c *RunCard) refresh(ctx app.Context) {
	if !c.shown {
		return
	}
	c.refreshOnce(ctx)
	ctx.After(time.Second, c.refresh)
}

func (c *RunCard) refreshOnce(ctx app.Context) {
	every := restEvery
	if c.Past || c.run.ID != "" && !c.run.State.Final() {
		every = runsEvery
	}
	if time.Since(c.asked) >= every && !hidden() {
		c.asked = time.Now()
		past := c.Past
		ctx.Async(func() {
			runs, err := browser.Runs()
			ctx.Dispatch(func(app.Context) {
				if r, is := ranIn(runs, c.Panel.Command); (is || past) && err == nil && past == c.Past {
					c.run, c.then = r, past
				}
			})
		})
	}
}
