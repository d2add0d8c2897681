package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// page asks for a page of history and answers its first and last seq and its length.
func (h *house) page(name, query string) (first, last uint64, n int) {
	h.t.Helper()
	var rows []wire.MessageRow
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/rooms/"+name+"/messages"+query, "")), &rows); err != nil {
		h.t.Fatal(err)
	}
	for i, row := range rows {
		if row.Seq != rows[0].Seq+uint64(i) || row.Content != fmt.Sprint("line ", row.Seq) || row.Time == 0 {
			h.t.Fatalf("%s: row %d is %+v", query, i, row)
		}
	}
	if len(rows) == 0 {
		return 0, 0, 0
	}
	return rows[0].Seq, rows[len(rows)-1].Seq, len(rows)
}

func TestHistoryIsPagedExactly(t *testing.T) {
	h := openWith(t, sqlite.Options{Limits: ledger.Limits{RoomMessages: 2000}})
	u := h.post("/r/build")
	for n := range 2500 {
		u.say(t, fmt.Sprintf("line %d\n", n+1))
	}
	_ = u.Close()
	u.answer(t)
	for query, want := range map[string][3]uint64{
		"":                        {2401, 2500, 100},
		"?limit=1":                {2500, 2500, 1},
		"?limit=1000":             {1501, 2500, 1000},
		"?before=2500":            {2400, 2499, 100},
		"?before=2501&limit=3":    {2498, 2500, 3},
		"?before=9999999&limit=3": {2498, 2500, 3},
		"?before=504":             {501, 503, 3}, // what is older is no longer kept
		"?before=502&limit=1":     {501, 501, 1},
		"?before=501":             {},
		"?before=17":              {},
		"?before=1":               {},
		"?before=1001&limit=500":  {501, 1000, 500},
		"?before=1002&limit=501":  {501, 1001, 501},
		"?before=1002&limit=1000": {501, 1001, 501},
	} {
		first, last, n := h.page("build", query)
		if got := [3]uint64{first, last, uint64(n)}; got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
	if body := h.must("GET", "/api/v1/rooms/nobody/messages", ""); body != "[]\n" {
		t.Errorf("a room of which nobody has heard: %s", body)
	}
}

func TestAHistoryOf64MiBIsStreamed(t *testing.T) {
	h := open(t)
	line := strings.Repeat("<", room.MaxLine)
	u := h.post("/r/large")
	for range 300 {
		u.say(t, line+"\n")
	}
	_ = u.Close()
	u.answer(t)
	r := h.ask("GET", "/api/v1/rooms/large/messages?limit=300", "")
	var rows []wire.MessageRow
	if err := json.Unmarshal([]byte(r.body), &rows); err != nil || len(rows) != 300 || rows[299].Content != line {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if r.header.Get("Content-Length") != "" {
		t.Error("the answer was held whole: it has a length")
	}
}

func TestRoomsAreListedWithWhatWasSaidAndWhoIsThere(t *testing.T) {
	h := open(t)
	if list := h.must("GET", "/api/v1/rooms", ""); list != "[]\n" {
		t.Errorf("at first %s", list)
	}
	h.must("POST", "/r/build", "one")
	h.must("POST", "/r/build", "two")
	h.must("POST", "/r/zoo", "three")
	p := h.dial("/ws")
	p.send(`{"type":"join","room_id":"lobby","user_id":"ann"}`)
	p.until("joined")
	p.send(`{"type":"join","room_id":"zoo"}`)
	p.until("joined")
	var rows []wire.RoomRow
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/rooms", "")), &rows); err != nil {
		t.Fatal(err)
	}
	for i, want := range []wire.RoomRow{{RoomID: "build", Seq: 2, Messages: 2}, {RoomID: "lobby", Members: 1}, {RoomID: "zoo", Seq: 1, Messages: 1, Members: 1}} {
		if len(rows) != 3 {
			t.Fatalf("%+v", rows)
		}
		if got := rows[i]; got.RoomID != want.RoomID || got.Seq != want.Seq || got.Messages != want.Messages || got.Members != want.Members || (got.Time == 0) != (got.Seq == 0) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if got := h.must("GET", "/api/v1/rooms/zoo/presence", ""); got != `{"room_id":"zoo","members":[{"user_id":"ann","connections":1}]}`+"\n" {
		t.Error(got)
	}
	if got := h.must("GET", "/api/v1/rooms/build/presence", ""); got != `{"room_id":"build","members":[]}`+"\n" {
		t.Error(got)
	}
}

func TestWhoAsksForHistoryWronglyIsToldSo(t *testing.T) {
	h := open(t)
	for path, detail := range map[string]string{
		"/api/v1/rooms/-/messages":            "a room's name matches",
		"/api/v1/rooms/-/presence":            "a room's name matches",
		"/api/v1/rooms/a/messages?limit=0":    "1 to 1000",
		"/api/v1/rooms/a/messages?limit=1001": "1 to 1000",
		"/api/v1/rooms/a/messages?limit=many": "1 to 1000",
		"/api/v1/rooms/a/messages?limit=-1":   "1 to 1000",
		"/api/v1/rooms/a/messages?before=0":   "before is",
		"/api/v1/rooms/a/messages?before=-1":  "before is",
		"/api/v1/rooms/a/messages?before=all": "before is",
		"/api/v1/rooms/a/messages?before=%zz": "query",
	} {
		if r := h.ask("GET", path, ""); r.status != http.StatusBadRequest || !strings.Contains(r.detail(), detail) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}

func TestRoomsRoutesNameTheirMethodsAndAnswerHEAD(t *testing.T) {
	h := open(t)
	for path, allow := range map[string]string{"/r/build": "GET, HEAD, POST, PUT", "/api/v1/rooms": "GET, HEAD",
		"/api/v1/rooms/a/messages": "GET, HEAD", "/api/v1/rooms/a/presence": "GET, HEAD"} {
		if r := h.ask("DELETE", path, ""); r.status != 405 || r.header.Get("Allow") != allow {
			t.Errorf("%s: %d, Allow %q", path, r.status, r.header.Get("Allow"))
		}
		if path == "/r/build" {
			continue
		}
		get, head := h.ask("GET", path, ""), h.ask("HEAD", path, "")
		if head.status != 200 || head.body != "" || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("HEAD %s: %d %v", path, head.status, head.header)
		}
	}
}

// An answer that has begun cannot become an error: its end is missing instead.
func TestWhatIsCutOffAmidAnAnswerDoesNotLookWhole(t *testing.T) {
	h := open(t)
	u := h.post("/r/large")
	for range 400 {
		u.say(t, strings.Repeat("x", room.MaxLine)+"\n")
	}
	_ = u.Close()
	u.answer(t)
	var answers []*http.Response
	for _, path := range []string{"/api/v1/rooms/large/messages?limit=1000", "/r/large?since=all"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", h.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil || response.StatusCode != 200 {
			t.Fatal(response, err)
		}
		defer response.Body.Close()
		answers = append(answers, response)
	}
	h.close() // more is to be read than the network holds
	for _, response := range answers {
		if n, err := io.Copy(io.Discard, response.Body); err != io.ErrUnexpectedEOF {
			t.Errorf("%s ended after %d bytes with %v", response.Request.URL.Path, n, err)
		}
	}
	if ended := h.api.traffic.streams.ended(); ended[endedUnavailable] != 1 {
		t.Errorf("streams ended %v", ended)
	}
}
