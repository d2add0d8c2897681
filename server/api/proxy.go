package api

import "net/http"

// encrypted tells whether the request came by TLS.
func encrypted(r *http.Request) bool { return r.TLS != nil }
