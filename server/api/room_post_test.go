package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// contents are what was said in a room, oldest first.
func (h *house) contents(name string) (contents []string) {
	h.t.Helper()
	var rows []wire.MessageRow
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/rooms/"+name+"/messages?limit=1000", "")), &rows); err != nil {
		h.t.Fatal(err)
	}
	for _, row := range rows {
		contents = append(contents, row.Content)
	}
	return contents
}

// streamed is a body of which nobody knows the length.
type streamed struct{ io.Reader }

// upload is a request whose body the test writes.
type slowBody struct {
	*io.PipeWriter
	answered chan reply
}

// post begins an upload.
func (h *house) post(path string, headers ...string) slowBody {
	h.t.Helper()
	body, pen := io.Pipe()
	u := slowBody{pen, make(chan reply, 1)}
	r, err := http.NewRequestWithContext(h.t.Context(), "PUT", h.url+path, streamed{body})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	h.t.Cleanup(func() { _ = pen.CloseWithError(io.ErrUnexpectedEOF) })
	go func() {
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			u.answered <- reply{body: err.Error()}
			return
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		u.answered <- reply{response.StatusCode, response.Header, string(text)}
	}()
	return u
}

func (u slowBody) say(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(u, text); err != nil {
		t.Fatal(err)
	}
}

// answer waits for what the upload gets.
func (u slowBody) answer(t *testing.T) reply {
	t.Helper()
	select {
	case r := <-u.answered:
		return r
	case <-time.After(time.Minute):
		t.Fatal("no answer came")
		return reply{}
	}
}

// said reads the members that tell what was kept.
func (r reply) said(t *testing.T) (k kept) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), &k); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return k
}

func TestABodyWithALengthIsOneMessage(t *testing.T) {
	h := open(t)
	long := strings.Repeat("x", room.MaxLine)
	for i, c := range []struct {
		body string
		want []string
	}{
		{"hello", []string{"hello"}}, {"hello\n", []string{"hello"}}, {"hello\r\n", []string{"hello"}}, {"a\nb\n", []string{"a\nb"}},
		{"a\n\n", []string{"a\n"}}, {"\n", []string{""}}, {"", []string{""}}, {" a ", []string{" a "}}, {"a\r", []string{"a\r"}},
		{"caf\xe9", []string{"caf\uFFFD"}}, {long, []string{long}}, {long + "yy", room.Lines(long + "yy")},
	} {
		name := fmt.Sprintf("r%d", i)
		method := []string{"POST", "PUT"}[i%2]
		want := fmt.Sprintf(`{"room_id":%q,"messages":%d,"seq":%d}`+"\n", name, len(c.want), len(c.want))
		if got := h.must(method, "/r/"+name, c.body); got != want {
			t.Errorf("%.20q: %s, want %s", c.body, got, want)
		}
		if got := h.contents(name); !slices.Equal(got, c.want) {
			t.Errorf("%.20q became %.40q", c.body, got)
		}
	}
}

func TestAStreamedBodyIsAMessageALine(t *testing.T) {
	h := open(t)
	for i, c := range []struct {
		body string
		want []string
	}{
		{"a\nb\n", []string{"a", "b"}}, {"a\r\nb", []string{"a", "b"}}, {"\n\n", []string{"", ""}}, {"", nil},
		{"\xff\n", []string{"\uFFFD"}}, {strings.Repeat("x\n", 2500)[:4999], slices.Repeat([]string{"x"}, 2500)},
	} {
		name := fmt.Sprintf("r%d", i)
		u := h.post("/r/" + name)
		u.say(t, c.body)
		_ = u.Close()
		r := u.answer(t)
		if said := r.said(t); r.status != 200 || said != (kept{name, len(c.want), uint64(len(c.want))}) {
			t.Errorf("%.20q: %d %s", c.body, r.status, r.body)
		}
		if got := h.contents(name); !slices.Equal(got, c.want[max(0, len(c.want)-1000):]) {
			t.Errorf("%.20q became %d messages, %.40q", c.body, len(got), got)
		}
	}
	u := h.post("/r/packed", "Content-Encoding: gzip")
	u.say(t, packed("one\ntwo\n"))
	_ = u.Close()
	if r := u.answer(t); r.said(t).Messages != 2 || !slices.Equal(h.contents("packed"), []string{"one", "two"}) {
		t.Errorf("packed: %s", r.body)
	}
}

func TestALineIsToldWhileItsUploadLasts(t *testing.T) {
	h := open(t)
	reader := h.stream("/r/build")
	u := h.post("/r/build")
	for n := range 5 {
		u.say(t, fmt.Sprintf("line %d\npart", n))
		reader.expect([]string{"line 0", "partline 1", "partline 2", "partline 3", "partline 4"}[n])
	}
	_ = u.Close()
	reader.expect("part")
	if r := u.answer(t); r.said(t) != (kept{"build", 6, 6}) {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestALineOf10MBIsToldInPiecesWhileItIsStillComing(t *testing.T) {
	h := open(t)
	reader := h.stream("/r/long")
	u := h.post("/r/long")
	text := strings.Repeat("0123456789", 1<<20)
	want := room.Lines(text)
	for i := 0; i < len(text); i += 1 << 20 {
		u.say(t, text[i:i+1<<20])
		for came := 0; came < i; { // all but the last MB has been told
			piece := reader.line()
			if piece != want[0] {
				t.Fatalf("a piece of %d bytes, want %d", len(piece), len(want[0]))
			}
			came, want = came+len(piece), want[1:]
			if len(piece) == 0 {
				break
			}
			if i > 0 && len(want) <= 160-(i>>16) {
				break
			}
		}
	}
	_ = u.Close()
	for _, piece := range want {
		reader.expect(piece)
	}
	if r := u.answer(t); r.said(t).Messages != len(room.Lines(text)) {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestAKeySaysAMessageOnce(t *testing.T) {
	h := open(t)
	for range 3 {
		if got := h.must("POST", "/r/build", "done", "Idempotency-Key: job-1"); got != `{"room_id":"build","messages":1,"seq":1}`+"\n" {
			t.Error(got)
		}
	}
	if r := h.ask("POST", "/r/build", "else", "Idempotency-Key: job-1"); r.status != 422 {
		t.Errorf("with another body: %d %s", r.status, r.body)
	}
	u := h.post("/r/build", "Idempotency-Key: job-2")
	if r := u.answer(t); r.status != 400 || !strings.Contains(r.detail(), "Content-Length") {
		t.Errorf("lines with a key: %d %s", r.status, r.body)
	}
	if got := h.contents("build"); !slices.Equal(got, []string{"done"}) {
		t.Errorf("%q were said", got)
	}
	if got := h.api.traffic.received.Load(); got != 1 {
		t.Errorf("%d messages were received", got)
	}
}

func TestOneRoomTooManyIsRefusedAndTheOthersGoOn(t *testing.T) {
	h := openWith(t, sqlite.Options{Limits: ledger.Limits{MaxRooms: 1}})
	h.must("POST", "/r/build", "one")
	u := h.post("/r/second")
	u.say(t, "x\n")
	for how, r := range map[string]reply{"whole": h.ask("POST", "/r/second", "x"), "streamed": u.answer(t)} {
		if r.status != 429 || r.header.Get("Retry-After") == "" || !strings.Contains(r.detail(), "too many rooms") {
			t.Errorf("%s: %d %s", how, r.status, r.body)
		}
	}
	h.must("POST", "/r/build", "two")
}

func TestAnUploadIsAnsweredTruthfullyWhenTheServerDrains(t *testing.T) {
	h := open(t)
	reader := h.stream("/r/build")
	u := h.post("/r/build")
	u.say(t, "one\ntwo\nthree\nhalf")
	for _, line := range []string{"one", "two", "three"} {
		reader.expect(line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	h.api.Drain(ctx)
	r := u.answer(t)
	if r.status != 503 || r.header.Get("Retry-After") == "" || !strings.Contains(r.detail(), "were kept: 3") || r.said(t) != (kept{"build", 3, 3}) {
		t.Errorf("%d %v %s", r.status, r.header, r.body)
	}
	reader.ended()
	if got := h.contents("build"); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("%q were kept", got)
	}
}

func TestAnUploadEndsAtOnceWhenNothingCanBeWrittenAnyMore(t *testing.T) {
	h := open(t)
	reader := h.stream("/r/build")
	u := h.post("/r/build")
	u.say(t, "one\n")
	reader.expect("one")
	h.close()
	u.say(t, "two\n")
	if r := u.answer(t); r.status != 503 || r.said(t) != (kept{"build", 1, 1}) || !strings.Contains(r.detail(), "were kept: 1") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// What was seen before a cut was said; its sender is told where it can be.
func TestWhatCameOfAnUploadThatBreaksOffIsKept(t *testing.T) {
	h := open(t)
	for name, end := range map[string]string{"gone": "", "garbled": "no chunk\r\n"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		reader := h.stream("/r/" + name)
		fmt.Fprintf(conn, "POST /r/%s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n8\r\none\nhalf\r\n%s", name, end)
		reader.expect("one")
		if end == "" {
			_ = conn.Close()
			reader.expect("half")
			continue
		}
		reader.expect("half")
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != 400 || !response.Close {
			t.Errorf("%v %v", response, err)
		}
		_ = conn.Close()
	}
}

func TestAnswersOfUploadsSayWhatIsWrong(t *testing.T) {
	h := open(t)
	for path, c := range map[string]struct {
		body, header string
		status       int
		detail       string
	}{
		"/r/-a":                          {status: 400, detail: room.Grammar},
		"/r/a%20b":                       {status: 400, detail: room.Grammar},
		"/r/" + strings.Repeat("a", 129): {status: 400, detail: room.Grammar},
		"/r/large":                       {body: strings.Repeat("x", 1<<20+1), status: 413, detail: "curl -T -"},
		"/r/packed":                      {body: "x", header: "Content-Encoding: gzip", status: 400, detail: "gzip"},
		"/r/zstd":                        {body: "x", header: "Content-Encoding: zstd", status: 415, detail: "zstd"},
		"/r/key":                         {body: "x", header: "Idempotency-Key: " + strings.Repeat("k", 256), status: 400, detail: "Idempotency-Key"},
	} {
		headers := []string{}
		if c.header != "" {
			headers = append(headers, c.header)
		}
		if r := h.ask("POST", path, c.body, headers...); r.status != c.status || !strings.Contains(r.detail(), c.detail) {
			t.Errorf("%.40s: %d %s", path, r.status, r.body)
		}
		if strings.HasPrefix(path, "/r/large") || strings.HasPrefix(path, "/r/packed") {
			continue
		}
		if c.status == 400 && c.detail == room.Grammar || c.status == 415 {
			if r := h.post(path, headers...).answer(t); r.status != c.status || !strings.Contains(r.detail(), c.detail) {
				t.Errorf("streamed to %.40s: %d %s", path, r.status, r.body)
			}
		}
	}
	if rooms := h.must("GET", "/api/v1/rooms", ""); rooms != "[]\n" {
		t.Errorf("rooms came into being: %s", rooms)
	}
}

func TestUploadsAndStreamsThatBreakOffLeaveNothingBehind(t *testing.T) {
	h := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 30 {
		r, err := http.NewRequestWithContext(ctx, "GET", h.url+"/r/build", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		readers.Go(func() {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		})
	}
	reader := h.stream("/r/build")
	var uploads []slowBody
	for n := range 30 {
		u := h.post("/r/build")
		u.say(t, fmt.Sprintf("line %d\nand half", n))
		reader.expect(fmt.Sprintf("line %d", n))
		uploads = append(uploads, u)
	}
	cancel()
	readers.Wait()
	for _, u := range uploads {
		_ = u.CloseWithError(io.ErrUnexpectedEOF)
		u.answer(t)
	}
	buffer := make([]byte, 16<<20)
	for left := 1; left > 0 || h.api.traffic.following.Load() != 1; runtimeYield(t) {
		left = 0
		for stack := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
			if strings.Contains(stack, "api.(*upload)") || strings.Contains(stack, "untilDraining") {
				left++
			}
		}
	}
	if closed := h.api.traffic.streams.ended(); closed[endedClient] != 30 {
		t.Errorf("streams ended %v", closed)
	}
}
