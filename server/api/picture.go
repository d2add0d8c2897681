package api

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"telltale/server/ledger"
	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/metric"
	"telltale/shared/scene"
	"telltale/shared/series"
)

var kinds = map[board.Kind]chart.Kind{board.Line: chart.Line, board.Area: chart.Area, board.Bars: chart.Bars, board.Stat: chart.Stat}

// picture answers a metric's chart over the span that the query names, width by
// height pixels, for a light or a dark page.
func (a *API) picture(w http.ResponseWriter, r *http.Request, id metric.ID) error {
	now := time.Now().UnixMilli()
	query := r.URL.Query()
	s, err := spanOf(query, now)
	if err != nil {
		return err
	}
	width, err := pixels(query, "width", 640)
	if err != nil {
		return err
	}
	height, err := pixels(query, "height", 240)
	if err != nil {
		return err
	}
	palette, known := map[string]*scene.Palette{"": &scene.Light, "light": &scene.Light, "dark": &scene.Dark}[query.Get("theme")]
	if !known {
		return refuse(http.StatusBadRequest, "theme is light or dark, not %.40q", query.Get("theme"))
	}
	m, err := a.Ledger.Metric(r.Context(), id)
	if err != nil {
		return err
	}
	step := a.step(s, now)
	rows, err := a.Ledger.Rows(r.Context(), ledger.Range{IDs: []metric.ID{id}, From: s.from, To: s.to, Step: step})
	if err != nil {
		return err
	}
	columns := series.NewSeries(step, s.points+1)
	for _, row := range rows[id] {
		columns.Add(row.Bucket())
	}
	title := m.Title
	if title == "" {
		title = string(id)
	}
	in := chart.Input{Kind: kinds[board.Suits(m.Declaration)], Title: title, Unit: m.Unit, From: s.from, To: s.to,
		Series: []chart.Series{{Name: title, Head: m.Head, Columns: columns, Hold: m.Kind == metric.Counter}}}
	var drawing chart.Chart
	var tape scene.Tape
	drawing.Draw(&tape, &in, width, height)
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(scene.AppendSVG(nil, &tape, palette, title)) // the client has gone: nobody is left to tell
	return nil
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
