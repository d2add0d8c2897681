package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// keyProxied is under which a request's context has whether its client spoke TLS with the proxy.
type keyProxied struct{}

// encrypted tells whether the request left its client by TLS.
func encrypted(r *http.Request) bool {
	proxied, _ := r.Context().Value(keyProxied{}).(bool)
	return r.TLS != nil || proxied
}

// through is a request that came through the proxies in front of this server, as from its own
// client. Each proxy adds whom it heard from at the end of X-Forwarded-For, so that of n proxies
// the n-th from there is the client, and what stands before it may be anybody's word. Only a peer
// that is near is taken for a proxy.
func (a *API) through(r *http.Request) *http.Request {
	if a.Proxies == 0 || !near(r.RemoteAddr) {
		return r
	}
	client, secure := r.RemoteAddr, false
	if at, is := addressIn(a.forwarded(r, "X-Forwarded-For")); is {
		client = net.JoinHostPort(at.String(), "0")
	}
	switch strings.ToLower(a.forwarded(r, "X-Forwarded-Proto")) {
	case "https", "wss":
		secure = true
	}
	r = r.WithContext(context.WithValue(r.Context(), keyProxied{}, secure))
	r.RemoteAddr = client
	return r
}

// forwarded is what the outermost of the proxies says in a header to which each adds; where there
// is less than one word of each, those that are there are theirs.
func (a *API) forwarded(r *http.Request, header string) string {
	all := strings.Split(strings.Join(r.Header.Values(header), ","), ",")
	return strings.TrimSpace(all[max(0, len(all)-a.Proxies)])
}

// near tells whether a peer is on this machine or on a network of our own (RFC 1918, RFC 4193).
func near(peer string) bool {
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	ip := at.Addr().Unmap()
	return ip.IsLoopback() || ip.IsPrivate()
}

// addressIn reads an address with or without a port, in brackets or not.
func addressIn(text string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap(), true
	}
	ip, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return ip.Unmap(), err == nil
}
