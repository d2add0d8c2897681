package ui

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/wire"
)

// viewed is a shelf that somebody looks at who may not do everything.
type viewed struct {
	shelf
	me access.Me
}

func (v viewed) Me() access.Me { return v.me }

// pageFor is what the server sends somebody for a path.
func pageFor(t *testing.T, path string, me access.Me, metrics shelf) string {
	t.Helper()
	SetSources(func(*url.URL) Source { return viewed{metrics, me} })
	t.Cleanup(func() { SetSources(nil) })
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
	return answer.Body.String()
}

func TestTheFirstPaintOffersWhatItsViewerMay(t *testing.T) {
	boardShelf = map[string]wire.BoardView{"talk": {Board: board.Board{ID: "talk", Panels: []board.Panel{
		{ID: "log", Kind: board.Log, Room: "kitchen"}, {ID: "deploys", Kind: board.Run, Command: "deploy"},
		{ID: "pay", Kind: board.Line, Queries: []board.Query{{Metric: "payroll"}}},
	}}, Revision: "r", Source: wire.Kept}}
	t.Cleanup(func() { boardShelf = nil })
	shop := shelf{"orders": counter("orders", 3)}
	clerk := access.Me{User: "clerk", SignedIn: true, Scopes: []string{"read:orders", "write:orders"}}
	guest := access.Me{Board: "talk"}
	for _, c := range []struct {
		name, path string
		me         access.Me
		has, lacks []string
	}{
		{"an open server", "/", access.Me{Open: true}, []string{`data-press="plus"`, `id="edit"`, `href="/audit"`, "Post a number"}, []string{`id="account"`, `id="sign-in"`, "not shown to you"}},
		{"a clerk at home", "/", clerk, []string{`data-press="plus"`, `id="account"`, "products is not shown to you.", `"me":{"user":"clerk"`}, []string{`id="edit"`, `href="/audit"`, `href="/screens"`}},
		{"who only looks", "/", access.Me{Scopes: []string{"read:*"}}, []string{`id="sign-in"`}, []string{"data-press", `id="edit"`, "not shown to you", "Post a number"}},
		{"a clerk elsewhere", "/b/talk", clerk, []string{"What is said in kitchen is not shown to you.", "What runs here is not shown to you.", "payroll is not shown to you."}, []string{`class="lines`}},
		{"a guest by a link", "/b/talk", guest, []string{`id="sign-in"`}, []string{"not shown to you", `id="edit"`}},
		{"a guest elsewhere", "/", guest, []string{"orders is not shown to you."}, []string{"data-press"}},
		{"a room that one may only read", "/r/kitchen", access.Me{SignedIn: true, Scopes: []string{"read:kitchen"}}, []string{`id="listens"`}, []string{`id="say"`}},
		{"a room that one may speak in", "/r/kitchen", access.Me{User: "ada", SignedIn: true, Scopes: []string{"room:kitchen"}}, []string{`id="say"`, "You speak as "}, []string{`id="listens"`, "Change your name"}},
		{"nobody", "/", access.Me{}, []string{"orders is not shown to you."}, []string{"data-press", `id="edit"`, `id="account"`, `id="sign-in"`}},
	} {
		html := pageFor(t, c.path, c.me, shop)
		for _, want := range c.has {
			if !strings.Contains(html, want) {
				t.Errorf("%s: the page lacks %q", c.name, want)
			}
		}
		for _, other := range c.lacks {
			if strings.Contains(html, other) {
				t.Errorf("%s: the page has %q", c.name, other)
			}
		}
	}
}
