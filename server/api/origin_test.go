package api

import (
	"crypto/tls"
	"net/http"
	"testing"
)

func TestOnlyNamesOfTheServerAreAnswered(t *testing.T) {
	for _, c := range []struct {
		loopback bool
		hosts    []string
		yes, no  []string
	}{
		{true, nil, []string{"localhost", "127.0.0.1:8082", "[::1]:1", "a.localhost"}, []string{"evil.example", "192.0.2.1", ""}},
		{true, []string{"board.example"}, []string{"localhost:1", "board.example", "BOARD.example.:8082"}, []string{"evil.example", "a.board.example", "board.example.evil.example", ""}},
		{false, nil, []string{"localhost", "evil.example", "192.0.2.1:1"}, nil},
		{false, []string{"board.example"}, []string{"board.example:8082", "127.0.0.1"}, []string{"evil.example", "192.0.2.1", ""}},
	} {
		a := New(Options{Loopback: c.loopback, Hosts: c.hosts})
		for _, host := range c.yes {
			if !a.named(host, c.loopback) {
				t.Errorf("%+v: %q is refused", c, host)
			}
		}
		for _, host := range c.no {
			if a.named(host, c.loopback) {
				t.Errorf("%+v: %q is answered", c, host)
			}
		}
	}
}

func TestAForeignNameIsRefusedOnEveryRoute(t *testing.T) {
	h := open(t, func(o *Options) { o.Loopback, o.Hosts = false, []string{"board.example"} })
	for _, each := range []*house{h, h.admin()} {
		for _, path := range []string{"/", "/ws", "/web/app.css", "/sign-in", "/dashboard", "/m/orders", "/nowhere", "/health", "/metrics", "/debug/pprof/"} {
			if r := each.ask("GET", path, "", "Host: evil.example"); r.status != http.StatusForbidden {
				t.Errorf("%s: %d %s", path, r.status, r.body)
			}
		}
	}
	if r := h.ask("GET", "/dashboard", "", "Host: board.example:8082"); r.status != 200 {
		t.Errorf("its own name: %d %s", r.status, r.body)
	}
}

func TestOnlyPagesOfTheServerAndOfNamedOriginsOpenSockets(t *testing.T) {
	a := New(Options{Origins: []string{"https://board.example:443", "http://dev.example:3000"}})
	for _, c := range []struct {
		host, origin string
		tls, want    bool
	}{
		{"a.example:8082", "", false, true},
		{"a.example:8082", "http://a.example:8082", false, true},
		{"A.example", "http://a.example", false, true},
		{"a.example", "https://a.example", false, true}, // something before us speaks TLS
		{"a.example", "https://a.example", true, true},
		{"a.example", "http://a.example", true, false},
		{"a.example:8082", "http://a.example:8083", false, false},
		{"a.example:8082", "http://a.example", false, false},
		{"a.example", "http://b.example", false, false},
		{"a.example", "https://board.example", false, true},
		{"a.example", "http://board.example", false, false},
		{"a.example", "https://board.example:444", false, false},
		{"a.example", "https://x.board.example", false, false},
		{"a.example", "http://dev.example:3000", false, true},
		{"a.example", "http://dev.example", false, false},
		{"a.example", "null", false, false},
		{"", "null", false, false},
		{"a.example", "http://a.example/x", false, false},
		{"a.example", "http://a.example@evil.example", false, false},
	} {
		r := &http.Request{Host: c.host, Header: http.Header{}}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if got := a.ownOrigin(r); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
