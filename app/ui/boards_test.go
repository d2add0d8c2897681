package ui

import (
	"net/url"
	"strings"
	"testing"

	"telltale/shared/board"
	"telltale/shared/wire"
)

func shelve(t *testing.T, boards ...wire.BoardView) {
	boardShelf = map[string]wire.BoardView{}
	for _, of := range boards {
		boardShelf[of.ID] = of
	}
	t.Cleanup(func() { boardShelf = nil })
}

func TestAKeptBoardIsDrawnByTheServerAndTold(t *testing.T) {
	shelve(t, wire.BoardView{Revision: "r1", Source: wire.Kept, Board: board.Board{ID: "shop", Title: "The shop", Panels: []board.Panel{
		{ID: "o", Kind: board.Line, Title: "Sold", Queries: []board.Query{{Metric: "orders"}}},
		{ID: "t", Kind: board.Stat, Queries: []board.Query{{Metric: "temperature"}}}}}})
	html := page(t, "/b/shop", counter("orders", 4711), gauge("temperature", 21.5))
	for _, want := range []string{"<title>The shop · Telltale</title>", ">Sold<", ">4,711<", ">21.5<", `"revision":"r1"`, `"source":"kept"`, `data-board="shop"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(html, "<article"); n != 2 {
		t.Errorf("%d cards", n)
	}
}

func TestHomeIsTheOneThatIsKeptWhereThereIsOne(t *testing.T) {
	shelve(t, wire.BoardView{Revision: "r2", Source: wire.Kept, Board: board.Board{ID: "home", Title: "Ours", Panels: []board.Panel{}}})
	for _, path := range []string{"/", "/b/home"} {
		if html := page(t, path); !strings.Contains(html, "<title>Ours · Telltale</title>") || !strings.Contains(html, `"revision":"r2"`) {
			t.Errorf("%s is another board", path)
		}
	}
}

func TestABoardThatIsNotThereSaysHowToMakeIt(t *testing.T) {
	html := page(t, "/b/none")
	for _, want := range []string{"There is no board none", "localhost:8082/api/v1/boards/none", `"none":true`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestABoardOpensWithItsRangeUnlessTheURLNamesOne(t *testing.T) {
	at := func(query string, opens board.Span) place {
		u, err := url.Parse("/b/x" + query)
		if err != nil {
			t.Fatal(err)
		}
		p := placeOf(u)
		p.take(wire.BoardView{Board: board.Board{ID: "x", Range: opens}, Revision: "r"})
		return p
	}
	for _, c := range []struct {
		query string
		opens board.Span
		ms    int64
	}{
		{"", 0, spans[usualSpan].ms}, {"", 3_600_000, 3_600_000}, {"", 7_200_000, 7_200_000}, {"?range=5m", 3_600_000, 300_000}, {"?range=nonsense", 3_600_000, 3_600_000},
	} {
		if p := at(c.query, c.opens); p.span.ms != c.ms {
			t.Errorf("%q of a board that opens with %s shows %d ms, want %d", c.query, c.opens, p.span.ms, c.ms)
		}
	}
	if p := at("", 3_600_000); p.link(spans[3]) != "/b/x" || p.link(spans[usualSpan]) != "/b/x?range=5m" {
		t.Errorf("links are %s and %s", p.link(spans[3]), p.link(spans[usualSpan]))
	}
}

func TestATextPanelShowsTheServersHTML(t *testing.T) {
	shelve(t, wire.BoardView{Revision: "r", Source: wire.Kept, HTML: map[string]string{"t": "<p><strong>hi</strong></p>"},
		Board: board.Board{ID: "x", Panels: []board.Panel{{ID: "t", Kind: board.Text, Title: "About", Text: "**hi**"}}}})
	if html := page(t, "/b/x"); !strings.Contains(html, "<p><strong>hi</strong></p></div>") || !strings.Contains(html, ">About</h2>") {
		t.Error("the page lacks it")
	}
}

func TestTheBoardsAreListedWithWhatIsWrong(t *testing.T) {
	shelve(t, wire.BoardView{Revision: "1", Source: wire.Kept, Board: board.Board{ID: "shop", Title: "The <shop>", Panels: make([]board.Panel, 3)}},
		wire.BoardView{Revision: "2", Source: wire.File, Wrong: "panel 1: \"pie\"", Board: board.Board{ID: "git"}})
	html := page(t, "/boards")
	for _, want := range []string{"The &lt;shop&gt;", ">3 panels<", `href="/b/shop"`, ">0 panels, a file<", "Its file cannot be shown: panel 1", "ago<", `aria-current="page"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestAPatternThatNothingMatchesIsNoName(t *testing.T) {
	shelve(t, wire.BoardView{Revision: "r", Source: wire.Kept, Board: board.Board{ID: "x", Panels: []board.Panel{
		{ID: "p", Kind: board.Line, Title: "Errors", Queries: []board.Query{{Metric: `http{code=~"5*"}`}}, Buttons: true}}}})
	html := page(t, "/b/x")
	if strings.Contains(html, "/m/http") || !strings.Contains(html, "<h2>Errors</h2>") || !strings.Contains(html, "curl localhost:8082/api/v1/metrics<") {
		t.Error("a link or a curl line leads to a pattern")
	}
}
