package ui

import (
	"strings"
	"time"

	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// mine is what the viewer may, in the browser: as the page came with, and as the server tells.
var mine access.Me

// may tells whether the viewer may do something; where nobody has said so they may not.
func (s *shell) may(right access.Right, class access.Class, name string) bool {
	return s.first.Me != nil && s.first.Me.May(access.Need{Right: right, Class: class, Name: name})
}

// has tells whether the viewer has a right over anything.
func (s *shell) has(right access.Right) bool { return s.first.Me != nil && s.first.Me.Has(right) }

// sees tells whether the viewer may read what has that name; a share link reads what is on its board.
func (p *BoardPage) sees(class access.Class, name string) bool {
	me := p.first.Me
	return me == nil || me.Board != "" && me.Board == p.at.board.ID || p.may(access.Read, class, name)
}

// unseen says in words what a panel shows that the viewer may not see; "" where they may.
func (p *BoardPage) unseen(panel board.Panel) string {
	switch {
	case panel.Kind == board.Text:
	case panel.Kind == board.Run:
		if !p.sees(access.Commands, panel.Command) && (panel.Command != "" || !p.readsAny(access.Run)) {
			return "What runs here is not shown to you."
		}
	case panel.Kind.OfRoom():
		if !p.sees(access.Rooms, panel.Room) {
			return "What is said in " + panel.Room + " is not shown to you."
		}
	case len(panel.Queries) > 0:
		var names []string
		for _, q := range panel.Queries {
			// Of a pattern nothing can be told but what is there.
			if p.sees(access.Metrics, q.Metric) || metric.IsGlob(q.Metric) && p.readsAny(access.Read) {
				return ""
			}
			names = append(names, q.Metric)
		}
		return strings.Join(names, ", ") + " is not shown to you."
	}
	return ""
}

// readsAny tells whether the viewer reads anything by that right, or by that of reading.
func (p *BoardPage) readsAny(right access.Right) bool { return p.has(right) || p.has(access.Read) }

// UnseenCard stands for a panel that the viewer may not see.
type UnseenCard struct {
	app.Compo
	Panel board.Panel
	Why   string
}

// Render draws it.
func (c *UnseenCard) Render() app.UI {
	return sized(app.Article().Class("card unseen-card"), c.Panel).DataSet("panel", attr(c.Panel.ID)).DataSet("kind", string(c.Panel.Kind)).Body(
		app.Header().Class("card-head").Body(app.H2().Text(c.Panel.Name())),
		app.P().Class("none").Body(glyph("lock"), app.Span().Text(c.Why)),
	)
}

// Account is who looks and the way out, on a server that is not open to all.
type Account struct {
	app.Compo
	Me *access.Me

	shown  bool
	opened int
}

// OnMount asks what the viewer may where the page does not say it, or came from the cache.
func (a *Account) OnMount(ctx app.Context) { a.ask(ctx) }

// askAgain is how long it waits where the server does not answer.
const askAgain = 5 * time.Second

func (a *Account) ask(ctx app.Context) {
	if !browser.Doubts() {
		return
	}
	ctx.Async(func() {
		me, err := browser.Me()
		ctx.Dispatch(func(ctx app.Context) {
			if err != nil {
				ctx.After(askAgain, a.ask)
				return
			}
			mine = me
		})
	})
}

// Render draws it.
func (a *Account) Render() app.UI {
	me := a.Me
	switch {
	case me == nil || me.Open || !me.SignedIn && me.Board == "" && len(me.Scopes) == 0:
		return app.Div().Hidden(true)
	case !me.SignedIn:
		return app.Button().Type("button").ID("sign-in").Class("chip").OnClick(func(app.Context, app.Event) { browser.SignIn() }).
			Body(glyph("kind-presence"), app.Span().Text("Sign in"))
	}
	label := "Signed in as " + me.User
	return app.Div().Body(
		app.Button().Type("button").ID("account").Class("icon").Aria("label", attr(label)).Aria("haspopup", "dialog").Title(attr(label)).OnClick(a.show).Body(glyph("kind-presence")),
		either(a.shown, func() app.UI {
			return &Sheet{N: a.opened, Kind: "account", Light: true, Draw: a.leaf, Shut: func(_ app.Context, _ int) { a.shown = false }}
		}),
	)
}

func (a *Account) show(app.Context, app.Event) {
	a.shown = true
	a.opened++
}

// rightWords say what each right is, before the names it is over.
var rightWords = map[access.Right]string{
	access.Read: "looking at", access.Write: "changing", access.Room: "speaking in", access.Run: "running", access.Board: "arranging", access.Admin: "everything about",
}

func (a *Account) leaf() app.UI {
	me := a.Me
	var may []app.UI
	for _, text := range me.Scopes {
		right, glob, _ := strings.Cut(text, ":")
		words := rightWords[access.Right(right)]
		if glob == "" || glob == "*" {
			glob = ""
			words += " anything"
		}
		if right == string(access.Admin) && glob == "" {
			words = "everything"
		}
		may = append(may, app.Li().Body(app.Span().Text(words), app.If(glob != "", func() app.UI { return app.Code().Text(glob) })))
	}
	title := "Signed in as " + me.User
	if me.Board != "" {
		may = append(may, app.Li().Body(app.Span().Text("looking at the board"), app.Code().Text(me.Board)))
	}
	ends := ""
	if me.Expires != 0 {
		ends = endsIn(me.Expires, browser.Now()) + "."
	}
	return leaf(title, a.shut, []app.UI{
		app.P().Text("This gives you:"),
		app.Ul().Class("may").Body(may...),
		either(ends != "", func() app.UI { return app.P().Class("hint").Text(ends) }),
	}, app.Button().Type("button").ID("sign-out").Class("chip full").OnClick(func(app.Context, app.Event) { browser.SignOut() }).Text("Sign out"))
}

func (a *Account) shut(app.Context, app.Event) {
	app.Window().GetElementByID("dialog").Call("close")
}
