package ui

import (
	"net/url"
	"strings"
	"time"

	"telltale/app/live"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Routes tells go-app which paths there are. Both mains call it, once.
func Routes() {
	page := func() app.Composer { return &BoardPage{} }
	app.Route("/", page)
	app.RouteWithRegexp(`^/b/[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$`, page)
	app.RouteWithRegexp(`^/m/.+$`, page)
	app.Route("/runs", func() app.Composer { return &RunsPage{} })
	app.RouteWithRegexp(`^/runs/[A-Za-z0-9_.:-]{1,64}$`, func() app.Composer { return &RunPage{} })
	app.Route("/boards", func() app.Composer { return &BoardsPage{} })
	app.Route("/screens", func() app.Composer { return &ScreensPage{} })
	app.Route("/audit", func() app.Composer { return &AuditPage{} })
	app.Route("/rooms", func() app.Composer { return &RoomsPage{} })
	breathe()
	app.RouteWithRegexp(`^/r/[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$`, func() app.Composer { return &RoomPage{} })
}

// span is a range a person may choose.
type span struct {
	name string // in the URL and on the button
	says string // in a sentence: the last ...
	ms   int64
}

const second = 1000

var spans = [...]span{
	{"1m", "minute", 60 * second},
	{"5m", "5 minutes", 300 * second},
	{"15m", "15 minutes", 900 * second},
	{"1h", "hour", 3600 * second},
	{"24h", "24 hours", 86400 * second},
	{"7d", "7 days", 7 * 86400 * second},
	{"30d", "30 days", 30 * 86400 * second},
	{"1y", "year", 365 * 86400 * second},
}

const usualSpan = 1 // of spans

// How many columns a chart has at most: of a card, and of a metric's own page.
const (
	cardPoints  = 300
	largePoints = 600
)

// place is what a URL asks for.
type place struct {
	path  string
	board board.Board
	large bool // one metric, drawn large
	span  span
	to    int64 // the moment at which it ends and that all is as of, ms since 1970; 0 is now, live
	wall  wall

	revision string // of the board; "" before it was found
	source   string // where it comes from
	wrong    string // why its file, as it now is, is not shown
	none     bool   // there is no board of that id
	asked    bool   // the URL names a range

	html, texts map[string]string // HTML of text panels and what it was made of, by the panels' ids
}

// farAhead is how far beyond now, in ms, a moment is none of the future but of a server whose
// clock goes otherwise than this machine's.
const farAhead = metric.MaxAhead / 2

// placeOf reads a URL; one that names no range means the usual one.
func placeOf(u *url.URL) place {
	p := place{path: u.EscapedPath(), wall: wallOf(u.Query())}
	w, asked := whenOf(u.Query(), zone)
	if w.to > time.Now().UnixMilli()+farAhead {
		w.to = 0
	}
	p.span, p.to, p.asked = spanOf(w.ms), w.to, asked
	if name, is := strings.CutPrefix(u.Path, "/m/"); is {
		id, err := metric.Parse(name)
		if err != nil {
			id = metric.ID(name)
		}
		p.board, p.large = board.Of(id), true
		return p
	}
	id := "home"
	if name, is := strings.CutPrefix(u.Path, "/b/"); is {
		id = name
	}
	if p.board, _ = board.Builtin(id); p.board.ID == "" {
		p.board = board.Board{ID: id}
	}
	return p
}

// mostQuoted is how many characters of what cannot be shown are said again.
const mostQuoted = 40

// amend takes out of the URL what of it cannot be shown, and says so: nobody is to take what is
// there for what they asked for.
func amend(ctx app.Context) {
	u := app.Window().URL()
	q := u.Query()
	names := unshown(q, time.Now().UnixMilli(), zone)
	if len(names) == 0 {
		return
	}
	for i, name := range names {
		text := []rune(q.Get(name))
		names[i] = name + "=" + string(text[:min(len(text), mostQuoted)])
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	ctx.Page().ReplaceURL(u)
	ctx.Dispatch(func(ctx app.Context) { // once the page has where it is said
		notice(ctx, "This address asks for a time that cannot be shown: "+strings.Join(names, ", "))
	})
}

// usual is the range that a board opens with.
func (p place) usual() span {
	for _, s := range spans {
		if s.ms == int64(p.board.Range) {
			return s
		}
	}
	if p.board.Range > 0 {
		return spanOf(int64(p.board.Range))
	}
	return spans[usualSpan]
}

// take makes the place that of a board as it was found.
func (p *place) take(of wire.BoardView) {
	p.board, p.revision, p.source, p.wrong, p.none = of.Board, of.Revision, of.Source, of.Wrong, false
	p.html, p.texts = of.HTML, map[string]string{}
	for _, panel := range of.Panels {
		p.texts[panel.ID] = panel.Text
	}
	if !p.asked {
		p.span = p.usual()
	}
}

// link is the place's URL with another range, ending where it does.
func (p place) link(s span) string {
	return p.path + when{p.to, s.ms}.query(p.usual().ms)
}

// grid is the class of the cards' grid: a metric's own page is no rows of one height.
func (p place) grid() string {
	if p.large {
		return "grid free"
	}
	return "grid"
}

func (p place) points() int {
	if p.large {
		return largePoints
	}
	return cardPoints
}

// look is what the page watches there.
func (p place) look() live.Look {
	return live.Look{Patterns: p.board.Patterns(), RangeMS: p.span.ms, To: p.to, Points: p.points(), Rate: 10, Rooms: p.board.Rooms()}
}

// roomPath is the page of one room.
func roomPath(name string) string { return "/r/" + name }

// runPath is the page of one run, outputPath its output as it came.
func runPath(id string) string    { return "/runs/" + id }
func outputPath(id string) string { return "/api/v1/runs/" + id + "/output" }

// metricPath is the page of one metric.
func metricPath(id metric.ID) string { return "/m/" + url.PathEscape(string(id)) }
