package api

import (
	"net/http"
	"strconv"
	"time"
)

// errUnsure refuses while nobody knows who may do what: a token that is shown may be good.
var errUnsure = &problem{Status: http.StatusServiceUnavailable, Detail: "who may do what is not known yet: try again soon", retry: 5}

// sure is a refusal of who asks, or errUnsure in its place.
func (a *API) sure(err error) error {
	if err != nil && a.Gate != nil && !a.Gate.Keyring.Known() {
		return errUnsure
	}
	return err
}

// sayStale says in an answer how old, in seconds, what it tells is, where the store is out of reach.
func (a *API) sayStale(w http.ResponseWriter) {
	if a.Stale == nil {
		return
	}
	if since, is := a.Stale(); is {
		w.Header().Set("Telltale-Stale", strconv.FormatInt(max(0, int64(time.Since(since)/time.Second)), 10))
	}
}
