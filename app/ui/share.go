package ui

import (
	"encoding/json"
	"slices"

	"telltale/shared/access"
	"telltale/shared/fresh"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// sharing is what the dialog that shares a board knows.
type sharing struct {
	expires string
	made    *access.Shared // the link that was just made: nobody is told it again
	links   []access.Share
	asked   bool
	making  bool
	sure    string // the link that the next press revokes
	wrong   string
	copied  string // the id of the field whose text was copied
}

// lasts are how long a link may last.
var lasts = [...][2]string{{"1h", "an hour"}, {"1d", "a day"}, {"7d", "7 days"}, {"30d", "30 days"}, {"90d", "90 days"}, {"1y", "a year"}}

func sharesPath(id string) string { return "/api/v1/boards/" + id + "/shares" }

// guarded tells whether links are made for who has no token.
func (d *desk) guarded() bool { return d.page.first.Me != nil && !d.page.first.Me.Open }

func (d *desk) onShareSheet(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	d.sharing = &sharing{expires: "30d"}
	d.show(ctx, "share")
	d.listShares()
}

// links tells whether the viewer may make links to the board.
func (d *desk) links() bool {
	return d.guarded() && d.page.may(access.Board, access.Boards, d.page.at.board.ID)
}

func (d *desk) listShares() {
	s, id := d.sharing, d.page.at.board.ID
	if !d.links() {
		return
	}
	d.ctx.Async(func() {
		var links []access.Share
		answer, wrong := browser.Call("GET", sharesPath(id), "")
		if wrong == "" && json.Unmarshal([]byte(answer), &links) != nil {
			wrong = "The server answered with something else than links."
		}
		d.ctx.Dispatch(func(app.Context) {
			if d.sharing == s {
				s.links, s.wrong, s.asked = links, wrong, true
			}
		})
	})
}

func (d *desk) shareLeaf() app.UI {
	s, b := d.sharing, d.page.at.board
	if s == nil {
		return app.Div()
	}
	says := "Whoever reaches this server sees this board there."
	if d.guarded() {
		says = "For those who have a token, or a link of their own."
	}
	body := []app.UI{app.Elem("section").Class("share").Body(
		app.Elem("h3").Text("Its address"),
		d.address("share-address", "Address of what is shown", browser.Link()),
		app.P().Class("hint").Text(says),
	)}
	if d.links() {
		body = append(body, d.linkMaker(), d.linkList())
	}
	return leaf("Share "+titleOf(b), d.onShut, body)
}

// address is a line of text to copy.
func (d *desk) address(id, label, text string) app.UI {
	says, icon := "Copy", "copy"
	if d.sharing.copied == id {
		says, icon = "Copied", "done"
	}
	return app.Div().Class("address").Body(
		app.Input().ID(id).Type("text").ReadOnly(true).Attr("value", text).Aria("label", label),
		app.Button().Type("button").ID(id+"-copy").Class("chip").OnClick(d.onCopyAddress).Aria("label", says+": "+label).Body(glyph(icon), app.Span().Text(says)),
	)
}

// onCopyAddress copies what stands before the button.
func (d *desk) onCopyAddress(ctx app.Context, _ app.Event) {
	field := ctx.JSSrc().Get("previousElementSibling")
	browser.Copy(field.Get("value").String())
	id := field.Get("id").String()
	d.sharing.copied = id
	s := d.sharing
	d.ctx.After(copiedFor, func(app.Context) { s.copied = "" })
}

func (d *desk) linkMaker() app.UI {
	s := d.sharing
	options := []app.UI{}
	for _, each := range lasts {
		options = append(options, app.Elem("option").Attr("value", each[0]).Attr("selected", each[0] == s.expires).Text(each[1]))
	}
	return app.Elem("section").Class("share").Body(
		app.Elem("h3").Text("A link that only shows it"),
		app.P().Class("hint").Text("Whoever has it sees this board and nothing else, changes nothing, and needs no token."),
		either(s.made == nil, func() app.UI {
			return app.Div().Class("make-link").Body(
				app.Label().For("share-expires").Text("For"),
				app.Elem("select").ID("share-expires").OnChange(d.onLasts).Body(options...),
				app.Button().Type("button").ID("share-make").Class("chip full").Disabled(s.making).OnClick(d.onMakeLink).Text("Make a link"),
			)
		}),
		either(s.made != nil, func() app.UI {
			return app.Div().Body(
				d.address("share-link", "The link", s.made.URL),
				app.P().Class("hint").Attr("role", "status").Text("Copy it now: it is not shown again."),
			)
		}),
		either(s.wrong != "", func() app.UI { return app.P().Class("wrong").Attr("role", "alert").Text(s.wrong) }),
	)
}

func (d *desk) onLasts(ctx app.Context, _ app.Event) {
	d.sharing.expires = ctx.JSSrc().Get("value").String()
}

func (d *desk) onMakeLink(app.Context, app.Event) {
	s, id := d.sharing, d.page.at.board.ID
	s.making, s.wrong = true, ""
	d.ctx.Async(func() {
		var made access.Shared
		answer, wrong := browser.Call("POST", sharesPath(id), `{"expires":"`+s.expires+`"}`)
		if wrong == "" && (json.Unmarshal([]byte(answer), &made) != nil || made.URL == "") {
			wrong = "The server answered with something else than a link."
		}
		d.ctx.Dispatch(func(ctx app.Context) {
			s.making = false
			if d.sharing != s {
				return
			}
			if s.wrong = wrong; wrong == "" {
				s.made = &made
				d.listShares()
				d.ctx.Defer(func(app.Context) { focus("share-link-copy") })
			}
		})
	})
}

func (d *desk) linkList() app.UI {
	s := d.sharing
	var rows []app.UI
	for _, each := range s.links {
		rows = append(rows, &LinkRow{Desk: d, Link: each, Sure: s.sure == each.ID})
	}
	return either(len(rows) > 0, func() app.UI {
		return app.Elem("section").Class("share").Body(app.Elem("h3").Text("Links there are"), app.Ul().ID("share-list").Class("share-list").Body(rows...))
	})
}

// LinkRow is one link to the board.
type LinkRow struct {
	app.Compo
	Desk *desk
	Link access.Share
	Sure bool // the next press revokes it
}

// CompoID tells rows apart.
func (r *LinkRow) CompoID() string { return r.Link.ID }

// Render draws it.
func (r *LinkRow) Render() app.UI {
	now := browser.Now()
	says := "made " + ago(max(now-r.Link.Created, 0))
	if r.Link.By != "" {
		says += " by " + r.Link.By
	}
	text := "Revoke"
	if r.Sure {
		text = "Press again"
	}
	return app.Li().DataSet("share", r.Link.ID).Body(
		app.Span().Class("share-says").Body(
			app.Span().Text(endsIn(r.Link.Expires, now)),
			app.Bdi().Class("hint").Text(says),
		),
		app.Button().Type("button").Class("chip danger").DataSet("sure", attr(yes(r.Sure))).Aria("label", text+": the link "+says).OnClick(r.revoke).Text(text),
	)
}

// endsIn says how long something holds, to the nearest minute.
func endsIn(end, now int64) string { return "Ends in " + fresh.Lapse(max(end-now+30*second, 0)) }

func (r *LinkRow) revoke(ctx app.Context, _ app.Event) {
	d, s, id := r.Desk, r.Desk.sharing, r.Link.ID
	if s == nil {
		return
	}
	if !r.Sure {
		s.sure = id
		d.ctx.After(stopFor, func(app.Context) { s.sure = "" })
		return
	}
	s.sure = ""
	d.ctx.Async(func() {
		_, wrong := browser.Call("DELETE", "/api/v1/shares/"+id, "")
		d.ctx.Dispatch(func(ctx app.Context) {
			if s.wrong = wrong; wrong != "" {
				return
			}
			s.links = slices.DeleteFunc(slices.Clone(s.links), func(o access.Share) bool { return o.ID == id })
			if s.made != nil && s.made.ID == id {
				s.made = nil
			}
			notice(d.ctx, "The link is revoked: who looks by it no longer sees anything")
			d.ctx.Defer(func(app.Context) { focus("share-expires") })
		})
	})
}
