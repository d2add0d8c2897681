package api

import (
	"net/http"

	"telltale/server/auth"
	"telltale/shared/access"
)

// me is what a caller may, as they are told.
func me(c auth.Caller) access.Me {
	m := access.Me{User: c.User, Open: c.Free, SignedIn: c.Named(), Board: c.Board}
	if !c.Until.IsZero() {
		m.Expires = c.Until.UnixMilli()
	}
	for _, s := range c.Scopes {
		if !c.Free {
			m.Scopes = append(m.Scopes, access.Scopes{s}.String())
		}
	}
	return m
}

// MeOf is what the caller of a page may, as the page is told: nothing, where the API has not let them in.
func MeOf(r *http.Request) access.Me { return me(callerOf(r)) }

func (a *API) getMe(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	return sendJSON(w, me(callerOf(r)))
}
