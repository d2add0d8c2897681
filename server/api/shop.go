package api

import (
	"errors"
	"net/http"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

// postOne adds one.
func (a *API) postOne(id metric.ID) answer {
	return func(w http.ResponseWriter, r *http.Request) error {
		return a.addOne(w, r, metric.Mutation{Metric: id, Op: metric.Add, Value: 1})
	}
}

// deleteOne takes one away; none says that there is none.
func (a *API) deleteOne(id metric.ID, none string) answer {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := a.addOne(w, r, metric.Mutation{Metric: id, Op: metric.Add, Value: -1})
		if errors.Is(err, metric.ErrFloor) {
			return refuse(http.StatusBadRequest, "%s", none)
		}
		return err
	}
}

// addOne reads the body, which says nothing, for the sake of its limit and of
// the idempotency key.
func (a *API) addOne(w http.ResponseWriter, r *http.Request, m metric.Mutation) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	return a.applyOne(w, r, body, m)
}

// applyOne asks the ledger for one mutation and answers with its sample.
func (a *API) applyOne(w http.ResponseWriter, r *http.Request, body []byte, m metric.Mutation) error {
	key, digest, err := idempotency(r, body)
	if err != nil {
		return err
	}
	sample, err := a.mutate(r, ledger.Entry{Key: key, Digest: digest, Items: []ledger.Item{{Mutation: m}}})
	if err != nil {
		return err
	}
	return sendJSON(w, sample)
}

// mutate applies an entry of one item.
func (a *API) mutate(r *http.Request, e ledger.Entry) (metric.Sample, error) {
	outcomes, err := a.Ledger.Apply(r.Context(), e)
	if err != nil {
		return metric.Sample{}, err
	}
	a.metrics.mutated(outcomes)
	return outcomes[0].Sample, outcomes[0].Err
}
