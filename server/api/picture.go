package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"telltale/server/ledger"
	"telltale/server/picture"
	"telltale/shared/access"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/scene"
)

// usualSpan is the range of a board that names none, as the page has it, in ms.
const usualSpan = 5 * 60_000

// picturesAtOnce bounds how many are drawn at once, and so what they take of the
// processors and of memory.
const picturesAtOnce = 2

// pictureRequest is what the query of a picture's address says.
type pictureRequest struct {
	url.Values
	look
	palette *scene.Palette
	scale   float64
}

// pictureOf reads a picture's query. usual is its range, in ms, where none is named.
func (a *API) pictureOf(r *http.Request, usual int64) (p pictureRequest, err error) {
	if p.Values, err = queryOf(r); err != nil {
		return p, err
	}
	known := false
	p.palette, known = map[string]*scene.Palette{"": &scene.Light, "light": &scene.Light, "dark": &scene.Dark}[p.Get("theme")]
	if !known {
		return p, refuse(http.StatusBadRequest, "theme is light or dark, not %.40q", p.Get("theme"))
	}
	switch scale := p.Get("scale"); scale {
	case "", "1":
		p.scale = 1
	case "2", "3":
		p.scale = float64(scale[0] - '0')
	default:
		return p, refuse(http.StatusBadRequest, "scale is 1, 2 or 3, not %.40q", scale)
	}
	p.zone = time.Local
	p.may = a.sightOf(r)
	return p, p.when(usual, time.Now().UnixMilli())
}

// when reads range, from, to and at.
func (p *pictureRequest) when(usual, now int64) (err error) {
	if p.to, err = pointOrMoment("to", p.Get("to"), now); err != nil {
		return err
	}
	if at := p.Get("at"); at != "" {
		if p.to, err = pointInTime(at); err != nil {
			return err
		}
	}
	reach := usual
	if text := p.Get("range"); text != "" {
		asked, err := board.ParseSpan(text)
		if text == "1y" { // as the page has it
			asked, err = 365*86_400_000, nil
		}
		if reach = int64(asked); err != nil || reach < 1000 {
			return refuse(http.StatusBadRequest, "range is a span of time such as 90s, 5m, 1h, 7d or 1y, not %.40q", text)
		}
	}
	p.from = p.to - reach
	if text := p.Get("from"); text != "" {
		if p.from, err = pointOrMoment("from", text, now); err != nil {
			return err
		}
	}
	switch {
	case p.from >= p.to:
		return refuse(http.StatusBadRequest, "from lies after to")
	case p.to > now+metric.MaxAhead:
		return refuse(http.StatusBadRequest, "the moment lies in the future: nothing can be shown of it yet")
	}
	p.from, p.past = max(p.from, metric.MinTime), p.to < now
	return nil
}

// pointOrMoment reads what moment or pointInTime does; nothing is now.
func pointOrMoment(name, text string, now int64) (int64, error) {
	if ms, err := pointInTime(text); err == nil {
		return ms, nil
	}
	return moment(name, text, "now", now)
}

// pointInTime reads a date and time as people write it (RFC 3339, what is left out of its end
// too), in this server's zone where it names none, or ms since 1970.
func pointInTime(text string) (int64, error) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms >= 0 {
		return ms, nil
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05.999Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999", "2006-01-02T15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, strings.Replace(text, " ", "T", 1), time.Local); err == nil && at.UnixMilli() >= 0 {
			return at.UnixMilli(), nil
		}
	}
	return 0, refuse(http.StatusBadRequest, "at is a moment such as 2026-11-22T14:05, with seconds, Z or an offset where you like, or ms since 1970, not %.40q", text)
}

// size reads width and height in pixels.
func (p *pictureRequest) size(usualWidth, usualHeight float64) (width, height float64, err error) {
	if width, err = pixels(p.Values, "width", usualWidth); err != nil {
		return 0, 0, err
	}
	if height, err = pixels(p.Values, "height", usualHeight); err != nil {
		return 0, 0, err
	}
	p.points, err = pointsOf(p.Values, int(width))
	return width, height, err
}

// pixels reads a side of a picture.
func pixels(query url.Values, name string, absent float64) (float64, error) {
	text := query.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 40 || n > 4000 {
		return 0, refuse(http.StatusBadRequest, "%s is a number of pixels from 40 to 4000, not %.40q", name, text)
	}
	return float64(n), nil
}

// drawer draws what was read.
type drawer func(v *picture.View) ([]byte, error)

// sendDrawn reads what a picture says, has it drawn and sends it. Few are made at once.
func (a *API) sendDrawn(w http.ResponseWriter, r *http.Request, l look, kind string, draw drawer) error {
	body, err := a.drawn(r.Context(), l, draw)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	if kind == svgType {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
	}
	_, _ = w.Write(body) // the client has gone: nobody is left to tell
	return nil
}

const (
	svgType  = "image/svg+xml"
	pngType  = "image/png"
	textType = "text/plain; charset=utf-8"
)

func (a *API) drawn(ctx context.Context, l look, draw drawer) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, pictureLimit)
	defer cancel()
	select {
	case a.pictures <- struct{}{}:
		defer func() { <-a.pictures }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	v, err := a.view(ctx, l)
	if err != nil {
		return nil, err
	}
	return draw(v)
}

// sendPicture sends what is put on a tape as the ending says.
func (a *API) sendPicture(w http.ResponseWriter, r *http.Request, p *pictureRequest, ending string, put func(v *picture.View, t *scene.Tape)) error {
	if ending == ".svg" {
		return a.sendDrawn(w, r, p.look, svgType, func(v *picture.View) ([]byte, error) {
			var tape scene.Tape
			put(v, &tape)
			return scene.AppendSVG(nil, &tape, p.palette, v.Title), nil
		})
	}
	return a.sendDrawn(w, r, p.look, pngType, func(v *picture.View) ([]byte, error) {
		var tape scene.Tape
		put(v, &tape)
		body, err := picture.AppendPNG(nil, &tape, p.palette, p.scale)
		if errors.Is(err, picture.ErrTooLarge) {
			err = refuse(http.StatusBadRequest, "the picture would have more than %d million pixels: ask for a smaller scale, width or height, or for one panel", picture.MaxPixels/1_000_000)
		}
		return body, err
	})
}

// sendText sends a drawing for a terminal, in colours unless the query says color=never, so
// many characters wide as columns, or width, says.
func (a *API) sendText(w http.ResponseWriter, r *http.Request, p *pictureRequest, draw func(v *picture.View, dst []byte, columns int, palette *scene.Palette) []byte) error {
	columns := picture.Columns
	for _, name := range [...]string{"width", "columns"} {
		if text := p.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 20 || n > 500 {
				return refuse(http.StatusBadRequest, "%s is a number of characters from 20 to 500, not %.40q", name, text)
			}
			columns = n
		}
	}
	palette := p.palette
	if p.Get("theme") == "" {
		palette = &picture.Between
	}
	switch color := p.Get("color"); color {
	case "", "always":
	case "never":
		palette = nil
	default:
		return refuse(http.StatusBadRequest, "color is always or never, not %.40q", color)
	}
	p.points = columns * 8
	return a.sendDrawn(w, r, p.look, textType, func(v *picture.View) ([]byte, error) {
		return draw(v, nil, columns, palette), nil
	})
}

// pictureLimit is how long a picture may take, waiting for others included.
const pictureLimit = 20 * time.Second

// getBoardOr answers a browser with the board's page, everybody else with a drawing for a
// terminal; .svg and .png after the id give its picture.
func (a *API) getBoardOr(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	of, ending, err := a.boardOr(r)
	switch {
	case ending == "" && wantsPage(r):
		return a.getBoardPage(w, r)
	case err != nil:
		return err
	}
	if err := a.allow(r, access.Need{Right: access.Read, Class: access.Boards, Name: of.ID}); err != nil {
		return err
	}
	p, err := a.pictureOf(r, rangeOf(of.Board))
	if err != nil {
		return err
	}
	p.title, p.panels = titleOf(of.Board), firstPanels(of.Board)
	if ending == "" {
		return a.sendText(w, r, &p, (*picture.View).AppendText)
	}
	width, height, err := p.size(picture.Width, 0)
	if err != nil {
		return err
	}
	p.wide = width
	return a.sendPicture(w, r, &p, ending, func(v *picture.View, t *scene.Tape) { v.Draw(t, width, height) })
}

// wantsPage tells whether who asks for a board gets its page: a browser, whatever part of it
// asks, unless it says that it takes plain text.
func wantsPage(r *http.Request) bool {
	return wantsHTML(r) || r.Header.Get("Sec-Fetch-Mode") != "" && !strings.Contains(r.Header.Get("Accept"), "text/plain")
}

// getHome answers the start page, and with its board who takes nothing but plain text.
func (a *API) getHome(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	if wantsHTML(r) || !strings.Contains(r.Header.Get("Accept"), "text/plain") {
		a.Pages.ServeHTTP(w, r)
		return nil
	}
	r.SetPathValue("board", "home")
	return a.getBoardOr(w, r)
}

// firstPanels are the panels of a board as it stands, as many as a picture has.
func firstPanels(of board.Board) func([]metric.Metric) []board.Panel {
	return func(known []metric.Metric) []board.Panel {
		panels := of.Expand(known)
		return panels[:min(len(panels), board.MaxPanels)]
	}
}

func rangeOf(of board.Board) int64 {
	if of.Range > 0 {
		return int64(of.Range)
	}
	return usualSpan
}

func titleOf(of board.Board) string {
	if of.Title != "" {
		return of.Title
	}
	return of.ID
}

// boardOr is the board that a path names, or the one whose picture it names and the ending. A
// board whose whole id ends so wins.
func (a *API) boardOr(r *http.Request) (of Board, ending string, err error) {
	of, err = a.board(r)
	if !errors.Is(err, ledger.ErrNoBoard) {
		return of, "", err
	}
	id := r.PathValue("board")
	for _, ending := range [...]string{".svg", ".png"} {
		if base, has := strings.CutSuffix(id, ending); has {
			of, err = a.boards.Board(r.Context(), base)
			return of, ending, err
		}
	}
	return of, "", err
}

// getPanelPicture answers one panel of a board: as a picture where its name ends in .svg or
// .png, otherwise as a terminal shows it.
func (a *API) getPanelPicture(w http.ResponseWriter, r *http.Request) error {
	of, err := a.board(r)
	if err != nil {
		return err
	}
	p, err := a.pictureOf(r, rangeOf(of.Board))
	if err != nil {
		return err
	}
	known, _, err := a.Ledger.Metrics(r.Context())
	if err != nil {
		return err
	}
	if callerOf(r).Board == of.ID {
		p.may = nil
	}
	name := r.PathValue("panel")
	panel, found := panelOf(of.Board, known, name)
	ending := ""
	for _, each := range [...]string{".svg", ".png"} {
		if base, has := strings.CutSuffix(name, each); has && !found {
			panel, found = panelOf(of.Board, known, base)
			ending = each
		}
	}
	if !found {
		return refuse(http.StatusNotFound, "the board %s has no panel %.60q: GET /api/v1/boards/%s says which it has", of.ID, name, of.ID)
	}
	p.title, p.panels = titleOf(of.Board), func([]metric.Metric) []board.Panel { return []board.Panel{panel} }
	w.Header().Add("Vary", "Accept")
	if ending == "" && wantsPage(r) { // there is none of a panel alone
		http.Redirect(w, r, "/b/"+of.ID, http.StatusSeeOther)
		return nil
	}
	if ending == "" {
		return a.sendText(w, r, &p, func(v *picture.View, dst []byte, columns int, palette *scene.Palette) []byte {
			return v.AppendCardText(dst, &v.Cards[0], columns, palette)
		})
	}
	return a.sendCard(w, r, &p, ending)
}

func panelOf(of board.Board, known []metric.Metric, id string) (board.Panel, bool) {
	for _, p := range of.Expand(known) {
		if p.ID == id {
			return p, true
		}
	}
	return board.Panel{}, false
}

// sendCard sends the picture of the only panel.
func (a *API) sendCard(w http.ResponseWriter, r *http.Request, p *pictureRequest, ending string) error {
	width, height, err := p.size(640, 240)
	if err != nil {
		return err
	}
	return a.sendPicture(w, r, p, ending, func(v *picture.View, t *scene.Tape) {
		v.Title = v.Cards[0].Heading()
		v.DrawCard(t, &v.Cards[0], width, height)
	})
}

// asPicture answers a metric's chart over the span that the query names, the last day
// where it names none.
func asPicture(ending string) form {
	return func(a *API, w http.ResponseWriter, r *http.Request, id metric.ID) error {
		if err := a.allow(r, access.Need{Right: access.Read, Class: access.Metrics, Name: string(id)}); err != nil {
			return err
		}
		m, err := a.Ledger.Metric(r.Context(), id)
		if err != nil {
			return err
		}
		p, err := a.pictureOf(r, 24*3_600_000)
		if err != nil {
			return err
		}
		p.only = id
		p.panels = func([]metric.Metric) []board.Panel {
			return []board.Panel{{ID: string(id), Kind: board.Suits(m.Declaration), Title: m.Title, Queries: []board.Query{{Metric: string(id)}}}}
		}
		return a.sendCard(w, r, &p, ending)
	}
}
