package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/board"
	"telltale/shared/wire"
)

const shop = `{"title":"Shop","panels":[{"id":"orders","kind":"bars","queries":[{"metric":"orders"}],"buttons":true}]}`

// rowsOf lists the boards.
func (h *house) rowsOf() (rows []wire.BoardRow) {
	h.t.Helper()
	if err := json.Unmarshal([]byte(h.ask("GET", "/api/v1/boards", "").body), &rows); err != nil {
		h.t.Fatal(err)
	}
	return rows
}

func TestABoardIsKeptAsItWasPut(t *testing.T) {
	h := open(t)
	put := h.ask("PUT", "/api/v1/boards/shop", shop)
	tag := put.header.Get("Etag")
	var row wire.BoardRow
	if err := json.Unmarshal([]byte(put.body), &row); put.status != http.StatusCreated || err != nil || tag != `"`+row.Revision+`"` || row.Revision == "" ||
		row.ID != "shop" || row.Title != "Shop" || row.Panels != 1 || row.Source != wire.Kept || row.Time == 0 {
		t.Fatalf("PUT: %d %s %s", put.status, tag, put.body)
	}
	got := h.ask("GET", "/api/v1/boards/shop", "")
	var b board.Board
	if err := json.Unmarshal([]byte(got.body), &b); got.status != http.StatusOK || err != nil || got.header.Get("Etag") != tag ||
		b.ID != "shop" || len(b.Panels) != 1 || !b.Panels[0].Buttons || !strings.Contains(got.body, "\n  \"panels\": [") {
		t.Errorf("GET: %d %s", got.status, got.body)
	}
	for _, match := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		if got := h.ask("GET", "/api/v1/boards/shop", "", "If-None-Match: "+match); got.status != http.StatusNotModified || got.body != "" || got.header.Get("Etag") != tag {
			t.Errorf("GET with If-None-Match %s: %d %s", match, got.status, got.body)
		}
	}
	// What was got can be put again: the same document, the same revision.
	if again := h.ask("PUT", "/api/v1/boards/shop", got.body); again.status != http.StatusOK || again.header.Get("Etag") != tag {
		t.Errorf("PUT of what was got: %d, %s, was %s", again.status, again.header.Get("Etag"), tag)
	}
	rows := h.rowsOf()
	if len(rows) != 3 || rows[0].ID != "all" || rows[1].ID != "home" || rows[0].Source != wire.Builtin || rows[2].ID != "shop" || rows[2].Source != wire.Kept {
		t.Errorf("listed are %+v", rows)
	}
	if gone := h.ask("DELETE", "/api/v1/boards/shop", ""); gone.status != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", gone.status, gone.body)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if got := h.ask(method, "/api/v1/boards/shop", ""); got.status != http.StatusNotFound || !strings.Contains(got.detail(), "no such board") {
			t.Errorf("%s of what is gone: %d %s", method, got.status, got.body)
		}
	}
}

func TestABuiltInBoardCanBeOverriddenAndComesBack(t *testing.T) {
	h := open(t)
	tag := h.ask("GET", "/api/v1/boards/home", "").header.Get("Etag")
	if got := h.ask("DELETE", "/api/v1/boards/home", ""); got.status != http.StatusNotFound || !strings.Contains(got.detail(), "built in") {
		t.Errorf("DELETE of the built-in one: %d %s", got.status, got.body)
	}
	if got := h.ask("PUT", "/api/v1/boards/home", shop, "If-None-Match: *"); got.status != http.StatusPreconditionFailed || got.header.Get("Etag") != tag {
		t.Errorf("PUT where none may be: %d %s", got.status, got.header.Get("Etag"))
	}
	put := h.ask("PUT", "/api/v1/boards/home", shop, "If-Match: "+tag)
	if put.status != http.StatusOK {
		t.Fatalf("PUT from the built-in one: %d %s", put.status, put.body)
	}
	if got := h.ask("PUT", "/api/v1/boards/home", shop, "If-Match: "+tag); got.status != http.StatusPreconditionFailed || got.header.Get("Etag") != put.header.Get("Etag") {
		t.Errorf("PUT from the built-in one, though another is kept: %d %s", got.status, got.header.Get("Etag"))
	}
	if rows := h.rowsOf(); len(rows) != 2 || rows[1].ID != "home" || rows[1].Title != "Shop" || rows[1].Source != wire.Kept {
		t.Errorf("listed are %+v", rows)
	}
	if got := h.ask("DELETE", "/api/v1/boards/home", "", "If-Match: *"); got.status != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", got.status, got.body)
	}
	if got := h.ask("GET", "/api/v1/boards/home", ""); got.header.Get("Etag") != tag {
		t.Errorf("after that it is %s, was %s", got.header.Get("Etag"), tag)
	}
	if got := h.ask("PUT", "/api/v1/boards/home", shop, "If-Match: *"); got.status != http.StatusOK {
		t.Errorf("PUT of any: %d %s", got.status, got.body)
	}
}

func TestAChangeIsMadeOnlyFromTheRevisionThatItNames(t *testing.T) {
	h := open(t)
	put := func(title string, headers ...string) reply {
		return h.ask("PUT", "/api/v1/boards/b", fmt.Sprintf(`{"title":%q,"panels":[]}`, title), headers...)
	}
	for _, match := range []string{`"x"`, "*"} {
		if got := put("0", "If-Match: "+match); got.status != http.StatusPreconditionFailed || got.header.Get("Etag") != "" || !strings.Contains(got.detail(), "not there") {
			t.Errorf("PUT where there is none, If-Match %s: %d %s", match, got.status, got.body)
		}
	}
	first := put("1", "If-None-Match: *").header.Get("Etag")
	second := put("2", "If-Match: "+first).header.Get("Etag")
	if first == second || second == "" {
		t.Fatalf("the revisions are %s and %s", first, second)
	}
	for _, headers := range [][]string{{"If-Match: " + first}, {"If-Match: W/" + second}, {"If-None-Match: *"}, {`If-Match: "x","y"`}} {
		if got := put("3", headers...); got.status != http.StatusPreconditionFailed || got.header.Get("Etag") != second || !strings.Contains(got.detail(), second) {
			t.Errorf("PUT with %s: %d %s %s", headers, got.status, got.header.Get("Etag"), got.body)
		}
		if headers[0] == "If-None-Match: *" {
			continue
		}
		if got := h.ask("DELETE", "/api/v1/boards/b", "", headers...); got.status != http.StatusPreconditionFailed {
			t.Errorf("DELETE with %s: %d %s", headers, got.status, got.body)
		}
	}
	for _, headers := range [][]string{{"If-Match: x"}, {`If-Match: "x`}, {`If-Match: ""`}, {`If-None-Match: "x"`}, {"If-None-Match: *", "If-Match: *"}} {
		if got := put("3", headers...); got.status != http.StatusBadRequest {
			t.Errorf("PUT with %s: %d %s", headers, got.status, got.body)
		}
	}
	if got := put("3", `If-Match: "x", `+second); got.status != http.StatusOK {
		t.Errorf("PUT with one of two: %d %s", got.status, got.body)
	}
	if got := put("4"); got.status != http.StatusOK {
		t.Errorf("PUT without a condition: %d %s", got.status, got.body)
	}

	// Ten people change what they saw: one of them does, nine are told.
	tag := h.ask("GET", "/api/v1/boards/b", "").header.Get("Etag")
	var mu sync.Mutex
	got := map[int]int{}
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			status := put(fmt.Sprint("by ", i), "If-Match: "+tag).status
			mu.Lock()
			got[status]++
			mu.Unlock()
		})
	}
	if all.Wait(); got[http.StatusOK] != 1 || got[http.StatusPreconditionFailed] != 9 {
		t.Errorf("answers: %v", got)
	}
}

func TestARepeatedChangeOfABoardIsMadeOnce(t *testing.T) {
	h := open(t)
	headers := []string{"Idempotency-Key: k", "If-None-Match: *"}
	first := h.ask("PUT", "/api/v1/boards/b", shop, headers...)
	again := h.ask("PUT", "/api/v1/boards/b", shop, headers...)
	if first.status != http.StatusCreated || again.status != first.status || again.body != first.body || again.header.Get("Etag") != first.header.Get("Etag") {
		t.Errorf("first %d %s, again %d %s", first.status, first.body, again.status, again.body)
	}
	if got := h.ask("PUT", "/api/v1/boards/b", `{"panels":[]}`, "Idempotency-Key: k"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("the key with another body: %d %s", got.status, got.body)
	}
	for range 2 {
		if got := h.ask("DELETE", "/api/v1/boards/b", "", "Idempotency-Key: gone"); got.status != http.StatusNoContent {
			t.Errorf("DELETE: %d %s", got.status, got.body)
		}
	}
}

func TestARefusedBoardSaysWhere(t *testing.T) {
	h := open(t)
	panel := func(fields string) string {
		return `{"panels":[{"id":"a","kind":"line","queries":[{"metric":"m"}]},{` + fields + `}]}`
	}
	for _, c := range []struct {
		body, want string
		status     int
	}{
		{``, "empty", 400},
		{`[]`, "array", 400},
		{`{"panels":[]`, "ends too early", 400},
		{`{"panels":[]} x`, "behind", 400},
		{`{}`, `a board has "panels"`, 400},
		{`{"panels":null}`, `a board has "panels"`, 400},
		{`{"panel":[]}`, `"panel" is not known`, 400},
		{`{"panels":{}}`, `"panels" is an object, which is not an array`, 400},
		{`{"id":"c","panels":[]}`, `"c", and the path says "b"`, 400},
		{`{"title":3,"panels":[]}`, `"title" is a number`, 400},
		{`{"range":"90x","panels":[]}`, "90x", 400},
		{`{"range":90,"panels":[]}`, `"range" is a number, which is not a string`, 400},
		{panel(`"id":"b","kind":"line","queries":[{"metric":"m"}],"colour":"red"`), `panel 2: the field "colour" is not known`, 400},
		{panel(`"id":"b","kind":"line","queries":[{"metrics":"m"}]`), `panel 2: the field "metrics" is not known`, 400},
		{panel(`"id":"b","kind":"line","queries":[{"metric":7}]`), `panel 2: the field "metric" is a number, which is not a string`, 400},
		{panel(`"id":"b","kind":"line","queries":[{"metric":"m"}],"w":"2"`), `panel 2: the field "w" is a string, which is not a whole number`, 400},
		{panel(`"id":"b","kind":"line","queries":[{"metric":"m"}],"each":1`), `which is not true or false`, 400},
		{panel(`"id":"b","kind":"line","queries":[{"metric":"m"}],"every":"soon"`), `panel 2: not a board: "soon" is not a span`, 400},
		{panel(`"id":"b","kind":"pie","queries":[{"metric":"m"}]`), `panel 2: "pie" is not a kind`, 400},
		{panel(`"id":"a","kind":"line","queries":[{"metric":"m"}]`), `panel 2: the id "a" stands twice`, 400},
		{panel(``), "panel 2: id", 400},
		{`{"panels":[7]}`, "panel 1: the JSON value is a number, which is not an object", 400},
		{`{"panels":[` + strings.Repeat("{},", board.MaxPanels) + `{}]}`, "201 panels", 400},
		{`{"title":"` + strings.Repeat("x", maxBody) + `"}`, "1 MiB", 413},
	} {
		if got := h.ask("PUT", "/api/v1/boards/b", c.body); got.status != c.status || !strings.Contains(got.detail(), c.want) {
			t.Errorf("%.100s: %d %s, want %d with %q", c.body, got.status, got.detail(), c.status, c.want)
		}
	}
	for _, path := range []string{"/api/v1/boards/.b", "/api/v1/boards/a%20b", "/api/v1/boards/" + strings.Repeat("b", 129)} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			if got := h.ask(method, path, shop); got.status != 400 || !strings.Contains(got.detail(), board.Grammar) {
				t.Errorf("%s %.40s: %d %s", method, path, got.status, got.body)
			}
		}
	}
	if got := h.ask("POST", "/api/v1/boards/b", shop); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.status)
	}
	if rows := h.rowsOf(); len(rows) != 2 {
		t.Errorf("though all were refused there are %+v", rows)
	}
}

func TestThePageOfABoardThatIsNotThereIs404(t *testing.T) {
	h := open(t)
	h.ask("PUT", "/api/v1/boards/shop", shop)
	for path, want := range map[string]int{"/b/home": 200, "/b/all": 200, "/b/shop": 200, "/b/none": 404, "/b/.none": 404} {
		if got := h.ask("GET", path, "", "Accept: text/html"); got.status != want || !strings.HasPrefix(got.body, "page /b/") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestAnyBoardCanBeWatched(t *testing.T) {
	h := open(t)
	h.ask("PUT", "/api/v1/boards/shop", shop)
	h.ask("POST", "/order", "")
	s := h.dial("/ws")
	s.send(`{"type":"watch","board":"none","id":"1"}`)
	if got := s.until(`"id":"1"`); !strings.Contains(string(got), wire.CodeBadName) {
		t.Errorf("a board that is not there: %s", got)
	}
	s.send(`{"type":"watch","board":"shop","id":"2"}`)
	if got := s.until("snapshot"); !strings.Contains(string(got), `"values":{"orders":`) {
		t.Errorf("the snapshot is %s", got)
	}
}

// files are boards of a folder.
type files map[string]Board

func (f files) Board(id string) (Board, bool) { b, is := f[id]; return b, is }
func (f files) Boards() (all []Board) {
	for _, b := range f {
		all = append(all, b)
	}
	return all
}

func TestABoardOfAFileIsReadOnlyAndGoesFirst(t *testing.T) {
	of := Board{Board: board.Board{ID: "home", Title: "From git", Panels: []board.Panel{}}, Revision: "r", Source: wire.File, Time: 7, Wrong: "broken"}
	h := open(t, func(o *Options) { o.BoardFiles = files{"home": of} })
	if got := h.ask("GET", "/api/v1/boards/home", ""); !strings.Contains(got.body, "From git") || got.header.Get("Etag") != `"r"` {
		t.Errorf("GET: %d %s", got.status, got.body)
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if got := h.ask(method, "/api/v1/boards/home", shop); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, HEAD" ||
			!strings.Contains(got.detail(), "--boards") {
			t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
	if rows := h.rowsOf(); len(rows) != 2 || rows[1].Source != wire.File || rows[1].Wrong != "broken" || rows[1].Time != 7 {
		t.Errorf("listed are %+v", rows)
	}
	var view wire.BoardView
	if err := json.Unmarshal([]byte(h.ask("GET", "/api/v1/boards/home/view", "").body), &view); err != nil || view.Title != "From git" ||
		view.Revision != "r" || view.Source != wire.File || view.Wrong != "broken" {
		t.Errorf("the view is %+v, %v", view, err)
	}
}

func TestBoardsThatAreTooLargeOrTooManyAreRefused(t *testing.T) {
	h := open(t)
	var panels []string
	for i := range board.MaxPanels {
		var queries []string
		for range 32 {
			queries = append(queries, `{"metric":"m","title":"`+strings.Repeat("x", 100)+`"}`)
		}
		panels = append(panels, fmt.Sprintf(`{"id":"p%d","kind":"line","queries":[%s]}`, i, strings.Join(queries, ",")))
	}
	if got := h.ask("PUT", "/api/v1/boards/b", `{"panels":[`+strings.Join(panels, ",")+`]}`); got.status != http.StatusRequestEntityTooLarge || !strings.Contains(got.detail(), "256") {
		t.Errorf("a large one: %d %s", got.status, got.body)
	}
	if p := explain(fmt.Errorf("%w: 3 are kept", ledger.ErrTooManyBoards)); p.Status != http.StatusTooManyRequests {
		t.Errorf("too many: %+v", p)
	}
}

func TestTheTextsOfABoardComeAsHTML(t *testing.T) {
	h := open(t)
	h.ask("PUT", "/api/v1/boards/b", `{"panels":[{"id":"t","kind":"text","text":"**hi** <script>x</script>"}]}`)
	var view wire.BoardView
	if err := json.Unmarshal([]byte(h.ask("GET", "/api/v1/boards/b/view", "").body), &view); err != nil || strings.TrimSpace(view.HTML["t"]) != "<p><strong>hi</strong> x</p>" {
		t.Errorf("%q, %v", view.HTML, err)
	}
	got := h.ask("POST", "/api/v1/markdown", "# hi\xff")
	if got.status != 200 || got.body != "<h3>hi\uFFFD</h3>\n" || got.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v %q", got.status, got.header, got.body)
	}
	if got := h.ask("POST", "/api/v1/markdown", strings.Repeat("x", board.MaxText+1)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long text: %d", got.status)
	}
}

func TestWhatABoardMayAskForCanBeWatched(t *testing.T) {
	if board.MaxPatterns > hub.MaxPatterns || board.MaxGlobs > hub.MaxGlobs || board.MaxGlob > hub.MaxGlob || board.MaxRooms > hub.MaxJoined {
		t.Error("a board may ask for more than a watch may")
	}
}
