package api

import (
	"net/http"
	"slices"

	"telltale/server/auth"
)

// named tells whether a Host header may name this server. A page of another site whose name
// was made to lead here (DNS rebinding) says its own. loopback says that the port is reached
// from this machine alone.
func (a *API) named(host string, loopback bool) bool {
	return auth.IsLocal(host) || slices.Contains(a.Hosts, auth.HostName(host)) || len(a.Hosts) == 0 && !loopback
}

func refuseHost(w http.ResponseWriter, r *http.Request) {
	(&problem{Status: http.StatusForbidden, Detail: "this server is reached as localhost, not as " + r.Host + ": whoever runs it adds a name by --host"}).write(w)
}

// ownOrigin refuses pages of other sites; clients that are no browser send none. Whether we
// are reached by TLS something before us may know alone: our own scheme counts only where
// it is ours.
func (a *API) ownOrigin(r *http.Request) bool {
	said := r.Header.Get("Origin")
	if said == "" {
		return true
	}
	origin, err := auth.Origin(said)
	if err != nil {
		return false
	}
	if slices.Contains(a.Origins, origin) {
		return true
	}
	for _, scheme := range []string{"https://", "http://"} {
		own, err := auth.Origin(scheme + r.Host)
		if err == nil && own == origin && (scheme == "https://" || !encrypted(r)) {
			return true
		}
	}
	return false
}
