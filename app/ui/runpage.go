package ui

import (
	"errors"
	"strings"
	"time"

	"telltale/app/live"
	"telltale/shared/access"
	"telltale/shared/run"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// RunPage is a run: how it stands, its output as it comes, and what can be done with both.
type RunPage struct {
	shell
	id    string
	run   run.Run
	none  bool // there is no such run
	shown bool
	fresh bool // only what is new is shown
	aside bool
	sure  bool // the next press stops it
	asked time.Time
	now   int64
}

// OnInit takes the run before the first render in the browser.
func (p *RunPage) OnInit() {
	if app.IsServer {
		return
	}
	p.begin()
	p.at(app.Window().URL().Path)
}

// at is a run's page, as far as it is known.
func (p *RunPage) at(path string) {
	*p = RunPage{shell: p.shell, id: strings.TrimPrefix(path, "/runs/"), shown: p.shown}
	if !app.IsServer {
		p.now = max(p.first.Now, time.Now().UnixMilli())
	}
	p.run = run.Run{ID: p.id, Command: p.id, State: run.Running}
	p.none, p.first.None = p.first.None, false
	for _, r := range p.first.Runs {
		if r.ID == p.id {
			p.run = r
		}
	}
}

func (p *RunPage) look() live.Look { return live.Look{Rooms: []string{run.Room(p.id)}} }

// OnPreRender looks up what to show, on the server.
func (p *RunPage) OnPreRender(ctx app.Context) {
	path := ctx.Page().URL().Path
	p.at(path)
	p.ask(ctx, path, p.look(), pageLines)
	if source := p.source(ctx); source != nil {
		r, is, err := source.Run(p.id)
		if err != nil {
			app.Log("pre-render without the run:", err)
		}
		if p.none = !is && err == nil; p.none {
			p.first.None = true
		} else if is {
			p.first.Runs = []run.Run{r}
			p.run = r
		}
	}
	p.now = p.first.Now
	p.title(ctx)
}

func (p *RunPage) title(ctx app.Context) { ctx.Page().SetTitle(plain(p.run.Command + " · Telltale")) }

// OnMount starts what moves.
func (p *RunPage) OnMount(ctx app.Context) {
	p.shown = true
	p.open(ctx)
	ctx.Update()
	p.refresh(ctx)
}

// OnDismount ends the asking.
func (p *RunPage) OnDismount() { p.shown = false }

// OnNav follows the URL.
func (p *RunPage) OnNav(ctx app.Context) {
	if app.IsServer {
		return
	}
	if path := app.Window().URL().Path; path != runPath(p.id) {
		p.at(path)
		p.open(ctx)
	}
}

func (p *RunPage) open(ctx app.Context) {
	p.title(ctx)
	browser.Open(p.look(), p.first, nil)
}

// refresh counts the seconds of a run, and asks how it stands.
func (p *RunPage) refresh(ctx app.Context) {
	if !p.shown {
		return
	}
	p.now = browser.Now()
	every := restEvery
	if !p.run.State.Final() {
		every = runsEvery
	}
	if !p.none && !p.run.State.Settled() && time.Since(p.asked) >= every && !hidden() {
		p.asked = time.Now()
		p.hear(ctx)
	}
	ctx.After(time.Second, p.refresh)
}

// hear asks how the run stands.
func (p *RunPage) hear(ctx app.Context) {
	id := p.id
	ctx.Async(func() {
		r, err := browser.Run(id)
		ctx.Dispatch(func(ctx app.Context) {
			switch {
			case id != p.id:
			case errors.Is(err, live.ErrNone):
				p.none = true
			case err == nil:
				p.run, p.none = r, false
				p.title(ctx)
			}
		})
	})
}

// Render draws the page.
func (p *RunPage) Render() app.UI {
	if p.id == "" {
		return app.Div() // the server's first render, before OnPreRender
	}
	room := run.Room(p.id)
	main := app.Main().ID("run").Class("inner room run").TabIndex(-1).DataSet("aside", attr(yes(p.aside)))
	return p.page("whole", "/runs", "run", "Skip to the run", main.Body(
		app.Div().Class("toolbar").Body(
			app.Div().Class("title").Body(
				app.H1().Text(p.run.Command),
				app.P().ID("standing").Body(p.standing()...),
			),
			p.update(),
			app.If(p.run.State == run.Running && p.run.Host == "" && !p.none && p.may(access.Run, access.Commands, p.run.Command), p.stopper),
			app.Button().Type("button").ID("beside").Class("chip beside").Aria("expanded", attr(trueOr(p.aside))).Aria("controls", "aside").
				OnClick(func(app.Context, app.Event) { p.aside = !p.aside }).
				Body(glyph("prompt"), app.Span().Text("About")),
		),
		app.Div().Class("talk").Body(
			app.If(!p.none, func() app.UI {
				return &LogTools{Room: room, Fresh: p.fresh, OnFresh: func(fresh bool) { p.fresh = fresh }}
			}),
			&Log{Room: room, Run: true, Gone: p.none, Title: p.run.Command, Early: p.first.Rooms[room]},
		),
		app.Aside().ID("aside").Aria("label", "About this run").Body(p.about(), &Members{Room: room, Early: p.first.Rooms[room]}),
	))
}

func (p *RunPage) standing() []app.UI {
	if p.none {
		return []app.UI{app.Span().Text("There is no such run, or it is no longer kept")}
	}
	return []app.UI{runStanding(p.run), runLasting(p.run, p.now)}
}

// about is what is known besides.
func (p *RunPage) about() app.UI {
	if p.none {
		return app.Div().Class("terminal").Body(
			app.H2().Text("This run"),
			app.P().Text("Nothing is known of it: it was never run here, or so long ago that it is no longer kept."),
			app.P().Class("facts").Body(app.A().Href("/runs").Text("All runs")),
		)
	}
	fact := func(name string, is ...app.UI) app.UI {
		return app.Div().Body(app.Dt().Text(name), app.Dd().Body(is...))
	}
	return app.Div().Class("terminal").Body(
		app.H2().Text("This run"),
		app.Dl().Class("facts").Body(
			fact("Started", app.Time().DateTime(stamp(p.run.Started)).Text(ago(p.now-p.run.Started))),
			app.If(whose(p.run) != "", func() app.UI { return fact("By", app.Bdi().Text(whose(p.run))) }),
			app.If(p.run.Room != "", func() app.UI {
				return fact("Also in", app.A().Href(roomPath(p.run.Room)).Text(p.run.Room))
			}),
			app.If(len(p.run.Args) > 0, func() app.UI { return fact("With", app.Bdi().Text(argumentsOf(p.run))) }),
			fact("Output", app.Span().Text(many(p.run.Lines, "line")+", "+sizeOf(int(p.run.Bytes)))),
		),
		app.P().Body(app.A().ID("download").Class("chip").Href(outputPath(p.id)).Attr("download", attr("")).
			Body(glyph("down"), app.Span().Text("Download the output"))),
		app.P().Text("Its output from a terminal, from the start:"),
		&Curl{Line: followLine(p.first.Base, run.Room(p.id)) + "?since=all", Of: "following this run"},
	)
}

// stopFor is how long the second press is waited for.
const stopFor = 5 * time.Second

// stopper is the button that stops the run: once to ask, twice to do it.
func (p *RunPage) stopper() app.UI {
	text := "Stop"
	if p.sure {
		text = "Press again to stop it"
	}
	return app.Button().Type("button").ID("stop").Class("chip danger").DataSet("sure", attr(yes(p.sure))).OnClick(p.stop).Text(text)
}

func (p *RunPage) stop(ctx app.Context, _ app.Event) {
	if !p.sure {
		p.sure = true
		ctx.After(stopFor, func(app.Context) { p.sure = false })
		return
	}
	p.sure = false
	id := p.id
	ctx.Async(func() {
		refused := browser.Post("DELETE", "/api/v1/runs/"+id, "")
		ctx.Dispatch(func(ctx app.Context) {
			if refused != "" {
				notice(ctx, refused)
			}
			p.hear(ctx)
		})
	})
}
