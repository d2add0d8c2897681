package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/app/ui"
	"telltale/server/api"
	"telltale/server/auth"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/server/store/tokens"
	"telltale/shared/access"
	life "telltale/shared/run"
	"telltale/web"
)

// onlookersBoard shows a little of everything there is in the server of pagesFor; "secret" is in the name
// of all else, and 66062500 its value.
const onlookersBoard = `{"title":"Shown board","panels":[
	{"id":"a","kind":"stat","queries":[{"metric":"orders"}]},
	{"id":"b","kind":"line","queries":[{"metric":"host.*"},{"metric":"http{code=~\"5*\",job!=\"secret\"}"}]},
	{"id":"c","kind":"log","room":"build"},
	{"id":"d","kind":"presence","room":"lobby"},
	{"id":"e","kind":"run","command":"deploy"}]}`

var routed sync.Once

// pagesFor is all of a server, but for its listeners, in which something is to be seen, and what
// its pages are for who shows a token or a cookie.
func pagesFor(t *testing.T) (page func(path, header string) (int, string), token func(scopes, board string) string) {
	t.Helper()
	c, err := parseConfig([]string{"--data", t.TempDir()}, environment(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	store, err := openStore(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	kept, err := tokens.Open(t.Context(), t.TempDir(), tokens.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	ring, err := auth.NewKeyring(t.Context(), kept, nil)
	if err != nil {
		t.Fatal(err)
	}
	viewers := hub.New(store.Epoch(), 0, nil)
	truth := ledger.New(store, viewers)
	looks := &onlookers{all: source{ledger: truth, hub: viewers, boards: api.Boards{Ledger: truth}, base: "localhost"}}
	ui.SetSources(looks.source)
	routed.Do(ui.Routes)
	assets := web.Embedded()
	routes := api.New(api.Options{Ledger: truth, Hub: viewers, Writable: store.Writable, Gate: &auth.Gate{Keyring: ring}, Access: kept,
		Log: slog.New(slog.DiscardHandler), Pages: looks.pages(newApp(assets, "'none'")), Assets: assets.Handler()}).Routes()
	ask := func(method, path, body, header string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+path, strings.NewReader(body))
		r.Header.Set("Accept", "text/html")
		if name, value, is := strings.Cut(header, ": "); is {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	token = func(scopes, board string) string {
		t.Helper()
		secret, id := auth.NewSecret()
		all, err := access.ParseScopes(scopes)
		if err == nil {
			err = kept.Add(t.Context(), access.Token{ID: id, Name: id, User: "viewer", Scopes: all, Board: board, Hash: auth.Hash(secret)})
		}
		if err == nil {
			err = ring.Reload(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		if board != "" {
			return "Cookie: " + auth.LinkCookie + "=" + secret
		}
		return "Cookie: " + auth.Cookie + "=" + secret
	}
	admin := token("admin", "")
	for _, each := range [][3]string{
		{"PUT", "/api/v1/boards/ops", onlookersBoard}, {"PUT", "/api/v1/boards/secret_board", `{"title":"secret title","panels":[{"id":"s","kind":"stat","queries":[{"metric":"secret.x"}]}]}`},
		{"POST", "/m/orders", "48151623"}, {"POST", "/m/host.cpu", "23421508"}, {"POST", "/m/secret.x", "66062500"}, {"PUT", "/api/v1/metrics/secret.y", `{"kind":"gauge","title":"secret title"}`},
		{"POST", `/m/http{code="500",job="web"}`, "5005"}, {"POST", `/m/http{code="200",job="secret"}`, "66062500"}, {"POST", `/m/http{code="500",job="secret"}`, "66062500"},
		{"POST", "/r/build", "\x1b[32mok\x1b[0m  \tall well"}, {"POST", "/r/secret", "secret words"},
	} {
		if code, body := ask(each[0], each[1], each[2], admin); code >= 300 {
			t.Fatalf("%v: %d %s", each, code, body)
		}
	}
	for id, command := range map[string]string{"0123456789abcdef0123": "deploy", "6666456789abcdef6666": "secret"} {
		r := life.Run{ID: id, Command: command, State: life.Running, Started: time.Now().UnixMilli(), Host: "h"}
		if _, err := truth.Report(t.Context(), ledger.Report{Run: r, Lines: []ledger.Line{{Content: command + " line", Stream: "stdout"}}}); err != nil {
			t.Fatal(err)
		}
	}
	return func(path, header string) (int, string) { return ask(http.MethodGet, path, "", header) }, token
}

func TestAPageIsDrawnWithNothingThatItsCallerMayNotRead(t *testing.T) {
	page, token := pagesFor(t)
	admin, link := token("admin", ""), token("read", "ops")
	scoped := token(`read:orders,read:host.*,read:http{code=~"5*",job!="secret"},read:build,read:lobby,read:deploy,read:ops`, "")
	paths := []string{"/", "/b/ops", "/b/ops?tv=1", "/b/ops?at=2026-01-01T00:00", "/b/all", "/b/secret_board", "/b/home", "/m/orders", "/m/host.cpu", "/m/secret.x", "/m/secret.y", "/m/nobody",
		`/m/http%7Bcode=%22500%22,job=%22web%22%7D`, `/m/http%7Bcode=%22200%22,job=%22secret%22%7D`, "/rooms", "/r/build", "/r/secret", "/r/run.0123456789abcdef0123", "/r/run.6666456789abcdef6666",
		"/runs", "/runs/0123456789abcdef0123", "/runs/6666456789abcdef6666", "/boards", "/screens", "/audit", "/b/ops.svg", "/b/secret_board.svg", "/m/secret.x.svg", "/b/ops/b.svg", "/nowhere"}
	told := 0
	for _, path := range paths {
		code, whole := page(path, admin)
		if strings.Contains(whole, "secret") || strings.Contains(whole, "66062500") {
			told++
		}
		if code >= 500 {
			t.Errorf("%s for who may see everything: %d", path, code)
		}
		for name, as := range map[string]string{"a scoped token": scoped, "a share link": link} {
			code, got := page(path, as)
			// The path that was asked for, and the condition that the board itself states, are no news.
			for _, known := range []string{path, strings.TrimPrefix(path, "/m/"), strings.TrimSuffix(strings.TrimPrefix(path, "/b/"), ".svg"), strings.TrimPrefix(path, "/r/"), strings.TrimPrefix(path, "/runs/"),
				`job!=\"secret\"`, `job!=\\\"secret\\\"`, `job!=&#34;secret&#34;`, `job!=\&#34;secret\&#34;`, `job!=&quot;secret&quot;`, `job!=\u0022secret\u0022`} {
				if known != "" && known != "/" {
					got = strings.ReplaceAll(got, known, "…")
				}
			}
			hidden := []string{"secret", "66062500", "66,062,500", "6666456789"}
			if code == http.StatusForbidden { // it names what was asked for
				hidden = []string{"secret title", "secret words", "secret line", "66062500", "66,062,500"}
			}
			for _, hidden := range hidden {
				if at := strings.Index(got, hidden); at >= 0 {
					t.Errorf("%s with %s: %d, %q is told: …%s…", path, name, code, hidden, got[max(0, at-120):min(len(got), at+120)])
				}
			}
		}
	}
	if told < 8 {
		t.Errorf("only %d pages tell who may see everything of what others may not", told)
	}
	for _, as := range []string{scoped, link} {
		for path, all := range map[string][]string{"/b/ops": {"Shown board", "48,151,623", "all well", "deploy line"}, "/m/host.cpu": {"23,421,508"}, "/r/build": {"all well"}, "/runs": {"deploy"}, "/boards": {"Shown board"}} {
			code, got := page(path, as)
			for _, has := range all {
				if !strings.Contains(got, has) && !strings.Contains(got, strings.ReplaceAll(has, ",", "")) {
					t.Errorf("%s does not say %q: %d", path, has, code)
				}
			}
		}
	}
}

func TestAPageThatNobodyAskedForIsDrawnEmpty(t *testing.T) {
	page, token := pagesFor(t)
	link := token("read", "gone")
	for _, as := range []string{"", "Cookie: " + auth.Cookie + "=tt_unknown", link} {
		for _, path := range []string{"/", "/b/ops", "/m/orders", "/r/build", "/runs"} {
			if _, got := page(path, as); strings.Contains(got, "48151623") || strings.Contains(got, "48,151,623") || strings.Contains(got, "all well") || strings.Contains(got, "Shown board") || strings.Contains(got, "deploy") {
				t.Errorf("%s as %q: %s", path, as, got)
			}
		}
	}
}
