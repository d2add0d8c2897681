package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"telltale/shared/wire"
)

// screens are those that are listed.
func (h *house) screens() (rows []wire.ScreenRow) {
	h.t.Helper()
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/screens", "")), &rows); err != nil {
		h.t.Fatal(err)
	}
	return rows
}

// screen opens a socket that has told of itself.
func (h *house) screen(word string) *peer {
	h.t.Helper()
	p := h.dial("/ws")
	p.until("welcome")
	p.send(`{"type":"screen",` + word + `}`)
	p.send(`{"type":"ping"}`)
	if got := string(p.read()); got != `{"type":"pong"}` {
		h.t.Fatalf("%s is answered %s", word, got)
	}
	return p
}

// noScreens waits until those that were closed are gone.
func (h *house) noScreens() {
	h.t.Helper()
	limit := time.After(time.Minute)
	for tick := time.Tick(time.Millisecond); len(h.screens()) > 0; {
		select {
		case <-tick:
		case <-limit:
			h.t.Fatalf("still open: %+v", h.screens())
		}
	}
}

func TestOpenScreensAreListedWithWhatTheyTellLast(t *testing.T) {
	h := open(t)
	h.dial("/ws").until("welcome") // a socket that is no screen
	if got := h.must("GET", "/api/v1/screens", ""); got != "[]\n" {
		t.Errorf("at first %s", got)
	}
	before := time.Now().UnixMilli()
	p := h.screen(`"id":"tv","name":" Lobby ","board":"home","wall":true,"width":1920,"height":1080,"fps":9.5,"painted":17,"build":"b1"`)
	rows := h.screens()
	if len(rows) != 1 || rows[0].Since < before || rows[0].Told < rows[0].Since || !strings.HasPrefix(rows[0].Agent, "Go-http-client") ||
		rows[0].Screen != (wire.Screen{ID: "tv", Name: "Lobby", Board: "home", Wall: true, Width: 1920, Height: 1080, FPS: 9.5, Painted: 17, Build: "b1"}) {
		t.Errorf("listed %+v", rows)
	}
	since := rows[0].Since
	p.send(`{"type":"screen","id":"other","board":"all","width":800,"height":600,"fps":1,"painted":18,"build":"b1"}`)
	p.send(`{"type":"ping"}`)
	p.until("pong")
	if rows = h.screens(); len(rows) != 1 || rows[0].ID != "tv" || rows[0].Board != "all" || rows[0].Wall || rows[0].Since != since {
		t.Errorf("after another word %+v: a screen keeps its id and its time", rows)
	}
	_ = p.conn.CloseNow()
	h.noScreens()
}

func TestAScreenIsTold(t *testing.T) {
	h := open(t)
	h.ask("PUT", "/api/v1/boards/shop", `{"panels":[]}`)
	tv, desk := h.screen(`"id":"tv","name":"Lobby","board":"home"`), h.screen(`"id":"desk","board":"all"`)
	for _, c := range []struct{ id, body, answer, tv, desk string }{
		{"tv", `{"do":"show","board":"shop"}`, `{"do":"show","screens":1}`, `{"type":"screen","do":"show","board":"shop"}`, ""},
		{"tv", `{"do":"identify"}`, `{"do":"identify","screens":1}`, `{"type":"screen","do":"identify","name":"Lobby"}`, ""},
		{"desk", `{"do":"identify"}`, `{"do":"identify","screens":1}`, "", `{"type":"screen","do":"identify","name":"desk"}`},
		{"all", `{"do":"reload"}`, `{"do":"reload","screens":2}`, `{"type":"screen","do":"reload"}`, `{"type":"screen","do":"reload"}`},
	} {
		if got := h.must("POST", "/api/v1/screens/"+c.id, c.body); got != c.answer+"\n" {
			t.Errorf("%s to %s answers %s", c.body, c.id, got)
		}
		for p, want := range map[*peer]string{tv: c.tv, desk: c.desk} {
			p.send(`{"type":"ping"}`)
			if want == "" {
				want = `{"type":"pong"}`
			}
			if got := string(p.read()); got != want {
				t.Errorf("%s to %s: a screen got %s, want %s", c.body, c.id, got, want)
			} else if want != `{"type":"pong"}` {
				p.until("pong")
			}
		}
	}
	h.api.boardChanged("home", "r2")
	if got := string(tv.read()); got != `{"type":"screen","do":"board","board":"home","revision":"r2"}` {
		t.Errorf("of a changed board a screen that shows it got %s", got)
	}
	desk.send(`{"type":"ping"}`)
	if got := string(desk.read()); got != `{"type":"pong"}` {
		t.Errorf("of a changed board another screen got %s", got)
	}
}

func TestOrdersThatCannotBeMeantAreRefused(t *testing.T) {
	h := open(t)
	h.screen(`"id":"tv","board":"home"`)
	for _, c := range []struct {
		id, body, want string
		status         int
	}{
		{"nobody", `{"do":"reload"}`, "no such screen", http.StatusNotFound},
		{"tv", ``, "body is empty", http.StatusBadRequest},
		{"tv", `{}`, "show, reload or identify", http.StatusBadRequest},
		{"tv", `{"do":"board","board":"home"}`, "show, reload or identify", http.StatusBadRequest},
		{"tv", `{"do":"show"}`, `needs a "board"`, http.StatusBadRequest},
		{"tv", `{"do":"show","board":"a b"}`, "A-Za-z0-9_", http.StatusBadRequest},
		{"tv", `{"do":"show","board":"nobody-made-it"}`, "no such board", http.StatusNotFound},
		{"tv", `{"do":"reload","board":"home"}`, "takes no", http.StatusBadRequest},
		{"tv", `{"do":"reload","now":true}`, `"now" is not known`, http.StatusBadRequest},
	} {
		if r := h.ask("POST", "/api/v1/screens/"+c.id, c.body); r.status != c.status || !strings.Contains(r.detail(), c.want) {
			t.Errorf("%s to %s: %d %s", c.body, c.id, r.status, r.body)
		}
	}
	if got := h.must("POST", "/api/v1/screens/all", `{"do":"reload"}`); got != `{"do":"reload","screens":1}`+"\n" {
		t.Error(got)
	}
}

func TestAScreenThatComesBackHasItsIDAndADoubledTabAnother(t *testing.T) {
	h := open(t)
	older := h.screen(`"id":"tv","board":"home"`)
	newer := h.screen(`"id":"tv","board":"all"`)
	third := h.screen(`"id":"tv","board":"shop"`)
	boards := map[string]string{}
	for _, row := range h.screens() {
		boards[row.ID] = row.Board
	}
	if len(boards) != 3 || boards["tv"] != "shop" || boards["tv-2"] != "home" || boards["tv-3"] != "all" {
		t.Errorf("three called tv: %v", boards)
	}
	older.send(`{"type":"screen","id":"tv","board":"home2"}`) // its word goes on; it does not take the id back
	older.send(`{"type":"ping"}`)
	older.until("pong")
	h.must("POST", "/api/v1/screens/tv-2", `{"do":"reload"}`)
	older.until("reload")
	h.must("POST", "/api/v1/screens/tv", `{"do":"reload"}`)
	third.until("reload")
	for _, p := range []*peer{third, newer, older} {
		_ = p.conn.CloseNow()
	}
	h.noScreens()
}

func TestWordsThatNoScreenSaysAreRefused(t *testing.T) {
	h := open(t)
	p := h.dial("/ws")
	p.until("welcome")
	for _, word := range []string{
		`"id":"all"`, `"id":"a b"`, `"id":"` + strings.Repeat("a", 41) + `"`, `"name":"` + strings.Repeat("a", 101) + `"`,
		`"build":"` + strings.Repeat("a", 101) + `"`, `"board":"a b"`, `"width":-1`, `"height":99999999`, `"fps":-1`, `"fps":1e9`, `"painted":-1`, `"fps":"x"`,
	} {
		p.send(`{"type":"screen","board":"home",` + word + `}`)
		if got := string(p.read()); !strings.Contains(got, `"code":"bad_message"`) && !strings.Contains(got, `"code":"bad_name"`) {
			t.Errorf("%s is answered %s", word, got)
		}
	}
	if rows := h.screens(); len(rows) != 0 {
		t.Errorf("listed %+v", rows)
	}
}
