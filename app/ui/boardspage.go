package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// BoardsPage lists the boards, the one that was changed last first, and begins new ones.
type BoardsPage struct {
	shell
	sought string // part of a title or an id
	wrong  string // why a name cannot be one of a board
	shown  bool   // the page is on the screen
	now    int64
}

// OnInit takes the list before the first render in the browser.
func (p *BoardsPage) OnInit() {
	if !app.IsServer {
		p.begin()
		p.now = max(p.first.Now, time.Now().UnixMilli())
	}
}

// OnPreRender looks up what to show, on the server.
func (p *BoardsPage) OnPreRender(ctx app.Context) {
	p.list(ctx, "Boards", "/boards")
	source := p.source(ctx)
	if source == nil {
		return
	}
	rows, err := source.Boards()
	if err != nil {
		app.Log("pre-render without the boards:", err)
	}
	p.first.Boards, p.now = lastChanged(rows), p.first.Now
}

// lastChanged are the boards in the order in which they are listed.
func lastChanged(rows []wire.BoardRow) []wire.BoardRow {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b wire.BoardRow) int { return cmp.Compare(b.Time, a.Time) })
	return rows
}

// OnMount starts what moves.
func (p *BoardsPage) OnMount(ctx app.Context) {
	p.follow(ctx, "Boards")
	p.shown = true
	p.refresh(ctx)
}

// OnDismount ends the asking.
func (p *BoardsPage) OnDismount() { p.shown = false }

// refresh asks for the list, now and then while somebody looks.
func (p *BoardsPage) refresh(ctx app.Context) {
	if !p.shown {
		return
	}
	if !hidden() {
		ctx.Async(func() {
			rows, err := browser.BoardRows()
			ctx.Dispatch(func(app.Context) {
				if p.now = browser.Now(); err == nil {
					p.first.Boards = lastChanged(rows)
				}
			})
		})
	}
	ctx.After(listEvery, p.refresh)
}

// Render draws the page.
func (p *BoardsPage) Render() app.UI {
	var rows []app.UI
	sought := strings.ToLower(p.sought)
	for _, row := range p.first.Boards {
		if strings.Contains(strings.ToLower(row.ID+" "+row.Title), sought) {
			rows = append(rows, p.row(row))
		}
	}
	return p.page("", "/boards", "boards", "Skip to the boards", app.Main().ID("boards").Class("inner rooms boards").TabIndex(-1).Body(
		app.Div().Class("toolbar").Body(
			app.H1().Text("Boards"),
			p.update(),
			app.Form().Class("seek").OnSubmit(p.enter).Body(
				app.Label().Class("unseen").For("seek").Text("Find a board, or name a new one"),
				app.Input().ID("seek").Type("search").Placeholder("Find a board, or name a new one").MaxLength(128).
					AutoComplete(false).Attr("spellcheck", "false").Attr("autocapitalize", "off").OnInput(p.seek).Aria("describedby", "wrong"),
				app.Button().Type("submit").Class("chip").Text("Open"),
			),
		),
		app.P().ID("wrong").Class("wrong").Attr("role", "alert").Text(p.wrong),
		app.Ul().Class("list").Body(rows...),
		app.If(len(rows) == 0, func() app.UI {
			return app.P().Class("quiet").Text(p.none())
		}),
		app.P().Class("quiet").Text("A board is a JSON document as well: the line reads one, and PUT keeps it."),
		&Curl{Line: "curl " + p.first.Base + "/api/v1/boards/home", Of: "reading a board"},
	))
}

func (p *BoardsPage) none() string {
	if !p.has(access.Board) {
		return "No board that is shown to you is called that."
	}
	return "No board is called that. Enter begins a new one."
}

func (p *BoardsPage) row(row wire.BoardRow) app.UI {
	when := ""
	if row.Time != 0 {
		when = ago(p.now - row.Time)
	}
	return app.Li().Body(app.A().Href(boardPath(row.ID)).DataSet("board", attr(row.ID)).Body(
		app.Span().Class("room-name").Text(cmp.Or(row.Title, row.ID)),
		app.Span().Class("here").Text(row.ID),
		app.Span().Class("said-so-far").Text(holds(row)),
		app.Span().Class("when").Text(when),
		app.If(row.Wrong != "", func() app.UI {
			return app.Span().Class("wrong").Text("Its file cannot be shown: " + row.Wrong)
		}),
	))
}

// holds says how many panels a board has, and where it comes from if nobody put it.
func holds(row wire.BoardRow) string {
	panels := many(uint64(row.Panels), "panel")
	if row.ID == "all" && row.Source == wire.Builtin {
		panels = "every metric"
	}
	switch row.Source {
	case wire.Builtin:
		return panels + ", built in"
	case wire.File:
		return panels + ", a file"
	}
	return panels
}

func (p *BoardsPage) seek(ctx app.Context, _ app.Event) {
	p.sought, p.wrong = strings.TrimSpace(ctx.JSSrc().Get("value").String()), ""
}

// enter opens the board of that name, or of that title; one that is not there is begun.
func (p *BoardsPage) enter(ctx app.Context, _ app.Event) {
	name := strings.TrimSpace(app.Window().GetElementByID("seek").Get("value").String())
	for _, row := range p.first.Boards {
		if row.ID == name || strings.EqualFold(row.Title, name) {
			ctx.Navigate(boardPath(row.ID))
			return
		}
	}
	if err := board.CheckID(name); err != nil {
		p.wrong = capital(board.Grammar)
		return
	}
	if p.has(access.Board) {
		toEdit = name
	}
	ctx.Navigate(boardPath(name))
}
