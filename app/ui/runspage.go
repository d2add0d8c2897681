package ui

import (
	"strings"
	"time"

	"telltale/shared/access"
	"telltale/shared/run"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// How often runs are asked for: while one runs, and otherwise.
const (
	runsEvery = 2 * time.Second
	restEvery = 5 * time.Second
)

// firstRuns is how many runs a page is given at first.
const firstRuns = 200

// RunsPage lists the runs, the newest first.
type RunsPage struct {
	shell
	sought string // part of a command, a user's or a host's name
	shown  bool   // the page is on the screen
	asked  time.Time
	now    int64
}

// OnInit takes the list before the first render in the browser.
func (p *RunsPage) OnInit() {
	if !app.IsServer {
		p.begin()
		p.now = max(p.first.Now, time.Now().UnixMilli())
	}
}

// OnPreRender looks up what to show, on the server.
func (p *RunsPage) OnPreRender(ctx app.Context) {
	p.list(ctx, "Runs", "/runs")
	p.first.Runs, p.now = p.runs(ctx), p.first.Now
}

// OnMount starts what moves.
func (p *RunsPage) OnMount(ctx app.Context) {
	p.follow(ctx, "Runs")
	p.shown = true
	p.refresh(ctx)
}

// OnDismount ends the asking.
func (p *RunsPage) OnDismount() { p.shown = false }

// refresh counts the seconds, and asks for the list now and then while somebody looks.
func (p *RunsPage) refresh(ctx app.Context) {
	if !p.shown {
		return
	}
	p.now = browser.Now()
	every := restEvery
	for _, r := range p.first.Runs {
		if !r.State.Final() {
			every = runsEvery
		}
	}
	if time.Since(p.asked) >= every && !hidden() {
		p.asked = time.Now()
		ctx.Async(func() {
			runs, err := browser.Runs()
			ctx.Dispatch(func(app.Context) {
				if err == nil {
					p.first.Runs = runs
				}
			})
		})
	}
	ctx.After(time.Second, p.refresh)
}

// hidden tells whether nobody looks at the page.
func hidden() bool { return app.Window().Get("document").Get("hidden").Truthy() }

// Render draws the page.
func (p *RunsPage) Render() app.UI {
	var rows []app.UI
	var found int
	for _, r := range p.first.Runs {
		if !strings.Contains(strings.ToLower(r.Command+" "+whose(r)+" "+r.Room), strings.ToLower(p.sought)) {
			continue
		}
		if found++; found <= firstRuns {
			rows = append(rows, p.row(r))
		}
	}
	return p.page("", "/runs", "runs", "Skip to the runs", app.Main().ID("runs").Class("inner rooms runs").TabIndex(-1).Body(
		app.Div().Class("toolbar").Body(
			app.H1().Text("Runs"),
			p.update(),
			app.Div().Class("seek").Body(
				app.Label().Class("unseen").For("seek").Text("Find a run"),
				app.Input().ID("seek").Type("search").Placeholder("Find a run").MaxLength(128).
					AutoComplete(false).Attr("spellcheck", "false").Attr("autocapitalize", "off").OnInput(p.seek),
			),
		),
		app.Ul().Class("list").Body(rows...),
		app.If(found > firstRuns, func() app.UI {
			return app.P().Class("quiet").Text("and " + grouped(uint64(found-firstRuns)) + " more: name a part of the one you want")
		}),
		app.If(len(p.first.Runs) == 0 && p.has(access.Run), func() app.UI {
			return app.Article().Class("card invitation").Body(
				app.Header().Class("card-head").Body(app.H2().Text("Run a command in front of everybody")),
				app.P().Text("It runs where you are, with its output as ever. Everybody who looks sees each line as it comes, and how it ended stays here."),
				&Curl{Line: runLine("build"), Of: "running a command"},
			)
		}),
		app.If(found == 0 && len(p.first.Runs) > 0, func() app.UI {
			return app.P().Class("quiet").Text("No run has that in its command, its room or its user's name.")
		}),
	))
}

func (p *RunsPage) row(r run.Run) app.UI {
	return app.Li().Body(app.A().Href(runPath(r.ID)).DataSet("run", attr(r.ID)).Body(
		app.Span().Class("room-name").Text(r.Command),
		runStanding(r),
		runLasting(r, p.now),
		app.Span().Class("by").Text(whose(r)),
		app.Span().Class("when").Text(ago(p.now-r.Started)),
	))
}

func (p *RunsPage) seek(ctx app.Context, _ app.Event) {
	p.sought = strings.TrimSpace(ctx.JSSrc().Get("value").String())
}
