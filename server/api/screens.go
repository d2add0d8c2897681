package api

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/wire"
)

// maxAgent is how much is kept of what a browser calls itself, in bytes.
const maxAgent = 200

// screens are the open pages that have told of themselves: one a session at most, so no
// more than there are sockets.
type screens struct {
	mu   sync.Mutex // held for map operations only
	open map[string]*session
}

// screen takes a page's word of itself. It has no answer.
func (c *session) screen(message []byte) error {
	var word wire.Screen
	if err := wire.Decode(message, &word); err != nil {
		return err
	}
	if err := word.Check(); err != nil {
		return err
	}
	word.Name = strings.TrimSpace(strings.ToValidUTF8(word.Name, "\uFFFD"))
	c.api.screens.tell(c, word)
	return nil
}

// tell takes a session's word. The newest to come with an id has it: an older one is half
// open and soon gone, or the original of a tab that was doubled, and gets another.
func (s *screens) tell(c *session, word wire.Screen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().UnixMilli()
	if c.shown.ID == "" {
		c.shown.Since = now
		c.shown.Agent = c.agent
		if word.ID == "" {
			word.ID = strings.ToLower(rand.Text()[:6])
		}
		if older := s.open[word.ID]; older != nil {
			s.move(older)
		}
		c.shown.ID = word.ID
		s.open[word.ID] = c
	}
	word.ID = c.shown.ID
	c.shown.Screen, c.shown.Told = word, now
}

// move gives a session another id.
func (s *screens) move(c *session) {
	stem := c.shown.ID[:min(len(c.shown.ID), wire.MaxScreenID-7)] // six digits: more than there are sockets
	for n := 2; ; n++ {
		if id := stem + "-" + strconv.Itoa(n); s.open[id] == nil {
			c.shown.ID, s.open[id] = id, c
			return
		}
	}
}

// leave forgets a session.
func (s *screens) leave(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.shown.ID != "" && s.open[c.shown.ID] == c {
		delete(s.open, c.shown.ID)
	}
}

// rows are all that are open, the oldest first.
func (s *screens) rows() []wire.ScreenRow {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := make([]wire.ScreenRow, 0, len(s.open))
	for _, c := range s.open {
		rows = append(rows, c.shown)
	}
	slices.SortFunc(rows, func(a, b wire.ScreenRow) int { return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.ID, b.ID)) })
	return rows
}

// order tells the screens that are meant what to do, and answers how many were meant and
// how many of them could take it in.
func (s *screens) order(meant func(wire.ScreenRow) bool, what func(wire.ScreenRow) wire.Order) (found, told int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		if !meant(c.shown) {
			continue
		}
		found++
		if c.out.Offer(wire.Encode(what(c.shown))) { // never waits
			told++
		}
	}
	return found, told
}

// boardChanged has every screen that shows a board take it anew. The revision is the
// board's ETag without quotes, "" once it was deleted.
func (a *API) boardChanged(id, revision string) {
	defer a.editions.end(id)
	order := wire.Order{Do: wire.DoBoard, Board: id, Revision: revision}
	a.screens.order(func(s wire.ScreenRow) bool { return s.Board == id }, func(wire.ScreenRow) wire.Order { return order })
}

// getScreens lists the screens that the caller may order about.
func (a *API) getScreens(w http.ResponseWriter, r *http.Request) error {
	return sendJSON(w, slices.DeleteFunc(a.screens.rows(), func(s wire.ScreenRow) bool { return !ordered(r, s) }))
}

// ordered tells whether the caller may order a screen about: they may change what it shows.
func ordered(r *http.Request, s wire.ScreenRow) bool {
	return callerOf(r).May(access.Need{Right: access.Board, Class: access.Boards, Name: s.Board})
}

// told answers an order to screens.
type told struct {
	Do      string `json:"do"`
	Screens int    `json:"screens"` // which were told
}

// postScreen tells one screen, or all, what to do.
func (a *API) postScreen(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	var asked struct {
		Do    string `json:"do"`
		Board string `json:"board"`
	}
	if err := decodeJSON(body, &asked); err != nil {
		return err
	}
	if err := checkOrder(asked.Do, asked.Board); err != nil {
		return err
	}
	if asked.Do == wire.DoShow {
		if _, err := a.boards.Board(r.Context(), asked.Board); err != nil {
			return err
		}
	}
	id := r.PathValue("id")
	found, reached := a.screens.order(
		func(s wire.ScreenRow) bool { return (id == "all" || s.ID == id) && ordered(r, s) },
		func(s wire.ScreenRow) wire.Order {
			o := wire.Order{Do: asked.Do, Board: asked.Board}
			if o.Do == wire.DoIdentify {
				o.Name = cmp.Or(s.Name, s.ID)
			}
			return o
		})
	switch {
	case found == 0 && id != "all":
		return refuse(http.StatusNotFound, "no such screen: GET /api/v1/screens lists those that are open")
	case reached < found && id != "all":
		return &problem{Status: http.StatusServiceUnavailable, Detail: "the screen is too far behind to be told: try again soon", retry: 5}
	}
	a.note(r, "screen.order", id, strings.TrimSpace(asked.Do+" "+asked.Board))
	return sendJSON(w, told{Do: asked.Do, Screens: reached})
}

func checkOrder(do, id string) error {
	switch {
	case do != wire.DoShow && do != wire.DoReload && do != wire.DoIdentify:
		return refuse(http.StatusBadRequest, `"do" is show, reload or identify`)
	case do != wire.DoShow && id != "":
		return refuse(http.StatusBadRequest, `%s takes no "board": show does`, do)
	case do == wire.DoShow && id == "":
		return refuse(http.StatusBadRequest, `show needs a "board"`)
	case do == wire.DoShow:
		if err := (board.Board{ID: id}).Check(); err != nil {
			return refuse(http.StatusBadRequest, `"board": %s`, board.Grammar)
		}
	}
	return nil
}
