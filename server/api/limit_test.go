package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/auth"
	"telltale/server/store/sqlite"
)

// closed is a house whose gate knows the tokens of kept.
func closed(t *testing.T, kept *shelf, change ...func(*Options)) *house {
	t.Helper()
	ring, err := auth.NewKeyring(t.Context(), kept, nil)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, append(change, func(o *Options) { o.Gate = &auth.Gate{Keyring: ring, Open: true, PublicRead: o.Gate != nil} })...)
}

func TestAPaceIsOfATokenOrElseOfAnAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{RateLimit: 2})
		ask := func(id, address string) bool {
			r := &http.Request{RemoteAddr: address}
			return a.pace(auth.Caller{ID: id}, r.RemoteAddr) == nil
		}
		for i, c := range []struct {
			id, address string
			want        bool
		}{
			{"a", "192.0.2.1:1", true}, {"a", "192.0.2.2:2", true}, {"a", "192.0.2.3:3", false},
			{"b", "192.0.2.1:1", true},
			{"", "192.0.2.1:1", true}, {"", "192.0.2.1:2", true}, {"", "192.0.2.1:3", false},
			{"", "[::ffff:192.0.2.1]:4", false}, {"", "192.0.2.2:1", true},
			{"", "[2001:db8::1]:1", true}, {"", "[2001:db8::2]:1", true}, {"", "[2001:db8:0:0:ffff::3]:1", false}, {"", "[2001:db8:0:1::1]:1", true},
		} {
			if got := ask(c.id, c.address); got != c.want {
				t.Errorf("row %d, %q from %s: %v", i, c.id, c.address, got)
			}
		}
		time.Sleep(500 * time.Millisecond)
		if !ask("a", "192.0.2.1:1") || ask("a", "192.0.2.1:1") {
			t.Error("half a second is not worth one request of two a second")
		}
	})
}

func TestAnyNumberOfAddressesTakesABoundedNumberOfPaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaces(5)
		for i := range 3 * maxPaces {
			p.find(auth.Caller{}, fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255), time.Now()).Allow()
		}
		if n := len(p.of[1]); n != maxPaces {
			t.Errorf("%d paces", n)
		}
		for range 5 {
			p.find(auth.Caller{}, "192.0.2.1:1", time.Now()).Allow()
		}
		if p.find(auth.Caller{}, "192.0.2.2:1", time.Now()).Allow() {
			t.Error("those for whom there is no place have no pace in common")
		}
		if !p.find(auth.Caller{ID: "token"}, "192.0.2.1:1", time.Now()).Allow() {
			t.Error("strangers take a token's place")
		}
		time.Sleep(2 * time.Second)
		p.find(auth.Caller{}, "192.0.2.1:1", time.Now())
		if n := len(p.of[1]); n != 1 {
			t.Errorf("%d paces once nobody came for two seconds", n)
		}
	})
}

func TestWhatComesTooFastIs429AndSoIsGuessing(t *testing.T) {
	kept := &shelf{}
	ann, bob := kept.add("ann", "write:orders"), kept.add("bob", "write:orders")
	h := closed(t, kept, func(o *Options) { o.RateLimit = 3 })
	tooFast := func(what string, until int, headers ...string) {
		t.Helper()
		for i := range 100 {
			r := h.ask("POST", "/order", "", headers...)
			if r.status == http.StatusTooManyRequests {
				if i < 3 || r.header.Get("Retry-After") != "1" || !strings.Contains(r.detail(), "too fast") {
					t.Errorf("%s: request %d: %v %s", what, i+1, r.header, r.body)
				}
				return
			}
			if r.status != until {
				t.Fatalf("%s: request %d: %d %s", what, i+1, r.status, r.body)
			}
		}
		t.Errorf("%s: a hundred requests were let through", what)
	}
	tooFast("a token", 200, "Authorization: Bearer "+ann)
	if r := h.ask("POST", "/order", "", "Authorization: Bearer "+bob); r.status != 200 {
		t.Errorf("another token: %d %s", r.status, r.body)
	}
	tooFast("a token that is not valid", 401, "Authorization: Bearer tt_guess")
	if r := h.admin().ask("GET", "/health", ""); r.status != 200 {
		t.Errorf("/health: %d %s", r.status, r.body)
	}
}

func TestAnOpenServerOnThisMachineHasNoRateLimit(t *testing.T) {
	h := closed(t, &shelf{}, func(o *Options) { o.RateLimit = 1 })
	for range 20 {
		h.must("POST", "/order", "")
	}
	beyond := closed(t, &shelf{}, func(o *Options) { o.RateLimit, o.Loopback = 1, false })
	for range 100 {
		if beyond.ask("POST", "/order", "").status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("an open server that others reach has none either")
}

// gated lets the stage's people show a token of ann's, who may look, or none and look too.
func (s *stage) gated() {
	kept := &shelf{}
	s.headers, s.user = []string{"Authorization: Bearer " + kept.add("ann", "read:*")}, "ann"
	ring, err := auth.NewKeyring(s.t.Context(), kept, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.api.Gate = &auth.Gate{Keyring: ring, PublicRead: true}
}

func TestMessagesThatComeTooFastAreRefusedAndTheSocketGoesOn(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		s.gated()
		s.api.paces = newPaces(3)
		s.play(`
			ann> {"type":"leave","id":"1","room_id":"r"}
			ann< {"type":"error","id":"1","code":"not_joined",…
			ann> {"type":"leave","id":"2","room_id":"r"}
			ann< {"type":"error","id":"2","code":"not_joined",…
			ann> {"type":"leave","id":"3","room_id":"r"}
			ann< {"type":"error","id":"3","code":"rate_limited","detail":"this comes too fast: …`)
		time.Sleep(time.Second)
		s.play(`
			ann> {"type":"leave","id":"4","room_id":"r"}
			ann< {"type":"error","id":"4","code":"not_joined",…`)
	})
}

func TestASocketOfAStrangerWhoAsksForNothingIsClosed(t *testing.T) {
	stranger := func(script, ends string) {
		act(t, sqlite.Options{}, Catchup, func(s *stage) {
			s.gated()
			if ends != "" {
				s.headers, s.user = nil, ""
			}
			s.play(script)
			k, began := s.who["who"], time.Now()
			for time.Since(began) < 2*idleLimit {
				opcode, payload, err := k.frame()
				switch {
				case err == nil && opcode == opPing:
					k.write(pongOf(string(payload)))
				case err == nil && opcode == opClose && ends == "closed" && time.Since(began) <= idleLimit:
					_ = k.Close()
					return
				default:
					t.Fatalf("opcode %d after %v, %v", opcode, time.Since(began), err)
				}
			}
			if ends == "closed" {
				t.Error("it stayed open")
			}
		})
	}
	ping, join := `who> {"type":"ping","id":"1"}
		who< {"type":"pong","id":"1"}`, `who> {"type":"join","room_id":"r"}
		who< {"type":"joined","room_id":"r","seq":0,"members":0}`
	stranger(ping, "closed")
	stranger(join, "stays")
	stranger(ping, "") // who shows a token may idle
}
