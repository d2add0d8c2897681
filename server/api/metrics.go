package api

import (
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/metric"
)

// change is what a mutation's JSON says.
type change struct {
	Add  *float64 `json:"add"`
	Set  *float64 `json:"set"`
	Time *int64   `json:"time"`
}

func (c change) mutation(id metric.ID) (metric.Mutation, error) {
	m := metric.Mutation{Metric: id}
	switch {
	case c.Add != nil && c.Set != nil:
		return m, refuse(http.StatusBadRequest, `"add" and "set" exclude each other: send one of them`)
	case c.Add != nil:
		m.Op, m.Value = metric.Add, *c.Add
	case c.Set != nil:
		m.Op, m.Value = metric.Set, *c.Set
	default:
		return m, refuse(http.StatusBadRequest, `a mutation says "add" or "set", as in {"add":1} or {"set":4.2}`)
	}
	if c.Time != nil {
		if *c.Time == 0 {
			return m, refuse(http.StatusBadRequest, `"time" is in ms since 1970, and not 0: leave it out for now`)
		}
		m.Time = *c.Time
	}
	return m, nil
}

// named reads the metric that the path names, and the body.
func named(w http.ResponseWriter, r *http.Request) (metric.ID, []byte, error) {
	id, err := metric.Parse(r.PathValue("metric"))
	if err != nil {
		return "", nil, err
	}
	body, err := readBody(w, r, maxBody)
	return id, body, err
}

// postMetric adds or sets as its JSON says.
func (a *API) postMetric(w http.ResponseWriter, r *http.Request) error {
	id, body, err := named(w, r)
	if err != nil {
		return err
	}
	var c change
	if err := decodeJSON(body, &c); err != nil {
		return err
	}
	m, err := c.mutation(id)
	if err != nil {
		return err
	}
	return a.applyOne(w, r, body, m)
}

// postShort is the short form for a person: 42 or =-5 sets, +3 and -3 add, and
// nothing adds 1.
func (a *API) postShort(w http.ResponseWriter, r *http.Request) error {
	id, body, err := named(w, r)
	if err != nil {
		return err
	}
	m, err := Short(string(body))
	if err != nil {
		return err
	}
	m.Metric = id
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	if t := query.Get("t"); t != "" {
		if m.Time, err = strconv.ParseInt(t, 10, 64); err != nil || m.Time == 0 {
			return refuse(http.StatusBadRequest, "t is a time in ms since 1970, not %.40q", t)
		}
	}
	return a.applyOne(w, r, body, m)
}

// Short reads what postShort takes. Its error is a sentence.
func Short(body string) (m metric.Mutation, err error) {
	text := strings.TrimSpace(body)
	number := text
	switch {
	case text == "":
		return metric.Mutation{Op: metric.Add, Value: 1}, nil
	case text[0] == '+' || text[0] == '-':
		m.Op = metric.Add
	case text[0] == '=':
		m.Op, number = metric.Set, strings.TrimSpace(text[1:])
	default:
		m.Op = metric.Set
	}
	m.Value, err = strconv.ParseFloat(number, 64)
	decimal := strings.Trim(number, "0123456789+-.eE") == ""
	switch {
	case decimal && errors.Is(err, strconv.ErrRange):
		return m, refuse(http.StatusBadRequest, "%.40q is too large for a number", number)
	case err != nil || !decimal:
		return m, refuse(http.StatusBadRequest, "the body %.40q is not a number: 42 or =-5 sets, +3 or -3 adds, an empty body adds 1", text)
	}
	return m, nil
}

// getShort answers a browser with the metric's page, everybody else with the bare
// value; .svg, .csv and .json after the name give its chart and its history.
func (a *API) getShort(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	name := r.PathValue("metric")
	id, err := metric.Parse(name)
	m := metric.Metric{}
	if err == nil {
		m, err = a.Ledger.Metric(r.Context(), id)
	}
	if err != nil && (errors.Is(err, metric.ErrName) || errors.Is(err, ledger.ErrUnknown)) {
		if base, form, ok := withForm(name); ok {
			if err := a.allow(r, access.Need{Right: access.Read, Class: access.Metrics, Name: string(base)}); err != nil {
				return err
			}
			return form(a, w, r, base)
		}
	}
	if !errors.Is(err, metric.ErrName) {
		if err := a.allow(r, access.Need{Right: access.Read, Class: access.Metrics, Name: string(id)}); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(err, metric.ErrName):
		return err
	case wantsHTML(r):
		a.Pages.ServeHTTP(w, r)
		return nil
	case err != nil:
		return err
	}
	value, has := m.Value()
	if !has {
		return refuse(http.StatusNotFound, "%s is declared and has no value yet", id)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(strconv.AppendFloat(nil, value, 'f', -1, 64), '\n'))
	return nil
}

// form gives a metric in another form.
type form func(a *API, w http.ResponseWriter, r *http.Request, id metric.ID) error

var forms = map[string]form{".svg": asPicture(".svg"), ".png": asPicture(".png"), ".csv": asHistory(csv), ".json": asHistory(asJSON)}

func asHistory(write writer) form {
	return func(a *API, w http.ResponseWriter, r *http.Request, id metric.ID) error {
		return a.history(w, r, id, write)
	}
}

// withForm takes a known ending off a name.
func withForm(name string) (metric.ID, form, bool) {
	for ending, f := range forms {
		if base, has := strings.CutSuffix(name, ending); has {
			id, err := metric.Parse(base)
			return id, f, err == nil
		}
	}
	return "", nil, false
}

// getMetrics lists the metrics that the caller may read.
func (a *API) getMetrics(w http.ResponseWriter, r *http.Request) error {
	all, _, err := a.Ledger.Metrics(r.Context())
	if err != nil {
		return err
	}
	if all = a.sightOf(r).Metrics(all); all == nil {
		all = []metric.Metric{}
	}
	return sendJSON(w, all)
}

// putMetric declares a metric.
func (a *API) putMetric(w http.ResponseWriter, r *http.Request) error {
	id, body, err := named(w, r)
	if err != nil {
		return err
	}
	var d metric.Declaration
	if err := decodeJSON(body, &d); err != nil {
		return err
	}
	if err := d.Check(); err != nil {
		return err
	}
	before, err := a.Ledger.Metric(r.Context(), id)
	if err != nil && !errors.Is(err, ledger.ErrUnknown) {
		return err
	}
	m, err := a.Ledger.Declare(r.Context(), id, d)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(before.Declaration, m.Declaration) { // programs declare what they send each time they start
		a.note(r, "metric.declare", string(id), "")
	}
	return sendJSON(w, m)
}

// deleteMetric removes a metric and its history.
func (a *API) deleteMetric(w http.ResponseWriter, r *http.Request) error {
	id, err := metric.Parse(r.PathValue("metric"))
	if err != nil {
		return err
	}
	if err := a.Ledger.Delete(r.Context(), id); err != nil {
		return err
	}
	a.note(r, "metric.delete", string(id), "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
