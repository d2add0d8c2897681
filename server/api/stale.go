package api

import (
	"net/http"
	"strconv"
	"time"
)

// sayStale says in an answer how old, in seconds, what it tells is, where the store is out of reach.
func (a *API) sayStale(w http.ResponseWriter) {
	if a.Stale == nil {
		return
	}
	if since, is := a.Stale(); is {
		w.Header().Set("Telltale-Stale", strconv.FormatInt(max(0, int64(time.Since(since)/time.Second)), 10))
	}
}
