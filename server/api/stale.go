package api

import (
	"net/http"
	"strconv"
	"time"
)

// outOfReach says that nothing is answered in the place of what only the store has.
const outOfReach = "what is kept is out of reach, and only the newest of it is known here, as far as this server has heard it since it started: try again soon"

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
	if age, is := a.stale(); is {
		w.Header().Set("Telltale-Stale", strconv.FormatInt(int64(age/time.Second), 10))
	}
}

// stale tells whether the store is out of reach, and how old what is known of it is.
func (a *API) stale() (age time.Duration, is bool) {
	if a.Stale == nil {
		return 0, false
	}
	since, is := a.Stale()
	return max(0, time.Since(since)), is
}

// staleMS is the age in ms of what is known, 1 at least, where the store is out of reach; else 0.
func (a *API) staleMS() int64 {
	age, is := a.stale()
	if !is {
		return 0
	}
	return max(1, age.Milliseconds())
}
