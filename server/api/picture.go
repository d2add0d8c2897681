package api

import (
	"net/http"
	"net/url"
	"strconv"

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
	query, err := queryOf(r)
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
	p, err := a.past(r, id)
	if err != nil {
		return err
	}
	columns := series.NewSeries(p.step, p.points+1)
	for _, row := range p.rows {
		columns.Add(row.Bucket())
	}
	title := p.Title
	if title == "" {
		title = string(id)
	}
	in := chart.Input{Kind: kinds[board.Suits(p.Declaration)], Title: title, Unit: p.Unit, From: p.from, To: p.to,
		Series: []chart.Series{{Name: title, Head: p.Head, Columns: columns, Hold: p.Kind == metric.Counter}}}
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
