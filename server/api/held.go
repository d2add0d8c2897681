package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// What bodies take of memory is bounded. One of a few KiB is held as it comes. A larger one first
// has its first MiB counted, and only when that has come all that it may become: so one that
// trickles holds little. Of either count those of one token, or address, have at most half.
const (
	heldFreely   = 64 << 10
	heldFirst    = 1 << 20
	firstsAtOnce = 16 << 20
	heldAtOnce   = 64 << 20 // half of it is the largest batch and what it is unpacked to
)

// heldWait is how long a larger body waits until others are done with, each time.
const heldWait = 10 * time.Second

// holdings count bytes of larger bodies, up to a bound. They are safe for concurrent use.
type holdings struct {
	most int64

	mu    sync.Mutex
	taken int64
	of    map[payer]int64 // not of those that hold nothing
	given chan struct{}   // is closed, and another one made, when bytes are given
}

func newHoldings(most int64) *holdings {
	return &holdings{most: most, of: map[payer]int64{}, given: make(chan struct{})}
}

// share is what one request holds of holdings. It is the request's goroutine's.
type share struct {
	of    *holdings
	payer payer // whose bytes are counted together; the zero payer's have no bound of their own
	taken int64
}

// take waits until n bytes more may be held. Who waits keeps nobody else out.
func (s *share) take(ctx context.Context, n int64) error {
	late := time.NewTimer(heldWait)
	defer late.Stop()
	for {
		given := s.try(n)
		if given == nil {
			return nil
		}
		select {
		case <-given:
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return &problem{Status: http.StatusServiceUnavailable, Detail: "too many large bodies are under way: try again soon, or in pieces of at most 64 KiB", retry: 10}
		}
	}
}

// try takes n bytes where they may be held; if not, it may be tried again once given is closed.
func (s *share) try(n int64) (given <-chan struct{}) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if s.of.taken+n > s.of.most || s.payer != (payer{}) && s.of.of[s.payer]+n > s.of.most/2 {
		return s.of.given
	}
	s.of.add(s.payer, n)
	s.taken += n
	return nil
}

// give lets others hold as much.
func (s *share) give() {
	if s.taken == 0 {
		return
	}
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.add(s.payer, -s.taken)
	s.taken = 0
	close(s.of.given)
	s.of.given = make(chan struct{})
}

// add counts n bytes more. Its caller holds mu.
func (h *holdings) add(p payer, n int64) {
	h.taken += n
	if h.of[p] += n; h.of[p] == 0 {
		delete(h.of, p)
	}
}

// shares are what one request holds. Of each it takes once, of first before all: so no two wait
// for each other.
type shares struct{ first, all share }

// keyShare is under which the context of a request whose body may be large has its shares.
type keyShare struct{}

// sharing gives a request whose body may be large its shares; what it took is given when done is
// called.
func (a *API) sharing(r *http.Request) (with *http.Request, done func()) {
	if r.ContentLength == 0 || r.ContentLength > 0 && r.ContentLength <= heldFreely && r.Header.Get("Content-Encoding") == "" {
		return r, func() {}
	}
	var p payer
	if c := callerOf(r); !a.unbound(c) {
		p = payerOf(c, r.RemoteAddr)
	}
	s := &shares{share{of: a.firsts, payer: p}, share{of: a.held, payer: p}}
	return r.WithContext(context.WithValue(r.Context(), keyShare{}, s)), func() {
		s.first.give()
		s.all.give()
	}
}

// holdFirst waits until n bytes, heldFirst at most, of the request's body may be held.
func holdFirst(r *http.Request, n int64) error {
	if s, is := r.Context().Value(keyShare{}).(*shares); is {
		return s.first.take(r.Context(), n)
	}
	return nil
}

// holdAll waits until n bytes of it may be, its first ones included.
func holdAll(r *http.Request, n int64) error {
	s, is := r.Context().Value(keyShare{}).(*shares)
	if !is {
		return nil
	}
	defer s.first.give()
	return s.all.take(r.Context(), n)
}
