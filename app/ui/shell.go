package ui

import (
	"net/url"

	"telltale/app/live"
	"telltale/shared/access"
	"telltale/shared/run"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// shell is what every page has: what the server knew when it made the page, the
// masthead, and word of a new build.
type shell struct {
	app.Compo
	first   Island // as the server made the page; its metrics are kept up to date
	updated bool
	from    Source // on the server
}

// begin takes the island before the first render in the browser, so that the page
// mounts as the server drew it.
func (s *shell) begin() {
	breathe()
	if island := app.Window().GetElementByID(islandID); island.Truthy() {
		s.first, _ = readIsland(island.Get("textContent").String())
		if s.first.Me != nil {
			mine = *s.first.Me
		}
	}
	s.first.Me = &mine
	s.first.Base = base()
}

// base is what a curl line begins with: the page's own host, http as curl assumes it.
func base() string {
	location := app.Window().Get("location")
	if location.Get("protocol").String() == "http:" {
		return location.Get("host").String()
	}
	return location.Get("origin").String()
}

// ask looks up what to show, on the server.
func (s *shell) ask(ctx app.Context, path string, look live.Look, lines int) View {
	source := s.source(ctx)
	// go-app writes the path into the page's head unescaped, where a name could end the attribute.
	ctx.Page().ReplaceURL(&url.URL{Path: path})
	if source == nil {
		return View{}
	}
	me := source.Me()
	s.first.Me = &me
	view, err := source.View(look.Patterns, look.RangeMS, look.Points, mostDrawn)
	if err != nil {
		app.Log("pre-render without values:", err) // the app shows them once it is there
		return View{}
	}
	s.first = Island{Me: &me, Now: view.Now, Stale: view.Snapshot.Stale, Base: view.Base, Metrics: view.Metrics, Written: view.Snapshot.Written, Epoch: view.Snapshot.Epoch}
	for _, name := range look.Rooms {
		of, err := source.Room(name, lines)
		if err != nil {
			app.Log("pre-render without the room", name, ":", err)
			continue
		}
		if s.first.Rooms == nil {
			s.first.Rooms = map[string]RoomView{}
		}
		s.first.Rooms[name] = of
	}
	return view
}

// list begins a page that lists things, on the server.
func (s *shell) list(ctx app.Context, title, path string) {
	ctx.Page().SetTitle(title + " · Telltale")
	s.ask(ctx, path, live.Look{}, 0)
}

// follow has such a page be live, in the browser.
func (s *shell) follow(ctx app.Context, title string) {
	ctx.Page().SetTitle(title + " · Telltale")
	browser.Open(live.Look{}, s.first, nil)
	ctx.Update()
}

// runs are the newest, on the server.
func (s *shell) runs(ctx app.Context) []run.Run {
	source := s.source(ctx)
	if source == nil {
		return nil
	}
	runs, err := source.Runs()
	if err != nil {
		app.Log("pre-render without the runs:", err)
	}
	return runs[:min(len(runs), firstRuns)]
}

// OnAppUpdate hears that a service worker of another build has taken over. A page
// nobody looks at is loaded anew, others say so and leave the moment to the person.
// The worker of a first visit is no news.
func (s *shell) OnAppUpdate(ctx app.Context) {
	switch {
	case !app.Window().Get("telltale").Get("workerAtStart").Truthy():
	case app.Window().Get("document").Get("hidden").Truthy():
		ctx.Reload()
	default:
		s.updated = true
	}
}

// page is the frame around a page's own part, whose element has the id main.
func (s *shell) page(kind, current, main, skip string, body app.UI) app.UI {
	return app.Div().ID("page").Class(kind).Body(
		app.A().Class("skip").Href("#"+main).OnClick(func(app.Context, app.Event) {
			app.Window().GetElementByID(main).Call("focus") // which go-app's handling of links does not
		}).Text(skip),
		s.masthead(current),
		body,
		&Foot{Screens: s.has(access.Board), Audit: s.has(access.Admin)},
		&Notice{},
		app.Div().ID("veil").Class("veil").Aria("hidden", attr("true")).Body(app.Span().Text("Not live: nothing was heard of the server")),
		&Keys{},
		app.If(app.IsServer, func() app.UI { return app.Raw(s.first.script()) }),
	)
}

// update offers the new build, once there is one.
func (s *shell) update() app.UI {
	return either(s.updated, func() app.UI {
		return app.Button().Type("button").ID("update").Class("chip").OnClick(func(ctx app.Context, _ app.Event) { ctx.Reload() }).
			Text("A new version is ready: reload")
	})
}

// masthead is what stays at the top: where one is, and how things stand.
func (s *shell) masthead(current string) app.UI {
	entry := func(href, text string) app.HTMLA {
		entry := app.A().Href(href).Text(text)
		if href == current {
			entry = entry.Aria("current", "page")
		}
		return entry
	}
	return app.Header().Class("masthead").Body(app.Div().Class("inner").Body(
		app.A().Class("brand").Href("/").Aria("label", "Telltale, start page").Body(glyph("mark"), app.Span().Text("Telltale")),
		app.Nav().Class("places").Aria("label", "Places").Body(
			entry("/", "Home"), entry("/b/all", "").Body(app.Span().Class("all").Text("All"), app.Span().Text("metrics")), entry("/boards", "Boards"), entry("/rooms", "Rooms"), entry("/runs", "Runs"),
		),
		&Lamp{},
		&Theme{},
		&Account{Me: s.first.Me},
	))
}
