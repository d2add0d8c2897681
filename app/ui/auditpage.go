package ui

import (
	"cmp"
	"encoding/json"
	"strconv"

	"telltale/shared/access"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// auditAtOnce is how many lines of the audit a page shows.
const auditAtOnce = 100

// AuditPage lists who changed what, the newest first. The URL says before which line.
type AuditPage struct {
	shell
	before string
	found  access.Audit
	asked  bool
	wrong  string
	now    int64
}

// OnInit takes what the page came with, in the browser.
func (p *AuditPage) OnInit() {
	if !app.IsServer {
		p.begin()
	}
}

// OnPreRender draws the page around the lines, which the app asks for.
func (p *AuditPage) OnPreRender(ctx app.Context) {
	p.list(ctx, "Audit", "/audit")
}

// OnMount starts what moves.
func (p *AuditPage) OnMount(ctx app.Context) {
	p.follow(ctx, "Audit")
	p.read(ctx)
}

// OnNav follows the URL.
func (p *AuditPage) OnNav(ctx app.Context) {
	if !app.IsServer && p.asked && p.before != beforeOf() {
		p.read(ctx)
		app.Window().Call("scrollTo", 0, 0)
	}
}

func beforeOf() string { return app.Window().URL().Query().Get("before") }

func (p *AuditPage) read(ctx app.Context) {
	p.before = beforeOf()
	before := p.before
	query := "?limit=" + strconv.Itoa(auditAtOnce)
	if _, err := strconv.ParseUint(before, 10, 64); err == nil {
		query += "&before=" + before
	}
	ctx.Async(func() {
		var found access.Audit
		answer, wrong := browser.Call("GET", "/api/v1/audit"+query, "")
		if wrong == "" && json.Unmarshal([]byte(answer), &found) != nil {
			wrong = "The server answered with something else than the audit."
		}
		ctx.Dispatch(func(app.Context) {
			if p.before == before {
				p.found, p.wrong, p.asked, p.now = found, wrong, true, browser.Now()
			}
		})
	})
}

// Render draws the page.
func (p *AuditPage) Render() app.UI {
	var rows []app.UI
	for _, e := range p.found.Events {
		rows = append(rows, p.row(e))
	}
	return p.page("", "/audit", "audit", "Skip to the audit", app.Main().ID("audit").Class("inner rooms audit").TabIndex(-1).Body(
		app.Div().Class("toolbar").Body(app.H1().Text("Audit"), p.update()),
		app.P().Class("quiet").Attr("role", "status").Text(p.says()),
		either(len(rows) > 0, func() app.UI {
			return app.Elem("table").Class("events").Body(
				app.Elem("caption").Class("unseen").Text("Who changed what, the newest first"),
				app.Elem("thead").Body(app.Elem("tr").Body(heading("When"), heading("Who"), heading("What"))),
				app.Elem("tbody").Body(rows...),
			)
		}),
		app.Nav().Class("pages").Aria("label", "Pages of the audit").Body(
			either(p.before != "", func() app.UI { return app.A().ID("newest").Class("chip").Href("/audit").Text("The newest") }),
			either(p.found.Next != 0, func() app.UI {
				return app.A().ID("older").Class("chip").Href("/audit?before=" + strconv.FormatUint(p.found.Next, 10)).Text("Older ones")
			}),
		),
	))
}

func heading(text string) app.UI { return app.Elem("th").Attr("scope", "col").Text(text) }

func (p *AuditPage) says() string {
	switch {
	case p.wrong != "":
		return p.wrong
	case !p.asked:
		return "Asking who changed what"
	case len(p.found.Events) == 0 && p.before == "":
		return "Nothing was changed yet. Tokens, links, boards, runs, screens and what becomes of metrics are noted here."
	case len(p.found.Events) == 0:
		return "Nothing older is kept."
	}
	return ""
}

func (p *AuditPage) row(e access.Event) app.UI {
	who := cmp.Or(e.User, "somebody")
	return app.Elem("tr").Body(
		app.Elem("td").Class("when").Body(app.Time().DateTime(stamp(e.Time)).Title(attr(ago(max(p.now-e.Time, 0)))).Text(moment(e.Time, p.now, zone))),
		app.Elem("td").Class("who-did").Body(app.Bdi().Text(who), either(e.From != "", func() app.UI { return app.Span().Class("hint").Text(e.From) })),
		app.Elem("td").Class("did").Body(
			app.Span().Text(didWords(e.Did)), app.Text(" "), app.Bdi().Text(e.About),
			either(e.More != "", func() app.UI { return app.Bdi().Class("hint").Text(e.More) }),
		),
	)
}

// did are the words for what was done.
var did = map[string]string{
	"token.create": "made the token", "token.revoke": "revoked the token",
	"share.create": "made a link to the board", "share.revoke": "revoked a link to the board",
	"board.put": "saved the board", "board.delete": "deleted the board",
	"run.start": "started", "run.stop": "stopped the run",
	"metric.declare": "declared the metric", "metric.delete": "deleted the metric",
	"screen.order": "ordered the screen",
}

func didWords(what string) string { return cmp.Or(did[what], what) }
