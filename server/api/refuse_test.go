package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
)

func packed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// Every bad input of the contract: a clear answer, nothing changed.
func TestBadInputIsAnsweredAndChangesNothing(t *testing.T) {
	h := openWith(t, sqlite.Options{Limits: ledger.Limits{MaxMetrics: 2}})
	h.must("POST", "/order", "")
	h.must("PUT", "/api/v1/metrics/level", `{"kind":"gauge","floor":0,"ceiling":10}`)
	h.must("POST", "/m/level", "5")
	before := h.must("GET", "/api/v1/metrics", "")

	future := time.Now().Add(61 * time.Minute).UnixMilli()
	const mib = 1 << 20
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		detail                   string // part of it
	}{
		{name: "not a number", method: "POST", path: "/m/level", body: "warm", status: 400, detail: `"warm" is not a number`},
		{name: "NaN", method: "POST", path: "/m/level", body: "NaN", status: 400, detail: "not a number"},
		{name: "infinity", method: "POST", path: "/m/level", body: "-Inf", status: 400, detail: "not a number"},
		{name: "hexadecimal", method: "POST", path: "/m/level", body: "0x10", status: 400, detail: "not a number"},
		{name: "underscores", method: "POST", path: "/m/level", body: "1_000", status: 400, detail: "not a number"},
		{name: "two numbers", method: "PUT", path: "/m/level", body: "1 2", status: 400, detail: "not a number"},
		{name: "a sign alone", method: "POST", path: "/m/level", body: "+", status: 400, detail: "not a number"},
		{name: "two signs", method: "POST", path: "/m/level", body: "+-3", status: 400, detail: "not a number"},
		{name: "equals alone", method: "POST", path: "/m/level", body: "=", status: 400, detail: "not a number"},
		{name: "too large a number", method: "POST", path: "/m/level", body: "1e999", status: 400, detail: "too large"},
		{name: "bytes that are no text", method: "POST", path: "/m/level", body: "\xff\xfe", status: 400, detail: "not a number"},
		{name: "a bad time", method: "POST", path: "/m/level?t=soon", body: "1", status: 400, detail: "ms since 1970"},

		{name: "a query that cannot be read", method: "POST", path: "/m/level?t=%zz", body: "1", status: 400, detail: `"%zz"`},
		{name: "a batch's query that cannot be read", method: "POST", path: "/api/v1/metrics?atomic=true;", body: `{"metric":"level","set":1}`, status: 400, detail: "query"},
		{name: "a history's query that cannot be read", method: "GET", path: "/m/level.csv?from=%2", status: 400, detail: "query"},

		{name: "not JSON", method: "POST", path: "/api/v1/metrics/level", body: `{"set":`, status: 400, detail: "at byte 7"},
		{name: "no body", method: "POST", path: "/api/v1/metrics/level", status: 400, detail: "empty"},
		{name: "NaN in JSON", method: "POST", path: "/api/v1/metrics/level", body: `{"set":NaN}`, status: 400, detail: "at byte 8"},
		{name: "overflow in JSON", method: "POST", path: "/api/v1/metrics/level", body: `{"set":1e999}`, status: 400, detail: `"set" is 1e999`},
		{name: "unknown field", method: "POST", path: "/api/v1/metrics/level", body: `{"set":1,"colour":"red"}`, status: 400, detail: `"colour"`},
		{name: "wrong type", method: "POST", path: "/api/v1/metrics/level", body: `{"set":"1"}`, status: 400, detail: `"set" is a string`},
		{name: "an array", method: "POST", path: "/api/v1/metrics/level", body: `[1]`, status: 400, detail: "an array"},
		{name: "null", method: "POST", path: "/api/v1/metrics/level", body: `null`, status: 400, detail: `"add" or "set"`},
		{name: "neither", method: "POST", path: "/api/v1/metrics/level", body: `{}`, status: 400, detail: `"add" or "set"`},
		{name: "both", method: "POST", path: "/api/v1/metrics/level", body: `{"add":1,"set":1}`, status: 400, detail: "exclude each other"},
		{name: "more behind", method: "POST", path: "/api/v1/metrics/level", body: `{"set":1}{}`, status: 400, detail: "behind the JSON"},
		{name: "half a time", method: "POST", path: "/api/v1/metrics/level", body: `{"set":1,"time":1.5}`, status: 400, detail: `"time"`},
		{name: "time zero", method: "POST", path: "/api/v1/metrics/level", body: `{"set":1,"time":0}`, status: 400, detail: `"time"`},

		{name: "name", method: "POST", path: "/m/9lives", body: "1", status: 400, detail: "[A-Za-z_]"},
		{name: "name with a space", method: "POST", path: "/m/a%20b", body: "1", status: 400, detail: "[A-Za-z_]"},
		{name: "name too long", method: "POST", path: "/m/" + strings.Repeat("a", 129), body: "1", status: 400, detail: "{0,127}"},
		{name: "labels", method: "POST", path: `/m/a%7Bb=c%7D`, body: "1", status: 400, detail: "labels"},
		{name: "name of a history", method: "GET", path: "/api/v1/metrics/9/history", status: 400, detail: "[A-Za-z_]"},
		{name: "name to read", method: "GET", path: "/m/9lives", status: 400, detail: "[A-Za-z_]"},
		{name: "name to declare", method: "PUT", path: "/api/v1/metrics/9lives", body: "{}", status: 400, detail: "[A-Za-z_]"},
		{name: "name to delete", method: "DELETE", path: "/api/v1/metrics/9lives", status: 400, detail: "[A-Za-z_]"},

		{name: "below the floor", method: "POST", path: "/m/level", body: "-6", status: 400, detail: "floor is 0"},
		{name: "above the ceiling", method: "POST", path: "/m/level", body: "+6", status: 400, detail: "ceiling is 10"},
		{name: "set below the floor", method: "POST", path: "/m/level", body: "=-1", status: 400, detail: "floor is 0"},
		{name: "a counter begins below zero", method: "POST", path: "/m/fresh", body: "-3", status: 400, detail: "floor is 0"},
		{name: "in the future", method: "POST", path: fmt.Sprintf("/m/level?t=%d", future), body: "1", status: 400, detail: "an hour ahead"},
		{name: "too many metrics", method: "POST", path: "/m/third", body: "1", status: 429, detail: "--max-metrics"},

		{name: "body too large", method: "POST", path: "/m/level", body: strings.Repeat("1", mib+1), status: 413, detail: "1 MiB"},
		{name: "shop body too large", method: "POST", path: "/order", body: strings.Repeat(" ", mib+1), status: 413, detail: "1 MiB"},
		{name: "batch too large", method: "POST", path: "/api/v1/metrics", body: strings.Repeat(" ", 16*mib+1), status: 413, detail: "16 MiB"},
		{name: "too large unpacked", method: "POST", path: "/m/level", body: packed(strings.Repeat(" ", mib+1)), headers: []string{"Content-Encoding: gzip"}, status: 413, detail: "1 MiB"},
		{name: "not packed", method: "POST", path: "/m/level", body: "5", headers: []string{"Content-Encoding: gzip"}, status: 400, detail: "gzip"},
		{name: "packed in part", method: "POST", path: "/m/level", body: packed("5")[:20], headers: []string{"Content-Encoding: gzip"}, status: 400, detail: "to its end"},
		{name: "packed otherwise", method: "POST", path: "/m/level", body: "5", headers: []string{"Content-Encoding: zstd"}, status: 415, detail: "zstd"},
		{name: "key too long", method: "POST", path: "/m/level", body: "5", headers: []string{"Idempotency-Key: " + strings.Repeat("k", 256)}, status: 400, detail: "Idempotency-Key"},

		{name: "declaration of an unknown kind", method: "PUT", path: "/api/v1/metrics/level", body: `{"kind":"histogram"}`, status: 400, detail: "counter or gauge"},
		{name: "declaration of a kind that is no string", method: "PUT", path: "/api/v1/metrics/level", body: `{"kind":1}`, status: 400, detail: `"kind" is a number, which is not a string`},
		{name: "declaration of an unknown field", method: "PUT", path: "/api/v1/metrics/level", body: `{"color":1}`, status: 400, detail: `"color"`},
		{name: "declaration upside down", method: "PUT", path: "/api/v1/metrics/level", body: `{"floor":2,"ceiling":1}`, status: 400, detail: "above the ceiling"},
		{name: "declaration its value contradicts", method: "PUT", path: "/api/v1/metrics/level", body: `{"kind":"gauge","ceiling":1}`, status: 400, detail: "ceiling"},
		{name: "delete what is not there", method: "DELETE", path: "/api/v1/metrics/nobody", status: 404, detail: "no such metric"},
		{name: "read what is not there", method: "GET", path: "/m/nobody", status: 404, detail: "no such metric"},
		{name: "history of what is not there", method: "GET", path: "/api/v1/metrics/nobody/history", status: 404, detail: "no such metric"},
		{name: "picture of what is not there", method: "GET", path: "/m/nobody.csv", status: 404, detail: "no such metric"},

		{name: "no points", method: "GET", path: "/api/v1/metrics/level/history?points=0", status: 400, detail: "1 to 5000"},
		{name: "too many points", method: "GET", path: "/api/v1/metrics/level/history?points=5001", status: 400, detail: "1 to 5000"},
		{name: "points in words", method: "GET", path: "/api/v1/metrics/level/history?points=many", status: 400, detail: "1 to 5000"},
		{name: "from in words", method: "GET", path: "/api/v1/metrics/level/history?from=yesterday", status: 400, detail: "from is now, -90m"},
		{name: "to without a sign", method: "GET", path: "/api/v1/metrics/level/history?to=90m", status: 400, detail: "to is now, -90m"},
		{name: "from after to", method: "GET", path: "/m/level.json?from=now&to=-1h", status: 400, detail: "from lies after to"},

		{name: "unknown path", method: "GET", path: "/nowhere", status: 404, detail: "/nowhere"},
		{name: "unknown path below a route", method: "POST", path: "/order/7", status: 404, detail: "/order/7"},
		{name: "a foreign name", method: "GET", path: "/dashboard", headers: []string{"Host: evil.example"}, status: 403, detail: "localhost"},
		{name: "a page of another site", method: "POST", path: "/order", headers: []string{"Sec-Fetch-Site: cross-site"}, status: 403, detail: "another site"},
		{name: "another site's origin", method: "DELETE", path: "/order", headers: []string{"Origin: http://evil.example"}, status: 403, detail: "another site"},
		{name: "another site's socket", method: "GET", path: "/ws", headers: []string{"Origin: http://evil.example", "Upgrade: websocket", "Connection: Upgrade"}, status: 403, detail: "another site"},
		{name: "half a handshake", method: "GET", path: "/ws", headers: []string{"Upgrade: websocket", "Connection: Upgrade"}, status: 400, detail: "handshake"},
		{name: "no socket", method: "GET", path: "/ws", status: 426, detail: "WebSocket"},
		{name: "atomic as what", method: "POST", path: "/api/v1/metrics?atomic=maybe", body: `{"metric":"level","set":1}`, status: 400, detail: "true or false"},
		{name: "array cut off", method: "POST", path: "/api/v1/metrics", body: `[{"metric":"level","set":1},`, status: 400, detail: "byte 28"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := h.ask(c.method, c.path, c.body, c.headers...)
			if r.status != c.status || !strings.Contains(r.detail(), c.detail) {
				t.Errorf("%d %s, want %d with %q", r.status, r.body, c.status, c.detail)
			}
			if strings.Contains(r.body, "goroutine") || strings.Contains(r.body, ".go:") || r.header.Get("Server") != "" {
				t.Errorf("something internal shows: %s %v", r.body, r.header)
			}
		})
	}
	if after := h.must("GET", "/api/v1/metrics", ""); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	h.must("POST", "/m/level", "6") // existing ones go on
}

func TestAWrongMethodNamesThoseThatAreAllowed(t *testing.T) {
	h := open(t)
	for path, c := range map[string]struct{ method, allow string }{
		"/order":                     {"GET", "DELETE, POST"},
		"/sign-up":                   {"DELETE", "POST"},
		"/sign-off":                  {"POST", "DELETE"},
		"/dashboard":                 {"POST", "GET, HEAD"},
		"/m/a":                       {"DELETE", "GET, HEAD, POST, PUT"},
		"/api/v1/metrics":            {"PATCH", "GET, HEAD, POST"},
		"/api/v1/metrics/a":          {"GET", "DELETE, POST, PUT"},
		"/api/v1/metrics/a/history":  {"POST", "GET, HEAD"},
		"/ws":                        {"POST", "GET, HEAD"},
		"/":                          {"POST", "GET, HEAD"},
		`/m/a%7Bp=%22%2Fx%2Fy%22%7D`: {"OPTIONS", "GET, HEAD, POST, PUT"},
	} {
		r := h.ask(c.method, path, "")
		if r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != c.allow || !strings.Contains(r.detail(), c.method) {
			t.Errorf("%s %s: %d, Allow %q, %s", c.method, path, r.status, r.header.Get("Allow"), r.body)
		}
	}
}

func TestGETAnswersHEAD(t *testing.T) {
	h := open(t)
	h.must("POST", "/order", "")
	for _, path := range []string{"/dashboard", "/status", "/m/orders", "/api/v1/metrics", "/api/v1/metrics/orders/history", "/"} {
		get, head := h.ask("GET", path, ""), h.ask("HEAD", path, "")
		if head.status != 200 || head.body != "" || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("HEAD %s: %d %q %v", path, head.status, head.body, head.header)
		}
	}
}

func TestWhoWentAwayIsNotToldThatItWasDone(t *testing.T) {
	a := New(Options{Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler {
			t.Errorf("it ended with %v", cause)
		}
	}()
	a.answering(toAll, func(_ http.ResponseWriter, r *http.Request) error { return r.Context().Err() }).
		ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "POST", "/order", nil))
}

func TestAPanicIsAnAnswerAndALogLine(t *testing.T) {
	h := open(t, func(o *Options) {
		o.Assets = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") })
	})
	r := h.ask("GET", "/web/x", "")
	if r.status != 500 || !strings.Contains(r.detail(), "operator") || strings.Contains(r.body, "secret") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestAStoreThatCannotBeWrittenIs503AndReadsGoOn(t *testing.T) {
	h := open(t)
	h.must("POST", "/order", "")
	admin := h.admin()
	if r := admin.ask("GET", "/ready", ""); r.status != 200 {
		t.Errorf("before: %d %s", r.status, r.body)
	}
	h.close()
	if r := h.ask("POST", "/order", ""); r.status != 503 || r.header.Get("Retry-After") == "" || !strings.Contains(r.detail(), "try again") {
		t.Errorf("a mutation: %d %s", r.status, r.body)
	}
	if r := h.ask("POST", "/api/v1/metrics", `{"metric":"orders","add":1}`); r.status != 503 {
		t.Errorf("a batch: %d %s", r.status, r.body)
	}
	if r := admin.ask("GET", "/ready", ""); r.status != 503 || !strings.Contains(r.detail(), "store") {
		t.Errorf("/ready: %d %s", r.status, r.body)
	}
	if h.value("orders") != "1" || h.must("GET", "/dashboard", "") != `{"orders":1,"customers":0,"products":0}`+"\n" {
		t.Error("reads do not go on")
	}
}
