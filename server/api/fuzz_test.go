package api

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"telltale/server/auth"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/run"
	"telltale/shared/series"
)

// sentence fails unless a refusal is one that a person can read, wherever it is shown: not
// empty, not long, of one line, and without what a terminal would obey.
func sentence(t *testing.T, err error) {
	t.Helper()
	p := explain(err)
	if p.Status < 400 || p.Status >= 500 {
		t.Fatalf("input is answered with %d %q (%v)", p.Status, p.Detail, err)
	}
	legible(t, p.Detail)
}

func legible(t *testing.T, text string) {
	t.Helper()
	if text == "" || len(text) > 3*mostDetail || !utf8.ValidString(text) {
		t.Fatalf("a sentence of %d bytes: %.300q", len(text), text)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		t.Fatalf("a sentence with control characters: %.300q", text)
	}
}

func FuzzShortBodies(f *testing.F) {
	for _, body := range []string{"", " \n", "42", "=-5", "+3", "-3", "= 1e3", "1e999", "0x10", "Inf", "+NaN", "1_0", "--1", "\x1b[2J", "\u202e1"} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		m, err := Short(body)
		if err != nil {
			sentence(t, err)
			return
		}
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) || m.Op != metric.Add && m.Op != metric.Set {
			t.Fatalf("%q is %+v", body, m)
		}
		own := "=" + strconv.FormatFloat(m.Value, 'g', -1, 64)
		if m.Op == metric.Add {
			own = strings.Replace("+"+own[1:], "+-", "-", 1)
		}
		if again, err := Short(own); err != nil || again != m {
			t.Fatalf("%q is %+v, whose own form %q is %+v, %v", body, m, own, again, err)
		}
	})
}

func FuzzMutationJSON(f *testing.F) {
	for _, body := range []string{`{"add":1}`, `{"set":4.2,"time":1}`, `{"add":1,"set":2}`, `{"Add":null}`, `{"\u001b[2J":1}`, `{"set":1e400}`, `{"add":{}}`, `[`, `{"add":1}{`, ``} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var c change
		err := decodeJSON(body, &c)
		m := metric.Mutation{}
		if err == nil {
			m, err = c.mutation("m")
		}
		if err != nil {
			sentence(t, err)
			return
		}
		own, err := json.Marshal(map[metric.Op]change{metric.Add: {Add: &m.Value}, metric.Set: {Set: &m.Value}}[m.Op])
		if err != nil {
			t.Fatal(err)
		}
		again := change{}
		if err := json.Unmarshal(own, &again); err != nil {
			t.Fatal(err)
		}
		if n, err := again.mutation("m"); err != nil || n.Op != m.Op || n.Value != m.Value {
			t.Fatalf("%q is %+v, and then %+v, %v", body, m, n, err)
		}
	})
}

// A batch reads the same as NDJSON and as an array.
func FuzzBatchRows(f *testing.F) {
	for _, body := range []string{"{\"metric\":\"a\",\"add\":1}\n{\"metric\":\"b\",\"set\":2}", `[{"metric":"a","add":1},{"metric":"b{c=\"d\"}","set":2,"key":"k","time":9}]`, "[", "[1,\n2]", "\r\n\n", `[[[`, "{", `[]]`, "\ufeff[]"} {
		f.Add([]byte(body))
	}
	r := httptest.NewRequest(http.MethodPost, "/api/v1/metrics", nil)
	a := &API{}
	r, _ = a.asking(r)
	b := &batch{api: a, r: r, caller: callerOf(r)}
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, err := rowsOf(body)
		if err != nil {
			sentence(t, err)
			return
		}
		var good [][]byte
		n, taken := 0, 0
		for row := range rows {
			n, taken = n+1, taken+len(row)
			item, err := b.item(row)
			if err != nil {
				sentence(t, err)
				continue
			}
			if id, err := metric.Parse(string(item.Metric)); err != nil || id != item.Metric {
				t.Fatalf("%q names %q", row, item.Metric)
			}
			good = append(good, slices.Clone(row))
		}
		if n > len(body) || taken > len(body) {
			t.Fatalf("%d bytes became %d rows of %d bytes", len(body), n, taken)
		}
		if slices.ContainsFunc(good, func(row []byte) bool { return bytes.ContainsAny(row, "\r\n") }) {
			return // of an array, over several lines
		}
		read := func(text []byte) (read [][]byte) {
			rows, err := rowsOf(text)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			for row := range rows {
				read = append(read, slices.Clone(row))
			}
			return read
		}
		if len(good) > 0 && good[0][0] != '{' {
			t.Fatalf("the row %q is none", good[0])
		}
		lines, array := read(bytes.Join(good, []byte("\n"))), read(append(append([]byte("["), bytes.Join(good, []byte(","))...), ']'))
		if !slices.EqualFunc(lines, array, bytes.Equal) || !slices.EqualFunc(lines, good, func(a, b []byte) bool { return bytes.Equal(a, bytes.TrimSpace(b)) }) {
			t.Fatalf("%q reads as %q in lines, and as %q in an array", good, lines, array)
		}
	})
}

func FuzzBoardJSON(f *testing.F) {
	for _, body := range []string{
		`{"panels":[]}`, `{"id":"ops","title":"<script>","range":"5m","panels":[{"id":"a","kind":"line","queries":[{"metric":"m{a=~\"*\"}","title":"\u001b"}]}]}`,
		`{"panels":[{"id":"t","kind":"text","text":"# a"},{"id":"l","kind":"log","room":"build"},{"id":"r","kind":"run","command":"x"}]}`,
		`{"panels":[{"id":"g","kind":"gauge","queries":[{"metric":"a"}],"min":0,"max":1,"thresholds":[{"at":1,"tone":"bad"}],"every":"10s","w":2,"h":6}]}`,
		`{"panels":[{"id":"e","kind":"auto","each":true,"buttons":true,"queries":[{"metric":"*"}]}]}`, `{"panels":[1]}`, `{"panels":[{"\u001b]8;;x\u0007":1}]}`, `{"panels":null}`, `{"range":"-1s"}`,
	} {
		f.Add([]byte(body))
	}
	known := []metric.Metric{{ID: "a"}, {ID: `m{a="1"}`, Declaration: metric.Declaration{Kind: metric.Counter, Title: "t"}}}
	f.Fuzz(func(t *testing.T, body []byte) {
		of, err := readBoard(body, "ops")
		if err != nil {
			sentence(t, err)
			return
		}
		text := document(of)
		again, err := readBoard(text, "ops")
		if err != nil || !bytes.Equal(document(again), text) {
			t.Fatalf("%s is kept as %s, which is read as %s, %v", body, text, document(again), err)
		}
		for _, p := range of.Expand(known) {
			p.Shown(known, 8)
		}
		of.Rooms()
		texts(of)
	})
}

func FuzzQueries(f *testing.F) {
	for _, query := range []string{
		"from=-24h&to=now&points=600", "from=-1w&to=-1d", "from=1&to=0", "points=5001", "before=1&limit=1000&until=-90m", "range=1y&at=2026-11-22T14:05&width=40&height=4000",
		"from=-1e300d", "to=9223372036854775807", "range=4294967295d", "at=-0001-01-01", "since=1e9w", "%zz", "from=-9999999999999d&to=now", "a;b", "from=-106751d",
	} {
		f.Add(query)
	}
	a := New(Options{})
	f.Fuzz(func(t *testing.T, raw string) {
		const now = 1_800_000_000_000
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/x", RawQuery: raw}, Header: http.Header{}}
		query, err := queryOf(r)
		if err != nil {
			sentence(t, err)
			return
		}
		if s, err := spanOf(query, now); err != nil {
			sentence(t, err)
		} else if step := a.step(s, now); s.from > s.to || s.points < 1 || s.points > series.MaxPoints || step < 1 || (s.to/step-s.from/step) > int64(s.points)+1 {
			t.Fatalf("%q is %+v in steps of %d", raw, s, step)
		}
		if before, until, limit, err := pageOf(r); err != nil {
			sentence(t, err)
		} else if before == 0 || until < 0 || limit < 1 || limit > mostLimit {
			t.Fatalf("%q: before %d, until %d, limit %d", raw, before, until, limit)
		}
		if p, err := a.pictureOf(r, usualSpan); err != nil {
			sentence(t, err)
		} else if width, height, err := p.size(800, 0); err != nil {
			sentence(t, err)
		} else if p.from >= p.to || p.from < metric.MinTime || width < 40 || width > 4000 || height != 0 && (height < 40 || height > 4000) || p.scale < 1 || p.scale > 3 || p.points < 1 {
			t.Fatalf("%q: %+v, %v by %v", raw, p.span, width, height)
		}
		// Of since what needs no room: what it says is a length of time.
		if back, ok := duration(query.Get("since")); ok && (back > 1e15 || back < -1e15) {
			t.Fatalf("%q is %d ms", query.Get("since"), back)
		}
	})
}

func FuzzRunNews(f *testing.F) {
	for _, body := range []string{`{"command":"make","state":"running","host":"ci"}`, `{"command":"x","state":"exited","code":1,"duration_ms":5,"started":1,"from":9}`,
		`{"command":"x","state":"signalled","signal":"SIGKILL"}`, `{"command":"\u0000","room":"run.x","state":"running"}`, `{"state":7}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var news runNews
		err := decodeJSON(body, &news)
		if err == nil {
			err = news.check()
		}
		if err != nil {
			sentence(t, err)
			return
		}
		stands := news.standing(run.Run{})
		text, err := json.Marshal(stands)
		if err != nil || !utf8.Valid(text) || len(stands.Command) > run.MaxCommand || len(shortened(news.Host, maxHosts)) > maxHosts || !utf8.ValidString(stands.Command) {
			t.Fatalf("%q stands as %s, %v", body, text, err)
		}
	})
}

func FuzzConditions(f *testing.F) {
	for _, header := range []string{`"abc"`, "*", `W/"a", "b"`, `"`, `""`, ",,", `"*"`, "\x00"} {
		f.Add(header, false)
		f.Add(header, true)
	}
	f.Fuzz(func(t *testing.T, value string, none bool) {
		name := "If-Match"
		if none {
			name = "If-None-Match"
		}
		r := &http.Request{Header: http.Header{name: {value}}}
		for _, id := range []string{"ops", "home"} {
			accepted, err := acceptable(r, id)
			if err != nil {
				sentence(t, err)
			} else if accepted == nil {
				t.Fatalf("%s: %q asks for nothing", name, value)
			}
		}
	})
}

// Whatever is asked, with whatever headers, nothing panics, and each refusal is a problem in
// a sentence; nothing of an answer's headers is what the request wrote there.
func FuzzRequests(f *testing.F) {
	for _, seed := range [][5]string{
		{"GET", "/m/a.svg?range=5m", "text/html;q=0.1", "", ""}, {"POST", "/m/a?t=1", "*/*", "42", "key"}, {"GET", "/b/home.png?scale=3&width=100", "image/*", "", ""},
		{"GET", "/api/v1/rooms/x/messages?before=7", "text/csv", "", ""}, {"PUT", "/api/v1/runs/a", "", `{"command":"x","state":"running"}`, ""}, {"POST", "/api/v1/runs/a/output?offset=0", "", "\x01\x00\x00\x00\x01a", ""},
		{"PUT", "/api/v1/boards/b", "", `{"panels":[]}`, "k\x00"}, {"GET", "/b/home", "text/plain", "", ""}, {"POST", "/r/x", "", "a\x1b[2J\nb", ""}, {"GET", "/r/x?since=all", "text/event-stream", "", ""},
		{"GET", "/m/a%0d%0aSet-Cookie:x", "text/html", "", ""}, {"GET", "/%1b[31m%e2%80%ae", "", "", ""}, {"PUT", "/api/v1/metrics/a", "", `{"kind":"gauge","title":"\u0000","unit":"\u202e","floor":1}`, ""},
		{"POST", "/api/v1/markdown", "", "[a](javascript:x)", ""}, {"POST", "/sign-in", "", "token=a&to=//evil", ""}, {"POST", "/api/v1/screens/all", "", `{"do":"show","board":"x"}`, ""},
		{"DELETE", "/api/v1/metrics/a{b=\"c\"}", "", "", ""}, {"GET", "/api/v1/metrics/a/history?from=-1w", "text/csv", "", ""}, {"POST", "/api/v1/metrics?atomic=true", "", `[{"metric":"a","add":-1}]`, "k"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	h := open(f)
	routes := h.api.Routes()
	over, end := context.WithCancel(f.Context())
	end()
	f.Fuzz(func(t *testing.T, method, target, accept, body, key string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost", strings.NewReader(body))
		if err != nil {
			return // no HTTP server hands that on
		}
		if r.URL, err = url.ParseRequestURI(target); err != nil || !strings.HasPrefix(target, "/") || !fieldValue(accept) || !fieldValue(key) {
			return
		}
		if strings.HasPrefix(r.URL.Path, "/r/") && r.Method == http.MethodGet {
			r = r.WithContext(over) // what follows a room ends with its reader
		}
		r.Header.Set("Accept", accept)
		r.Header.Set("Idempotency-Key", key)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if cause := recover(); cause != nil && (r.Context().Err() == nil || cause != any(http.ErrAbortHandler)) {
					panic(cause)
				}
			}()
			routes.ServeHTTP(w, r)
		}()
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Fatalf("%s %q: %d %s", method, target, w.Code, w.Body)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Fatalf("%s %q: may be sniffed", method, target)
		}
		for name, values := range w.Header() {
			for _, value := range values {
				if !fieldValue(value) || strings.Contains(value, "Set-Cookie") {
					t.Fatalf("%s %q: %s: %q", method, target, name, value)
				}
			}
		}
		if w.Header().Get("Content-Type") == "application/problem+json" {
			p := problem{}
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code {
				t.Fatalf("%s %q: %d %s, %v", method, target, w.Code, w.Body, err)
			}
			legible(t, p.Detail)
		}
	})
}

// fieldValue tells what may be the value of a header (RFC 9110, section 5.5).
func fieldValue(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && (r < ' ' || r == 0x7f) })
}

// What comes in at a socket is answered or cut; whoever sends it, the next one is served.
func FuzzConversations(f *testing.F) {
	for _, said := range []string{
		`{"type":"join","room_id":"a","user_id":"u","since":"all"}` + "\n" + `{"type":"broadcast","room_id":"a","content":"x","id":"1","key":"k"}` + "\n" + `{"type":"leave","room_id":"a"}`,
		`{"type":"watch","metrics":["*{a!=\"b\"}"],"range_ms":1,"points":1,"rate":20,"since":0,"epoch":"","have":["a"],"to":1}`, `{"type":"watch","board":"home","id":"\u001b"}`,
		`{"type":"mutate","metric":"a{b=\"\u202e\"}","set":1e300,"id":"x","time":-1}`, `{"type":"presence","room_id":"run.x"}`, `{"type":"direct","user_id":"\u0000","content":""}`,
		`{"type":"screen","board":"home","width":1,"height":1,"fps":1e999,"painted":-1,"build":"","id":"all"}`, `{"type":"ping","id":1}`, `{"type":"ping","clock":true}`, `{"type":"nobody"}`, `[]`, "", "\x00", `{"type":"unwatch"}`,
	} {
		f.Add(said)
	}
	h := open(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > 16<<10 {
			return // judged before it is read: FuzzFramesAreJudgedTheSameHoweverTheyAreCut
		}
		own := *h
		own.t = t
		p := own.dial("/ws")
		for line := range strings.SplitSeq(text, "\n") {
			p.send(line)
		}
		p.send(`{"type":"ping","id":"the last"}`)
		for {
			var e struct{ Type, Code, Detail, ID string }
			message := p.read()
			if err := json.Unmarshal(message, &e); err != nil || e.Type == "" {
				t.Fatalf("%q is answered with %q: %v", text, message, err)
			}
			if e.Type == "error" {
				legible(t, e.Detail)
				if e.Code == "unavailable" {
					t.Fatalf("%q is answered with %s", text, message)
				}
			}
			if e.Type == "pong" && e.ID == "the last" {
				break
			}
		}
	})
}

// Whatever a caller's token lets do and whatever they ask for, the refusal can be read.
func FuzzRefusals(f *testing.F) {
	f.Add("ann", "orders")
	f.Add("\u202e", "m{a=\"\n\x1b[2J\"}")
	f.Fuzz(func(t *testing.T, user, name string) {
		sentence(t, lacking(auth.Caller{ID: "x", User: user}, access.Need{Right: access.Write, Name: name}))
	})
}

// A bad option of a board is refused in time that grows with its length alone.
func FuzzPatternsAreJudgedInTime(f *testing.F) {
	f.Add(strings.Repeat("a*", 1000), `a{b="c"}`)
	f.Add(`m{a=~"`+strings.Repeat("*a", 500)+`"}`, `m{a="`+strings.Repeat("a", 900)+`"}`)
	f.Fuzz(func(t *testing.T, pattern, name string) {
		b := board.Board{ID: "x", Panels: []board.Panel{{ID: "p", Kind: board.Line, Queries: []board.Query{{Metric: pattern}}}}}
		if err := b.Check(); err != nil {
			sentence(t, err)
			return
		}
		id, err := metric.Parse(name)
		if err != nil {
			return
		}
		begun := time.Now()
		for range 10 {
			metric.Match(pattern, id)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Fatalf("%q takes %v", pattern, took)
		}
	})
}
