package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// What bodies take of memory is bounded: those of a few KiB are held as they come, of all others
// what has come only while no more than heldAtOnce bytes of them have, and of those of one token,
// or address, heldEach.
const (
	heldFreely = 64 << 10
	heldAtOnce = 64 << 20
	heldEach   = heldAtOnce / 2 // as much as the largest batch and what it is unpacked to
)

// heldWait is how long a larger body waits until others are done with, each time it grows.
const heldWait = 10 * time.Second

// holdings are the bytes of the larger bodies. It is safe for concurrent use.
type holdings struct {
	mu    sync.Mutex
	taken int64
	of    map[payer]int64 // not of those that hold nothing
	given chan struct{}   // is closed, and another one made, when bytes are given
}

func newHoldings() *holdings {
	return &holdings{of: map[payer]int64{}, given: make(chan struct{})}
}

// share is what one request holds, until its answer is done. It is the request's goroutine's.
type share struct {
	of    *holdings
	payer payer // whose bytes are counted together; the zero payer's have no bound of their own
	taken int64
}

// take waits until n bytes more may be held. Who holds some already, and waits for more, waits for
// heldWait at most: so two who wait for each other do not do so for ever.
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
	if s.of.taken+n > heldAtOnce || s.payer != (payer{}) && s.of.of[s.payer]+n > heldEach {
		return s.of.given
	}
	s.taken += n
	s.of.add(s.payer, n)
	return nil
}

// give lets others hold as much.
func (s *share) give() {
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

// keyShare is under which the context of a request whose body may be large has its share.
type keyShare struct{}

// sharing gives a request whose body may be large its share; what it took is given when done is
// called.
func (a *API) sharing(r *http.Request) (with *http.Request, done func()) {
	if r.ContentLength == 0 || r.ContentLength > 0 && r.ContentLength <= heldFreely && r.Header.Get("Content-Encoding") == "" {
		return r, func() {}
	}
	s := &share{of: a.held}
	if c := callerOf(r); !a.unbound(c) {
		s.payer = payerOf(c, r.RemoteAddr)
	}
	return r.WithContext(context.WithValue(r.Context(), keyShare{}, s)), s.give
}

// hold waits until n bytes more of the request's body may be held.
func hold(r *http.Request, n int64) error {
	if s, is := r.Context().Value(keyShare{}).(*share); is {
		return s.take(r.Context(), n)
	}
	return nil
}
