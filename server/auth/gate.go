package auth

import (
	"net/http"
	"strings"
)

// Cookie is the name of the cookie that holds the token of who signed in on the page,
// LinkCookie of the one that holds the secret of the share link that was opened last.
const (
	Cookie     = "telltale"
	LinkCookie = "telltale-link"
)

// Gate decides who a request is from. Its fields do not change once it is used.
type Gate struct {
	Keyring    *Keyring
	PublicRead bool // who shows no token may look
	Open       bool // while no token exists, anybody may do everything
}

// Caller is who the request is from. On an open server without tokens that is Anyone,
// whatever is shown: one that is not open does not become so when its last token is revoked.
// The error wraps ErrUnknown where a token was shown that is not valid; a cookie that is not
// is as good as none, as its owner did not choose to show it now. Who has opened a share link
// reads what it shows besides what they may without it.
func (g *Gate) Caller(r *http.Request) (Caller, error) {
	if g.Open && !g.Keyring.Closed() {
		return Anyone, nil
	}
	shown, cookie := Shown(r)
	c, err := Caller{}, error(nil)
	switch c, err = g.Keyring.Find(shown); {
	case err == nil, shown != "" && !cookie:
	case g.PublicRead:
		c, err = Onlooker, nil
	default:
		c, err = Caller{}, nil
	}
	if shown != "" && !cookie { // a program, which has opened nothing
		return c, err
	}
	if link, opened := g.opened(r); opened {
		if c.Named() {
			return c.with(link), nil
		}
		link.Scopes = c.Scopes
		return link, nil
	}
	return c, err
}

// opened is the caller of the share link that was opened last, where it has not ended.
func (g *Gate) opened(r *http.Request) (Caller, bool) {
	cookie, err := r.Cookie(LinkCookie)
	if err != nil {
		return Caller{}, false
	}
	return g.Link(cookie.Value)
}

// Link is the caller who shows the secret of a share link, where it has not ended.
func (g *Gate) Link(secret string) (Caller, bool) {
	c, err := g.Keyring.Find(secret)
	return c, err == nil && c.Board != ""
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
