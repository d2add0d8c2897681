package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOfAProxyIsBelievedWhatItSaysItselfAndOfNobodyElse(t *testing.T) {
	for _, c := range []struct {
		proxies     int
		peer        string
		headers     []string
		from        string
		isEncrypted bool
	}{
		{0, "127.0.0.1:9", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"}, "127.0.0.1:9", false},
		{1, "127.0.0.1:9", nil, "127.0.0.1:9", false},
		{1, "127.0.0.1:9", []string{"X-Forwarded-For: 203.0.113.7"}, "203.0.113.7:0", false},
		{1, "127.0.0.1:9", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"}, "203.0.113.7:0", true},
		{1, "[::1]:9", []string{"X-Forwarded-For: 2001:db8::7", "X-Forwarded-Proto: HTTPS"}, "[2001:db8::7]:0", true},
		{1, "10.1.2.3:9", []string{"X-Forwarded-For: [2001:db8::7]:443", "X-Forwarded-Proto: wss"}, "[2001:db8::7]:0", true},
		{1, "[fd00::1]:9", []string{"X-Forwarded-For: 203.0.113.7:55"}, "203.0.113.7:0", false},
		// What stands before the proxy's own word is the client's.
		{1, "127.0.0.1:9", []string{"X-Forwarded-For: 10.0.0.1, 198.51.100.9", "X-Forwarded-Proto: https, http"}, "198.51.100.9:0", false},
		{1, "127.0.0.1:9", []string{"X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 198.51.100.9"}, "198.51.100.9:0", false},
		{2, "127.0.0.1:9", []string{"X-Forwarded-For: 1.1.1.1, 198.51.100.9, 10.0.0.2", "X-Forwarded-Proto: https, http"}, "198.51.100.9:0", true},
		{2, "127.0.0.1:9", []string{"X-Forwarded-For: 198.51.100.9", "X-Forwarded-Proto: https"}, "198.51.100.9:0", true},
		// From afar it may be anybody.
		{1, "203.0.113.1:9", []string{"X-Forwarded-For: 198.51.100.9", "X-Forwarded-Proto: https"}, "203.0.113.1:9", false},
		{1, "[2001:db8::1]:9", []string{"X-Forwarded-For: 198.51.100.9"}, "[2001:db8::1]:9", false},
		{1, "pipe", []string{"X-Forwarded-For: 198.51.100.9"}, "pipe", false},
		{1, "127.0.0.1:9", []string{"X-Forwarded-For: unknown"}, "127.0.0.1:9", false},
		{1, "127.0.0.1:9", []string{"X-Forwarded-For: 198.51.100.9,"}, "127.0.0.1:9", false},
		{1, "[::ffff:127.0.0.1]:9", []string{"X-Forwarded-For: ::ffff:198.51.100.9"}, "198.51.100.9:0", false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.RemoteAddr = c.peer
		for _, header := range c.headers {
			name, value, _ := strings.Cut(header, ": ")
			r.Header.Add(name, value)
		}
		if got := (&API{Options: Options{Proxies: c.proxies}}).through(r); got.RemoteAddr != c.from || encrypted(got) != c.isEncrypted {
			t.Errorf("behind %d, %s with %q: from %s, encrypted %v", c.proxies, c.peer, c.headers, got.RemoteAddr, encrypted(got))
		}
	}
}

func TestBehindAProxyEachClientHasItsOwnPaceAndCookiesStayEncrypted(t *testing.T) {
	h, admin := furnished(t, func(o *Options) { o.Proxies, o.Loopback = 1, false })
	secret := strings.TrimPrefix(admin, "Authorization: Bearer ")
	const by, tls = "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"
	for _, c := range []struct {
		headers []string
		secure  bool
	}{{[]string{by, tls}, true}, {[]string{by}, false}} {
		form := append(c.headers, "Content-Type: application/x-www-form-urlencoded")
		if r := h.ask("POST", "/sign-in", "token="+secret, form...); r.status != http.StatusSeeOther || strings.Contains(r.header.Get("Set-Cookie"), "Secure") != c.secure {
			t.Errorf("%q: %d %q", c.headers, r.status, r.header.Get("Set-Cookie"))
		}
		r := h.ask("POST", "/api/v1/boards/ops/shares", "", append(c.headers, admin, "Host: board.example.org")...)
		if want := map[bool]string{true: `"https://board.example.org/s/`, false: `"http://board.example.org/s/`}[c.secure]; !strings.Contains(r.body, want) {
			t.Errorf("%q: a link is %s", c.headers, r.body)
		}
	}
	if e := audit(h, admin, "?limit=1").Events[0]; e.From != "203.0.113.7" {
		t.Errorf("noted is %+v", e)
	}
	h.api.RateLimit, h.api.paces = 1, newPaces(1)
	for range 200 {
		if h.ask("GET", "/m/orders", "", by).status == http.StatusTooManyRequests {
			if got := h.ask("GET", "/m/orders", "", "X-Forwarded-For: 203.0.113.8").status; got != http.StatusUnauthorized {
				t.Errorf("another client at the same time: %d", got)
			}
			return
		}
	}
	t.Error("200 requests, one after the other, are not too many for a limit of one a second")
}
