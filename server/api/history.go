package api

import (
	"bufio"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// span is what a history is asked for.
type span struct {
	from, to int64 // ms since 1970
	points   int
}

// spanOf reads from, to and points; they default to the last day and 600.
func spanOf(q url.Values, now int64) (s span, err error) {
	s = span{points: 600}
	if s.from, err = moment("from", q.Get("from"), "-24h", now); err != nil {
		return s, err
	}
	if s.to, err = moment("to", q.Get("to"), "now", now); err != nil {
		return s, err
	}
	if s.from > s.to {
		return s, refuse(http.StatusBadRequest, "from lies after to")
	}
	s.points, err = pointsOf(q, s.points)
	return s, err
}

// pointsOf reads how many rows a history has at most.
func pointsOf(q url.Values, absent int) (int, error) {
	p := q.Get("points")
	if p == "" {
		return absent, nil
	}
	points, err := strconv.Atoi(p)
	if err != nil || points < 1 || points > series.MaxPoints {
		return 0, refuse(http.StatusBadRequest, "points is a number from 1 to %d, not %.40q", series.MaxPoints, p)
	}
	return points, nil
}

// moment reads now, -90m, -24h, -7d or ms since 1970.
func moment(name, text, absent string, now int64) (int64, error) {
	if text == "" {
		text = absent
	}
	if text == "now" {
		return now, nil
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms >= 0 {
		return ms, nil
	}
	if back, ok := duration(text); ok && strings.HasPrefix(text, "-") {
		return now + back, nil
	}
	return 0, refuse(http.StatusBadRequest, "%s is now, -90m, -24h, -7d or ms since 1970, not %.40q", name, text)
}

// duration is time.ParseDuration with days and weeks, in ms.
func duration(text string) (ms int64, ok bool) {
	for unit, length := range map[string]float64{"d": 24 * 3_600_000, "w": 7 * 24 * 3_600_000} {
		if count, is := strings.CutSuffix(text, unit); is {
			n, err := strconv.ParseFloat(count, 64)
			return int64(n * length), err == nil && math.Abs(n*length) < 1e15
		}
	}
	d, err := time.ParseDuration(text)
	return d.Milliseconds(), err == nil
}

// step is the width of the span's steps: made up of the finest roll-up that
// still reaches back to from.
func (a *API) step(s span, now int64) int64 {
	finest := a.Tiers[len(a.Tiers)-1].Step
	for _, t := range a.Tiers {
		if t.Keep > 0 && s.from >= now-t.Keep {
			finest = t.Step
			break
		}
	}
	return series.StepFor(s.from, s.to, s.points, finest)
}

// getHistory answers a metric's history as JSON, or as CSV to who accepts that.
func (a *API) getHistory(w http.ResponseWriter, r *http.Request) error {
	id, err := metric.Parse(r.PathValue("metric"))
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "text/csv") {
		return a.history(w, r, id, csv)
	}
	return a.history(w, r, id, asJSON)
}

// past is a metric, and what it was over a span.
type past struct {
	metric.Metric
	span
	step int64 // ms
	rows []series.Row
}

// past reads a metric's history over the span that the request's query names.
func (a *API) past(r *http.Request, id metric.ID) (p past, err error) {
	query, err := queryOf(r)
	if err != nil {
		return p, err
	}
	now := time.Now().UnixMilli()
	if p.span, err = spanOf(query, now); err != nil {
		return p, err
	}
	if p.Metric, err = a.Ledger.Metric(r.Context(), id); err != nil {
		return p, err
	}
	p.step = a.step(p.span, now)
	rows, err := a.Ledger.Rows(r.Context(), ledger.Range{IDs: []metric.ID{id}, From: p.from, To: p.to, Step: p.step})
	p.rows = rows[id]
	return p, err
}

// history answers a metric's history, as write writes it.
func (a *API) history(w http.ResponseWriter, r *http.Request, id metric.ID, write writer) error {
	p, err := a.past(r, id)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, id, p.step, p.rows)
	return nil
}

// writer writes a history.
type writer func(w http.ResponseWriter, id metric.ID, step int64, rows []series.Row)

func asJSON(w http.ResponseWriter, id metric.ID, step int64, rows []series.Row) {
	w.Header().Set("Content-Type", "application/json")
	name, _ := json.Marshal(id) // a string cannot fail
	b := append([]byte(`{"metric":`), shownJSON(name)...)
	b = strconv.AppendInt(append(b, `,"step":`...), step, 10)
	b = wire.AppendRows(append(b, `,"rows":`...), rows)
	_, _ = w.Write(append(b, "}\n"...)) // the client has gone: nobody is left to tell
}

func csv(w http.ResponseWriter, _ metric.ID, _ int64, rows []series.Row) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	out := bufio.NewWriter(w)
	defer out.Flush()
	_, _ = out.WriteString("time,min,max,avg,last,sum,count\n")
	var line []byte
	for _, r := range rows {
		line = strconv.AppendInt(line[:0], r.Time, 10)
		for _, n := range [...]float64{r.Min, r.Max, r.Avg, r.Last, r.Sum} {
			line = strconv.AppendFloat(append(line, ','), n, 'f', -1, 64)
		}
		line = append(strconv.AppendInt(append(line, ','), r.Count, 10), '\n')
		_, _ = out.Write(line)
	}
}
