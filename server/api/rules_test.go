package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"telltale/server/auth"
	"telltale/shared/access"
)

// examples are requests of routes whose pattern is none: path, and body where one is needed.
// "{run}" is a run of deploy that has been reported.
var examples = map[string][2]string{
	"GET /{$}":                             {"/"},
	"GET /web/":                            {"/web/app.css"},
	"POST /m/{metric}":                     {"/m/orders", "1"},
	"PUT /m/{metric}":                      {"/m/orders", "1"},
	"GET /m/{metric}":                      {"/m/orders"},
	"POST /api/v1/metrics":                 {"/api/v1/metrics", `{"metric":"orders","add":1}`},
	"POST /api/v1/metrics/{metric}":        {"/api/v1/metrics/orders", `{"add":1}`},
	"PUT /api/v1/metrics/{metric}":         {"/api/v1/metrics/orders", `{"type":"gauge"}`},
	"DELETE /api/v1/metrics/{metric}":      {"/api/v1/metrics/nobody"},
	"GET /api/v1/metrics/{metric}/history": {"/api/v1/metrics/orders/history"},
	"POST /r/{room}":                       {"/r/build", "hello"},
	"PUT /r/{room}":                        {"/r/build", "hello"},
	"GET /r/{room}":                        {"/r/build"},
	"GET /api/v1/rooms/{room}/messages":    {"/api/v1/rooms/build/messages"},
	"GET /api/v1/rooms/{room}/presence":    {"/api/v1/rooms/build/presence"},
	"POST /api/v1/runs/{command}":          {"/api/v1/runs/deploy", `{}`},
	"GET /api/v1/runs/{id}":                {"/api/v1/runs/{run}"},
	"DELETE /api/v1/runs/{id}":             {"/api/v1/runs/{run}"},
	"GET /api/v1/runs/{id}/output":         {"/api/v1/runs/{run}/output"},
	"PUT /api/v1/runs/{id}":                {"/api/v1/runs/{run}", `{"command":"deploy","state":"running"}`},
	"POST /api/v1/runs/{id}/output":        {"/api/v1/runs/{run}/output?offset=0", ""},
	"GET /api/v1/boards/{board}":           {"/api/v1/boards/ops"},
	"PUT /api/v1/boards/{board}":           {"/api/v1/boards/ops", `{"panels":[]}`},
	"DELETE /api/v1/boards/{board}":        {"/api/v1/boards/nobody"},
	"GET /api/v1/boards/{board}/view":      {"/api/v1/boards/ops/view"},
	"POST /api/v1/markdown":                {"/api/v1/markdown", "*hi*"},
	"POST /api/v1/screens/{id}":            {"/api/v1/screens/all", `{"do":"reload"}`},
	"GET /b/{board}":                       {"/b/ops"},
	"GET /b/{board}/{panel}":               {"/b/ops/orders.svg"},
	"GET /runs/{id}":                       {"/runs/{run}"},
	"POST /api/v1/boards/{board}/shares":   {"/api/v1/boards/ops/shares", `{"expires":"1h"}`},
	"GET /api/v1/boards/{board}/shares":    {"/api/v1/boards/ops/shares"},
	"DELETE /api/v1/shares/{id}":           {"/api/v1/shares/nobody"},
	"GET /s/{secret}":                      {"/s/tt_of-nobody"},
	"POST /sign-in":                        {"/sign-in", "token={admin}"},
	"POST /sign-out":                       {"/sign-out", ""},
}

// grants are tokens that the table is played with, and for each what it may do of what the
// examples ask: read, write, … of any (a list), or over the examples' own names.
var grants = map[string]string{
	"reader": "read:*", "writer": "write:orders", "shop": "read:orders", "other": "read:zzz,write:zzz,room:zzz,run:zzz,board:zzz",
	"talker": "room:build", "runner": "run:deploy", "builder": "board:*", "admin": "admin",
	"link": "link:ops", // no token but a share link of the board ops, which shows orders
}

// wanted is what a route is to ask of its caller, told apart from what routes.go says of it:
// the tokens that it lets in. Everybody else is refused, with 401 where no token is shown.
var wanted = map[string]string{
	"POST /order": "writer admin", "DELETE /order": "writer admin",
	"POST /product": "admin", "DELETE /product": "admin", "POST /sign-up": "admin", "DELETE /sign-off": "admin",
	"GET /dashboard": "reader admin",
	"GET /status":    lookers, "GET /api/v1/metrics": lookers, "GET /api/v1/rooms": lookers, "GET /api/v1/runs": lookers,
	"POST /api/v1/boards/{board}/shares": "builder admin", "GET /api/v1/boards/{board}/shares": "builder admin", "DELETE /api/v1/shares/{id}": "builder other admin",
	"GET /s/{secret}": open_, "GET /audit": "admin", "GET /api/v1/audit": "admin",
	"GET /api/v1/boards": lookers, "POST /api/v1/markdown": lookers,
	"POST /m/{metric}": "writer admin", "PUT /m/{metric}": "writer admin", "GET /m/{metric}": "reader shop admin link",
	"POST /api/v1/metrics": "writer other admin", "POST /api/v1/metrics/{metric}": "writer admin", "PUT /api/v1/metrics/{metric}": "writer admin",
	"DELETE /api/v1/metrics/{metric}": "admin", "GET /api/v1/metrics/{metric}/history": "reader shop admin link",
	"POST /r/{room}": "talker admin", "PUT /r/{room}": "talker admin", "GET /r/{room}": "reader talker admin",
	"GET /api/v1/rooms/{room}/messages": "reader talker admin", "GET /api/v1/rooms/{room}/presence": "reader talker admin",
	"POST /api/v1/runs/{command}": "runner admin", "GET /api/v1/runs/{id}": "reader runner admin", "DELETE /api/v1/runs/{id}": "runner admin",
	"GET /api/v1/runs/{id}/output": "reader runner admin", "PUT /api/v1/runs/{id}": "runner admin", "POST /api/v1/runs/{id}/output": "runner admin",
	"GET /api/v1/boards/{board}": "reader builder admin link", "PUT /api/v1/boards/{board}": "builder admin", "DELETE /api/v1/boards/{board}": "builder admin",
	"GET /api/v1/boards/{board}/view": "reader builder admin link", "GET /b/{board}": "reader builder admin link", "GET /b/{board}/{panel}": "reader builder admin link",
	"GET /api/v1/screens": "builder other admin", "POST /api/v1/screens/{id}": "builder other admin", "GET /screens": "builder other admin",
	"GET /ws": everyone, "GET /api/v1/me": everyone, "GET /{$}": lookers, "GET /boards": lookers, "GET /rooms": lookers, "GET /runs": lookers, "GET /runs/{id}": lookers,
	"GET /app.js": open_, "GET /app.css": open_, "GET /app-worker.js": open_, "GET /wasm_exec.js": open_, "GET /manifest.webmanifest": open_,
	"GET /api/v1/openapi.json": open_, "GET /api/docs": open_,
	"GET /web/": open_, "GET /sign-in": open_, "POST /sign-in": open_, "POST /sign-out": open_,
}

const (
	lookers  = "reader shop other talker runner builder admin link"
	everyone = "reader writer shop other talker runner builder admin link"
	open_    = "nobody stranger " + everyone
)

// cell is one request of the table.
type cell struct {
	as, how, host, origin string // how the token is shown: by header or cookie
}

func TestEveryRouteLetsInWhomItIsFor(t *testing.T) {
	kept, shown := &shelf{}, map[string]string{"nobody": "", "stranger": "tt_of-nobody"}
	for name, scopes := range grants {
		if board, is := strings.CutPrefix(scopes, "link:"); is {
			shown[name] = kept.share(board, "read")
		} else {
			shown[name] = kept.add(name, scopes)
		}
	}
	ring, err := auth.NewKeyring(t.Context(), kept, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, func(o *Options) { o.Gate = &auth.Gate{Keyring: ring} })
	routes := s.api.Routes()
	ask := func(method, path, body string, c cell) *httptest.ResponseRecorder {
		ctx, end := context.WithCancel(t.Context())
		if method == http.MethodGet && strings.HasPrefix(path, "/r/") {
			end() // a stream has no other end
		}
		defer end()
		r := httptest.NewRequestWithContext(ctx, method, "http://localhost"+path, strings.NewReader(strings.ReplaceAll(body, "{admin}", shown["admin"])))
		r.Host = c.host
		if strings.HasPrefix(body, "token=") {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		switch token := shown[c.as]; {
		case token == "":
		case c.how == "cookie":
			r.AddCookie(&http.Cookie{Name: auth.Cookie, Value: token})
		default:
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if cause := recover(); cause != nil && cause != http.ErrAbortHandler {
					panic(cause)
				}
			}()
			routes.ServeHTTP(w, r)
		}()
		return w
	}
	home := cell{as: "admin", host: "localhost"}
	const ran = "0123456789abcdef0123"
	for _, made := range [][3]string{{"PUT", "/api/v1/runs/" + ran, `{"command":"deploy","state":"running","host":"h"}`},
		{"PUT", "/api/v1/boards/ops", `{"panels":[{"id":"orders","kind":"stat","queries":[{"metric":"orders"}]}]}`}, {"POST", "/order", ""}, {"POST", "/r/build", "hi"}} {
		if got := ask(made[0], made[1], made[2], home); got.Code >= 300 {
			t.Fatalf("%s %s: %d %s", made[0], made[1], got.Code, got.Body)
		}
	}
	var patterns []string
	for pattern := range s.api.rules {
		patterns = append(patterns, pattern)
	}
	slices.Sort(patterns)
	cells := 0
	for _, pattern := range patterns {
		method, path, _ := strings.Cut(pattern, " ")
		example, has := examples[pattern]
		if !has && strings.ContainsAny(path, "{") {
			t.Errorf("%s has no example here", pattern)
			continue
		}
		if !has {
			example[0] = path
		}
		path = strings.ReplaceAll(example[0], "{run}", ran)
		list, has := wanted[pattern]
		if !has {
			t.Errorf("who may ask %s is not said here", pattern)
			continue
		}
		let := strings.Fields(list)
		for as := range strings.FieldsSeq(open_) {
			for _, c := range []cell{{as, "header", "localhost", ""}, {as, "cookie", "localhost", ""}, {as, "cookie", "localhost", "http://evil.example"}, {as, "header", "evil.example", ""}} {
				cells++
				got := ask(method, path, example[1], c)
				if wrong := misjudged(method, c, slices.Contains(let, as), slices.Contains(let, "nobody"), got); wrong != "" {
					t.Errorf("%s as %+v: %d %s: %s", pattern, c, got.Code, bytes.TrimSpace(got.Body.Bytes()), wrong)
				}
			}
		}
	}
	if t.Logf("%d cells", cells); cells < 400 {
		t.Errorf("only %d cells", cells)
	}
}

// misjudged says what is wrong with an answer.
func misjudged(method string, c cell, let, all bool, got *httptest.ResponseRecorder) string {
	refused := got.Code == http.StatusUnauthorized || got.Code == http.StatusForbidden
	switch {
	case c.host != "localhost", c.origin != "" && method != http.MethodGet:
		if got.Code != http.StatusForbidden {
			return "the host or the origin is another's"
		}
	case c.as == "stranger" && c.how == "header":
		if got.Code != http.StatusUnauthorized {
			return "the token is not known"
		}
	case (c.as == "nobody" || c.as == "stranger") && !all:
		if got.Code != http.StatusUnauthorized || got.Header().Get("WWW-Authenticate") == "" {
			return "no token was shown"
		}
	case let && refused:
		return "it is refused"
	case !let && got.Code != http.StatusForbidden && got.Code != http.StatusNotFound:
		return "it is let in"
	case !let && got.Code == http.StatusNotFound && strings.Contains(got.Body.String(), "orders"):
		return "what is not there for the caller is told"
	}
	return ""
}

func TestListsHoldWhatTheirCallerMayRead(t *testing.T) {
	kept := &shelf{}
	bob := kept.add("bob", "read:host.*,write:host.*,room:build")
	ring, err := auth.NewKeyring(t.Context(), kept, nil)
	if err != nil {
		t.Fatal(err)
	}
	gate := &auth.Gate{Keyring: ring}
	s := open(t, func(o *Options) { o.Gate = gate })
	for _, path := range []string{"/m/secret", "/m/host.cpu", "/r/build", "/r/secret"} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost"+path, strings.NewReader("1"))
		r.Header.Set("Authorization", "Bearer "+kept.add("admin "+path, "admin"))
		if err := ring.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		if s.api.Routes().ServeHTTP(w, r); w.Code >= 300 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, c := range []struct{ method, path, body, has string }{
		{"GET", "/api/v1/metrics", "", `"host.cpu"`}, {"GET", "/api/v1/rooms", "", `"build"`}, {"GET", "/b/all", "", "host.cpu"},
		{"GET", "/api/v1/boards", "", `"all"`},
		{"POST", "/api/v1/metrics", `{"metric":"host.cpu","set":2}` + "\n" + `{"metric":"other","set":2}`, `"status":403`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "http://localhost"+c.path, strings.NewReader(c.body))
		r.Header.Set("Authorization", "Bearer "+bob)
		w := httptest.NewRecorder()
		s.api.Routes().ServeHTTP(w, r)
		if got := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(got, c.has) || strings.Contains(got, "secret") || strings.Contains(fmt.Sprint(w.Header()), "secret") {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, got)
		}
	}
	if within := s.api.within(t.Context(), auth.Caller{Scopes: access.Scopes{{Right: access.Write, Glob: "*"}}}); len(within) != 1 || len(within[0]) != 0 {
		t.Errorf("who may read nothing watches within %q", within)
	}
}
