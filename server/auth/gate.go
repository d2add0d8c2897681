package auth

import (
	"net/http"
	"strings"
)

// Cookie is the name of the cookie that holds the token of who signed in on the page.
const Cookie = "telltale"

// Gate decides who a request is from. Its fields do not change once it is used.
type Gate struct {
	Keyring    *Keyring
	PublicRead bool // who shows no token may look
	Open       bool // while no token exists, anybody may do everything
}

// Caller is who the request is from. On an open server without tokens that is Anyone,
// whatever is shown: one that is not open does not become so when its last token is revoked. The error wraps ErrUnknown where a token was shown that is not valid; a cookie
// that is not is as good as none, as its owner did not choose to show it now.
func (g *Gate) Caller(r *http.Request) (Caller, error) {
	if g.Open && !g.Keyring.Closed() {
		return Anyone, nil
	}
	shown, cookie := Shown(r)
	if shown != "" {
		if c, err := g.Keyring.Find(shown); err == nil || !cookie {
			return c, err
		}
	}
	if g.PublicRead {
		return Onlooker, nil
	}
	return Caller{}, nil
}

// Named tells whether a request shows a token that is valid.
func (g *Gate) Named(r *http.Request) bool {
	c, err := g.Caller(r)
	return err == nil && c.Named()
}

// Shown is the token that a request shows: in its Authorization header (RFC 6750, section
// 2.1) or else in its cookie; "" for none. One in the query would end up in logs.
func Shown(r *http.Request) (token string, cookie bool) {
	if scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest), false
	}
	if c, err := r.Cookie(Cookie); err == nil {
		return c.Value, true
	}
	return "", false
}
