package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"telltale/server/auth"
	"telltale/server/ledger"
	"telltale/server/store/tokens"
	"telltale/shared/access"
	"telltale/shared/run"
)

// gated is a house with a store of tokens, and a token that may do everything.
func gated(t *testing.T, change ...func(*Options)) (h *house, admin string) {
	t.Helper()
	kept, err := tokens.Open(t.Context(), t.TempDir(), tokens.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	ring, err := auth.NewKeyring(t.Context(), kept, nil)
	if err != nil {
		t.Fatal(err)
	}
	h = open(t, append(change, func(o *Options) { o.Gate, o.Access = &auth.Gate{Keyring: ring, Open: true}, kept })...)
	return h, h.token("ann", "admin")
}

// token makes a token, and answers the header that shows it.
func (h *house) token(user, scopes string) string {
	h.t.Helper()
	secret, id := auth.NewSecret()
	all, err := access.ParseScopes(scopes)
	if err == nil {
		err = h.api.Access.Add(h.t.Context(), access.Token{ID: id, Name: user, User: user, Scopes: all, Hash: auth.Hash(secret), Created: time.Now().UnixMilli()})
	}
	if err == nil {
		err = h.api.Gate.Keyring.Reload(h.t.Context())
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return "Authorization: Bearer " + secret
}

// share makes a link to a board, and answers its id and the header of a browser that has opened it.
func (h *house) share(board, as string) (id, header string) {
	h.t.Helper()
	var made access.Shared
	r := h.ask("POST", "/api/v1/boards/"+board+"/shares", `{"expires":"7d"}`, as)
	if err := json.Unmarshal([]byte(r.body), &made); err != nil || r.status != http.StatusCreated {
		h.t.Fatalf("%d %s", r.status, r.body)
	}
	opened := h.ask("GET", strings.TrimPrefix(made.URL, h.url), "")
	if opened.status != http.StatusSeeOther || opened.header.Get("Location") != "/b/"+board {
		h.t.Fatalf("%s: %d to %q", made.URL, opened.status, opened.header.Get("Location"))
	}
	cookie, _, _ := strings.Cut(opened.header.Get("Set-Cookie"), ";")
	return made.ID, "Cookie: " + cookie
}

// shared is a board of which everything that a board can show is something, in a house of which
// there is more: whatever is named hidden.
const shared = `{"title":"Shared","panels":[
	{"id":"a","kind":"stat","queries":[{"metric":"orders"}]},
	{"id":"b","kind":"line","queries":[{"metric":"host.*"},{"metric":"http{code=~\"5*\",job!=\"hidden\"}"}]},
	{"id":"c","kind":"log","room":"build"},
	{"id":"d","kind":"presence","room":"lobby"},
	{"id":"e","kind":"run","command":"deploy"}]}`

const (
	deployed  = "0123456789abcdef0123"
	hiddenRun = "hidden89abcdef012345"
)

func furnished(t *testing.T, change ...func(*Options)) (h *house, admin string) {
	t.Helper()
	h, admin = gated(t, change...)
	for _, each := range [][3]string{
		{"PUT", "/api/v1/boards/ops", shared}, {"PUT", "/api/v1/boards/hidden", `{"title":"hidden","panels":[{"id":"hidden","kind":"stat","queries":[{"metric":"hidden"}]}]}`},
		{"POST", "/m/orders", "7"}, {"POST", "/m/host.cpu", "8"}, {"POST", "/m/hidden", "66062500"}, {"POST", "/m/hidden_too", "66062500"},
		{"POST", `/m/http{code="500",job="web"}`, "5"}, {"POST", `/m/http{code="200",job="hidden"}`, "66062500"}, {"POST", `/m/http{code="500",job="hidden"}`, "66062500"},
		{"POST", "/r/build", "all well"}, {"POST", "/r/hidden", "hidden words"},
	} {
		if r := h.ask(each[0], each[1], each[2], admin); r.status >= 300 {
			t.Fatalf("%v: %d %s", each, r.status, r.body)
		}
	}
	h.report(run.Run{ID: deployed, Command: "deploy", State: run.Running, Started: time.Now().UnixMilli(), Host: "h"}, ledger.Line{Content: "deployed line", Stream: "stdout"})
	h.report(run.Run{ID: hiddenRun, Command: "hidden", State: run.Running, Started: time.Now().UnixMilli(), Host: "h"}, ledger.Line{Content: "hidden line", Stream: "stdout"})
	return h, admin
}

func TestAShareLinkShowsWhatItsBoardShowsAndNothingElse(t *testing.T) {
	h, admin := furnished(t)
	_, link := h.share("ops", admin)
	for path, has := range map[string]string{
		"/api/v1/me":                                  `"board":"ops"`,
		"/api/v1/boards":                              `"ops"`,
		"/api/v1/boards/ops":                          `"Shared"`,
		"/api/v1/boards/ops/view":                     `"Shared"`,
		"/b/ops":                                      "Shared",
		"/b/ops.svg":                                  "<svg",
		"/b/ops.png":                                  "PNG",
		"/b/ops/b.svg":                                "<svg",
		"/b/ops?at=2026-01-01T00:00&color=never":      "Shared",
		"/api/v1/metrics":                             `"orders"`,
		"/m/orders":                                   "7",
		"/m/host.cpu":                                 "8",
		"/m/orders.svg":                               "<svg",
		`/m/http{code="500",job="web"}`:               "5",
		"/api/v1/metrics/orders/history":              `"rows"`,
		"/api/v1/rooms":                               `"build"`,
		"/api/v1/rooms/build/messages":                "all well",
		"/api/v1/rooms/lobby/presence":                "members",
		"/api/v1/runs":                                deployed,
		"/api/v1/runs/" + deployed:                    deployed,
		"/api/v1/runs/" + deployed + "/output":        "deployed line",
		"/api/v1/rooms/run." + deployed + "/messages": "deployed line",
	} {
		r := h.ask("GET", path, "", link)
		if r.status != http.StatusOK || !strings.Contains(r.body, has) || strings.Contains(r.body, "hidden") && !strings.Contains(path, "boards/ops") || strings.Contains(r.body, "66062500") && !strings.Contains(path, ".") {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	for _, path := range []string{
		"/api/v1/boards/hidden", "/api/v1/boards/home", "/b/hidden", "/b/hidden.svg", "/b/hidden/hidden.svg", "/b/all", "/api/v1/boards/ops/shares", "/api/v1/boards/hidden/view",
		"/m/hidden", "/m/hidden.svg", "/m/hidden.csv", "/m/hidden_too", "/m/nobody", `/m/http{code="200",job="hidden"}`, `/m/http{code="500",job="hidden"}.json`, "/api/v1/metrics/hidden/history",
		"/dashboard", "/r/hidden", "/r/run." + hiddenRun, "/api/v1/rooms/hidden/messages", "/api/v1/rooms/hidden/presence", "/api/v1/rooms/run." + hiddenRun + "/messages",
		"/api/v1/runs/" + hiddenRun, "/api/v1/runs/" + hiddenRun + "/output", "/api/v1/screens", "/screens", "/audit", "/api/v1/audit",
	} {
		if r := h.ask("GET", path, "", link); r.status != http.StatusForbidden && r.status != http.StatusNotFound || strings.Contains(r.body, "66062500") || strings.Contains(r.body, "hidden words") {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	for _, c := range [][3]string{
		{"POST", "/order", ""}, {"DELETE", "/order", ""}, {"POST", "/m/orders", "1"}, {"POST", "/api/v1/metrics", `{"metric":"orders","add":1}`}, {"PUT", "/api/v1/metrics/orders", `{}`},
		{"DELETE", "/api/v1/metrics/orders", ""}, {"POST", "/r/build", "x"}, {"PUT", "/r/lobby", "x"}, {"POST", "/api/v1/runs/deploy", ""}, {"DELETE", "/api/v1/runs/" + deployed, ""},
		{"PUT", "/api/v1/runs/" + deployed, `{"command":"deploy","state":"running"}`}, {"POST", "/api/v1/runs/" + deployed + "/output?offset=0", "x"}, {"PUT", "/api/v1/boards/ops", `{"panels":[]}`},
		{"DELETE", "/api/v1/boards/ops", ""}, {"POST", "/api/v1/boards/ops/shares", "{}"}, {"POST", "/api/v1/screens/all", `{"do":"reload"}`},
	} {
		if r := h.ask(c[0], c[1], c[2], link); r.status != http.StatusForbidden {
			t.Errorf("%v: %d %s", c, r.status, r.body)
		}
	}
	// It is the board's page that says where its data is, and no more than the caller may see.
	if got := h.must("GET", "/b/ops", "", link); strings.Contains(got, "66062500") || !strings.Contains(got, "all well") {
		t.Errorf("in a terminal:\n%s", got)
	}
	p := h.dialAs("/ws", link)
	p.until(`"welcome"`)
	for _, c := range [][2]string{
		{`{"type":"watch","id":"1","metrics":["*"]}`, `"snapshot"`},
		{`{"type":"watch","id":"2","board":"ops"}`, `"snapshot"`},
		{`{"type":"watch","id":"3","board":"ops","to":` + fmt.Sprint(time.Now().UnixMilli()) + `}`, `"snapshot"`},
		{`{"type":"join","id":"4","room_id":"build","since":"all"}`, `"all well"`},
		{`{"type":"presence","id":"5","room_id":"lobby"}`, `"members":[]`},
		{`{"type":"watch","id":"6","board":"hidden"}`, `"forbidden"`},
		{`{"type":"join","id":"7","room_id":"hidden"}`, `"forbidden"`},
		{`{"type":"presence","id":"8","room_id":"hidden"}`, `"forbidden"`},
		{`{"type":"mutate","id":"9","metric":"orders","add":1}`, `"forbidden"`},
		{`{"type":"broadcast","id":"10","room_id":"build","content":"x"}`, `"forbidden"`},
		{`{"type":"direct","id":"11","user_id":"ann","content":"x"}`, `"forbidden"`},
	} {
		request, want := c[0], c[1]
		p.send(request)
		got := string(p.until(want))
		if strings.Contains(got, "66062500") && strings.Contains(got, "snapshot") || strings.Contains(got, "hidden") && strings.Contains(got, "snapshot") {
			t.Errorf("%s: %s", request, got)
		}
		if strings.Contains(request, `"watch"`) && want == `"snapshot"` && !strings.Contains(got, "host.cpu") {
			t.Errorf("%s: %s", request, got)
		}
	}
}

// rest reads a stream to its end.
func (r *reader) rest() {
	r.t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case _, more := <-r.lines:
			if !more {
				return
			}
		case <-late:
			r.t.Fatal("the stream goes on")
		}
	}
}

// dialAs is dial with a header.
func (h *house) dialAs(path, header string) *peer {
	h.t.Helper()
	name, value, _ := strings.Cut(header, ": ")
	conn, _, err := websocket.Dial(h.t.Context(), strings.Replace(h.url, "http", "ws", 1)+path, &websocket.DialOptions{HTTPHeader: http.Header{name: {value}}})
	if err != nil {
		h.t.Fatal(err)
	}
	conn.SetReadLimit(64 << 20)
	h.t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t: h.t, conn: conn}
}

func TestALinkShowsNoMoreThanItsMakerMightRead(t *testing.T) {
	h, _ := furnished(t)
	maker := h.token("bob", "board:*,read:orders,room:build")
	_, link := h.share("ops", maker)
	if got := h.must("GET", "/api/v1/metrics", "", link); !strings.Contains(got, `"orders"`) || strings.Contains(got, "host.cpu") || strings.Contains(got, "http") {
		t.Errorf("metrics: %s", got)
	}
	if r := h.ask("GET", "/m/host.cpu", "", link); r.status != http.StatusForbidden {
		t.Errorf("what the maker may not read: %d %s", r.status, r.body)
	}
	if r := h.ask("GET", "/api/v1/rooms/build/messages", "", link); r.status != http.StatusForbidden {
		t.Errorf("a room that the maker may not read but by speaking: %d %s", r.status, r.body)
	}
	p := h.dialAs("/ws", link)
	p.send(`{"type":"watch","board":"ops"}`)
	if got := string(p.until(`"snapshot"`)); !strings.Contains(got, `"orders"`) || strings.Contains(got, "host.cpu") {
		t.Errorf("watched: %s", got)
	}
	// Nor does the maker by putting it on the board afterwards.
	if r := h.ask("PUT", "/api/v1/boards/ops", `{"panels":[{"id":"a","kind":"line","queries":[{"metric":"*"}]}]}`, maker); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if got := h.must("GET", "/api/v1/metrics", "", link); strings.Contains(got, "hidden") || !strings.Contains(got, `"orders"`) {
		t.Errorf("after the board was changed: %s", got)
	}
}

func TestWhoHasOpenedALinkKeepsWhatTheyMight(t *testing.T) {
	h, admin := furnished(t)
	_, link := h.share("ops", admin)
	bob := strings.TrimPrefix(h.token("bob", "read:hidden,write:hidden"), "Authorization: Bearer ")
	both := link + "; " + auth.Cookie + "=" + bob
	for _, path := range []string{"/m/hidden", "/m/orders", "/b/ops.svg"} {
		h.must("GET", path, "", both)
	}
	h.must("POST", "/m/hidden", "1", both)
	for _, path := range []string{"/m/orders", "/m/hidden_too"} {
		if r := h.ask("POST", path, "1", both); r.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	if got := h.must("GET", "/api/v1/me", "", both); !strings.Contains(got, `"bob"`) || !strings.Contains(got, `"ops"`) {
		t.Error(got)
	}
	if r := h.ask("POST", "/sign-out", "", both); len(r.header.Values("Set-Cookie")) != 2 {
		t.Errorf("signing out leaves %q", r.header.Values("Set-Cookie"))
	}
}

func TestWhatIsOpenOnALinkEndsWithIt(t *testing.T) {
	h, admin := furnished(t)
	id, link := h.share("ops", admin)
	_, other := h.share("ops", admin)
	p, unharmed := h.dialAs("/ws", link), h.dialAs("/ws", other)
	p.send(`{"type":"watch","board":"ops"}`)
	p.until(`"snapshot"`)
	text := h.stream("/r/build?since=all", link)
	if got := text.line(); got != "all well" {
		t.Fatalf("streamed %q", got)
	}
	begun := time.Now()
	if r := h.ask("DELETE", "/api/v1/shares/"+id, "", admin); r.status != http.StatusNoContent {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if code := p.closed(); code != 3000 {
		t.Errorf("the socket ended with %d", code)
	}
	if text.rest(); text.err == io.EOF {
		t.Error("the stream ended as if it were whole")
	}
	t.Logf("ended after %v", time.Since(begun))
	for path, want := range map[string]int{"/b/ops": 401, "/m/orders": 401, "/api/v1/me": 401} {
		if r := h.ask("GET", path, "", link); r.status != want {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	if r := h.ask("DELETE", "/api/v1/shares/"+id, "", admin); r.status != http.StatusNotFound {
		t.Errorf("revoked again: %d", r.status)
	}
	unharmed.send(`{"type":"ping"}`)
	unharmed.until(`"pong"`)
	_, secret, _ := strings.Cut(link, "=")
	for _, path := range []string{"/s/" + secret, "/s/x", "/s/" + strings.TrimPrefix(admin, "Authorization: Bearer ")} {
		if r := h.ask("GET", path, "", "Accept: text/html"); r.status != http.StatusNotFound || !strings.Contains(r.body, "<h1>") || r.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}

func TestWhatIsOpenOnALinkBeginsAnewOnceTheBoardChanges(t *testing.T) {
	h, admin := furnished(t)
	_, link := h.share("ops", admin)
	p, mine := h.dialAs("/ws", link), h.dialAs("/ws", admin)
	p.send(`{"type":"screen","id":"s1","board":"ops"}`)
	p.send(`{"type":"watch","board":"ops"}`)
	p.until(`"snapshot"`)
	text := h.stream("/r/build?since=all", link)
	text.line()
	if r := h.ask("PUT", "/api/v1/boards/ops", `{"panels":[{"id":"x","kind":"stat","queries":[{"metric":"host.cpu"}]}]}`, admin); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	p.until(`"do":"board"`) // it is told before
	if code := p.closed(); code != 1013 {
		t.Errorf("the socket ended with %d", code)
	}
	text.rest() // the stream of a room that the board shows no more ends
	mine.send(`{"type":"ping"}`)
	mine.until(`"pong"`)
	p = h.dialAs("/ws", link)
	p.send(`{"type":"watch","metrics":["*"]}`)
	if got := string(p.until(`"snapshot"`)); strings.Contains(got, "orders") || !strings.Contains(got, "host.cpu") {
		t.Errorf("afterwards: %s", got)
	}
	if r := h.ask("DELETE", "/api/v1/boards/ops", "", admin); r.status != http.StatusNoContent {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if code := p.closed(); code != 1013 {
		t.Errorf("the socket ended with %d", code)
	}
	for _, path := range []string{"/m/host.cpu", "/b/ops.svg", "/api/v1/boards/ops"} {
		if r := h.ask("GET", path, "", link); r.status == http.StatusOK {
			t.Errorf("%s of a board that is gone: %d", path, r.status)
		}
	}
}

func TestALinkEndsWithItsTime(t *testing.T) {
	h, admin := furnished(t)
	secret, id := auth.NewSecret()
	ends := time.Now().Add(400 * time.Millisecond)
	short := access.Token{ID: id, Name: "share of ops " + id, User: "ann", Board: "ops", Scopes: access.Scopes{{Right: access.Read, Glob: "*"}}, Hash: auth.Hash(secret), Expires: ends.UnixMilli()}
	if err := h.api.Access.Add(t.Context(), short); err != nil {
		t.Fatal(err)
	}
	if err := h.api.Gate.Keyring.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := h.dialAs("/ws", "Cookie: "+auth.LinkCookie+"="+secret)
	if code := p.closed(); code != 3000 || time.Now().Before(ends.Truncate(time.Millisecond)) {
		t.Errorf("the socket ended with %d", code)
	}
	if r := h.ask("GET", "/s/"+secret, ""); r.status != http.StatusNotFound {
		t.Errorf("opened after its time: %d", r.status)
	}
	if got := h.must("GET", "/api/v1/boards/ops/shares", "", admin); strings.Contains(got, id) {
		t.Errorf("listed after its time: %s", got)
	}
}

func TestHowLinksAreMadeAndListed(t *testing.T) {
	h, admin := furnished(t)
	builder := h.token("bob", "board:ops")
	for body, want := range map[string]int{
		"": 201, "{}": 201, `{"expires":"1h"}`: 201, `{"expires":"366d"}`: 201, `{"expires":"367d"}`: 400, `{"expires":"0s"}`: 400, `{"expires":"-1h"}`: 400, `{"expires":7}`: 400, `{"for":"7d"}`: 400, `[`: 400,
	} {
		if r := h.ask("POST", "/api/v1/boards/ops/shares", body, builder); r.status != want {
			t.Errorf("%q: %d %s", body, r.status, r.body)
		}
	}
	for path, want := range map[string]int{"/api/v1/boards/hidden/shares": 403, "/api/v1/boards/nobody/shares": 403} {
		if r := h.ask("POST", path, "", builder); r.status != want {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	if r := h.ask("POST", "/api/v1/boards/nobody/shares", "", admin); r.status != http.StatusNotFound {
		t.Errorf("a board that is not there: %d", r.status)
	}
	var list []access.Share
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/boards/ops/shares", "", builder)), &list); err != nil || len(list) != 4 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, each := range list {
		if each.ID == "" || each.By != "bob" || each.Created == 0 || each.Expires <= each.Created {
			t.Errorf("%+v", each)
		}
	}
	// Whoever has no right over the board does not learn that there is such a link, and no token is ended this way.
	outsider := h.token("eve", "board:hidden")
	for who, id := range map[string]string{outsider: list[0].ID, builder: "ann"} {
		if r := h.ask("DELETE", "/api/v1/shares/"+id, "", who); r.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", id, r.status, r.body)
		}
	}
	h.must("GET", "/m/orders", "", admin)
}

func TestWhereEverybodyMayLookABoardsAddressIsItsLink(t *testing.T) {
	for name, h := range map[string]*house{"no gate": open(t), "no token": closed(t, &shelf{})} {
		var made access.Shared
		if err := json.Unmarshal([]byte(h.must("POST", "/api/v1/boards/home/shares", "")), &made); err != nil || made.URL != h.url+"/b/home" || made.ID != "" {
			t.Errorf("%s: %+v, %v", name, made, err)
		}
		if got := h.must("GET", "/api/v1/boards/home/shares", ""); strings.TrimSpace(got) != "[]" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestRevokingDuringAStreamLeavesNothingOpen(t *testing.T) {
	h, admin := furnished(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	spoken := make(chan struct{})
	go func() { // lines all the time
		defer close(spoken)
		for ctx.Err() == nil {
			h.ask("POST", "/r/build", "more", admin)
		}
	}()
	for range 20 {
		id, link := h.share("ops", admin)
		ended := make(chan error, 4)
		for range 4 { // some have begun when it is revoked, some have not
			go func() {
				r, _ := http.NewRequestWithContext(ctx, "GET", h.url+"/r/build?since=all", nil)
				r.Header.Set("Cookie", strings.TrimPrefix(link, "Cookie: "))
				answer, err := http.DefaultClient.Do(r)
				if err == nil {
					_, err = io.Copy(io.Discard, answer.Body)
					_ = answer.Body.Close()
				}
				ended <- err
			}()
		}
		if r := h.ask("DELETE", "/api/v1/shares/"+id, "", admin); r.status != http.StatusNoContent {
			t.Fatalf("%d %s", r.status, r.body)
		}
		for range 4 {
			select {
			case <-ended:
			case <-time.After(time.Minute):
				t.Fatal("a stream goes on though its link was revoked")
			}
		}
	}
	stop()
	<-spoken
}
