package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
)

// reader is who reads GET /r/{room}.
type reader struct {
	t     testing.TB
	reply *http.Response
	lines chan string // closed at the end
	err   error       // how it ended
}

// stream opens one, whose headers have come when it returns.
func (h *house) stream(path string, headers ...string) *reader {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", h.url+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, header := range headers {
		if name, value, found := strings.Cut(header, ": "); found {
			r.Header.Set(name, value)
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	reading := &reader{t: h.t, reply: response, lines: make(chan string)}
	h.t.Cleanup(func() {
		cancel()
		for range reading.lines {
		}
		_ = response.Body.Close()
	})
	go func() {
		defer close(reading.lines)
		for in := bufio.NewReader(response.Body); ; {
			line, err := in.ReadString('\n')
			if err != nil {
				reading.err = err
				return
			}
			reading.lines <- strings.TrimSuffix(line, "\n")
		}
	}()
	return reading
}

func (r *reader) line() string {
	r.t.Helper()
	select {
	case line, more := <-r.lines:
		if !more {
			r.t.Fatalf("the stream ended: %v", r.err)
		}
		return line
	case <-time.After(time.Minute):
		r.t.Fatal("nothing came")
		return ""
	}
}

func (r *reader) expect(want ...string) {
	r.t.Helper()
	for _, line := range want {
		if got := r.line(); got != line {
			r.t.Fatalf("%.60q came, want %.60q", got, line)
		}
	}
}

// ended expects that nothing more comes, and that the end is as it should be.
func (r *reader) ended() {
	r.t.Helper()
	select {
	case line, more := <-r.lines:
		if more || r.err != io.EOF {
			r.t.Errorf("%q came, %v", line, r.err)
		}
	case <-time.After(time.Minute):
		r.t.Error("it does not end")
	}
}

func TestAStreamGivesWhatIsNewOrWhatWasAskedForAndThenWhatIsNew(t *testing.T) {
	h := open(t)
	for n := range 5 {
		h.must("POST", "/r/build", fmt.Sprintf("line %d", n+1))
	}
	var readers []*reader
	for _, c := range []struct {
		since  string
		header string
		want   []string
	}{
		{"", "", nil},
		{"?since=all", "", []string{"line 1", "line 2", "line 3", "line 4", "line 5"}},
		{"?since=0", "", []string{"line 1", "line 2", "line 3", "line 4", "line 5"}},
		{"?since=3", "", []string{"line 4", "line 5"}},
		{"?since=5", "", nil},
		{"?since=77", "", []string{"line 1", "line 2", "line 3", "line 4", "line 5"}}, // of another life
		{"?since=10m", "", []string{"line 1", "line 2", "line 3", "line 4", "line 5"}},
		{"?since=7d", "", []string{"line 1", "line 2", "line 3", "line 4", "line 5"}},
		{"", "Last-Event-ID: 4", nil}, // which is for events
	} {
		r := h.stream("/r/build"+c.since, c.header)
		if r.reply.StatusCode != 200 || r.reply.Header.Get("Content-Type") != "text/plain; charset=utf-8" || r.reply.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %v", c.since, r.reply)
		}
		r.expect(c.want...)
		readers = append(readers, r)
	}
	h.must("POST", "/r/build", "new")
	for _, r := range readers {
		r.expect("new")
	}
}

func TestEventsCarryTheirSeqAndResumeByIt(t *testing.T) {
	h := open(t)
	for _, content := range []string{"one", "a\nb\rc\r\nd", ""} {
		h.must("POST", "/r/build", content)
	}
	r := h.stream("/r/build?since=all", "Accept: text/event-stream")
	if kind := r.reply.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type %s", kind)
	}
	r.expect("retry: 1000", "", "id: 1", "data: one", "", "id: 2", "data: a", "data: b", "data: c", "data: d", "", "id: 3", "data: ", "")
	again := h.stream("/r/build?since=all", "Accept: text/event-stream", "Last-Event-ID: 2")
	again.expect("retry: 1000", "", "id: 3", "data: ", "")
	h.must("POST", "/r/build", "new")
	r.expect("id: 4", "data: new", "")
	again.expect("id: 4", "data: new", "")
}

func TestWhatIsNoLongerKeptIsNamed(t *testing.T) {
	h := openWith(t, sqlite.Options{Limits: ledger.Limits{RoomMessages: 2}})
	h.api.SlowClient = Drop // which did not leave these out
	for n := range 9 {
		h.must("POST", "/r/build", fmt.Sprintf("line %d", n+1))
	}
	h.stream("/r/build?since=4").expect("[telltale: messages 5 to 7 are no longer kept]", "line 8", "line 9")
	if s := h.api.statistics(t.Context()); s.expired != 3 || s.dropped != 0 {
		t.Errorf("%d were no longer kept, %d dropped", s.expired, s.dropped)
	}
	h.stream("/r/build?since=4", "Accept: text/event-stream").expect("retry: 1000", "",
		"id: 7", "event: gap", `data: {"room_id":"build","from":5,"to":7}`, "", "id: 8", "data: line 8", "", "id: 9", "data: line 9", "")
	h.stream("/r/build?since=all").expect("line 8", "line 9")
}

func TestWhoAsksForAStreamWronglyIsToldSo(t *testing.T) {
	h := open(t)
	for path, c := range map[string]struct{ header, detail string }{
		"/r/.a":                           {"", "a room's name matches"},
		"/r/a%2Fb":                        {"", "a room's name matches"},
		"/r/a?since=yesterday":            {"", "since is all"},
		"/r/a?since=-10m":                 {"", "since is all"},
		"/r/a?since=%2B10m":               {"", "since is all"},
		"/r/a?since=-1":                   {"", "since is all"},
		"/r/a?since=ALL":                  {"", "since is all"},
		"/r/a?since=1.5":                  {"", "since is all"},
		"/r/a?since=99999999999999999999": {"", "since is all"},
		"/r/a?since=%zz":                  {"", "query"},
		"/r/a":                            {"Last-Event-ID: x", "Last-Event-ID is"},
	} {
		headers := []string{"Accept: text/event-stream"}
		if c.header != "" {
			headers = append(headers, c.header)
		}
		if r := h.ask("GET", path, "", headers...); r.status != 400 || !strings.Contains(r.detail(), c.detail) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}

func TestABrowserIsGivenTheRoomsPage(t *testing.T) {
	h := open(t)
	if r := h.ask("GET", "/r/build", "", "Accept: text/html"); r.status != 200 || r.body != "page /r/build" || r.header.Get("Vary") != "Accept" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestWhoGoesAwayIsNoMemberAnyMore(t *testing.T) {
	h := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", h.url+"/r/build", nil)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if states := h.api.Hub.Rooms(); len(states) != 1 || states[0].Connections != 1 || states[0].Users != 0 || h.api.traffic.following.Load() != 1 {
		t.Errorf("%+v", states)
	}
	cancel()
	for len(h.api.Hub.Rooms()) != 0 || h.api.traffic.following.Load() != 0 {
		runtimeYield(t)
	}
}

func TestStreamsEndWhenTheServerDrainsAndNoneBegins(t *testing.T) {
	h := open(t)
	text, events := h.stream("/r/build"), h.stream("/r/build", "Accept: text/event-stream")
	events.expect("retry: 1000", "")
	h.must("POST", "/r/build", "last words")
	h.api.Drain(t.Context())
	text.expect("last words")
	text.ended()
	events.expect("id: 1", "data: last words", "")
	events.ended()
	if r := h.ask("GET", "/r/build", ""); r.status != 503 || r.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestHEADOfAStreamIsItsHeaders(t *testing.T) {
	h := open(t)
	for accept, kind := range map[string]string{"*/*": "text/plain; charset=utf-8", "text/event-stream": "text/event-stream"} {
		if r := h.ask("HEAD", "/r/build", "", "Accept: "+accept); r.status != 200 || r.body != "" || r.header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %v", accept, r.status, r.header)
		}
	}
	if r := h.ask("HEAD", "/r/-", ""); r.status != 400 {
		t.Errorf("of a bad name: %d", r.status)
	}
}
