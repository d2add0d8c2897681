package api

import (
	"context"
	"net/http"
	"time"
)

// What bodies take of memory is bounded: those of a few KiB are held as they come, all others
// only while no more than heldAtOnce bytes of them are, those not come yet included.
const (
	heldFreely = 64 << 10
	heldAtOnce = 64 << 20
	heldPart   = 64 << 10 // is counted in
)

// heldWait is how long a larger body waits until others are done with.
const heldWait = 10 * time.Second

// holdings are the bytes of the larger bodies. It is safe for concurrent use.
type holdings struct {
	turn  chan struct{} // full while somebody takes: two who have a part of what they need must not wait for each other
	parts chan struct{} // those that are taken
}

func newHoldings() *holdings {
	return &holdings{turn: make(chan struct{}, 1), parts: make(chan struct{}, heldAtOnce/heldPart)}
}

// share is what one request holds, until its answer is done. It is the request's goroutine's.
type share struct {
	of    *holdings
	parts int
}

// take waits until n bytes more, of at most heldAtOnce, may be held.
func (s *share) take(ctx context.Context, n int64) error {
	late := time.NewTimer(heldWait)
	defer late.Stop()
	wait := func(c chan struct{}) error {
		select {
		case c <- struct{}{}:
			return nil
		default:
		}
		select {
		case c <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return &problem{Status: http.StatusServiceUnavailable, Detail: "too many large bodies are under way: try again soon, or in pieces of at most 64 KiB", retry: 10}
		}
	}
	if err := wait(s.of.turn); err != nil {
		return err
	}
	defer func() { <-s.of.turn }()
	for ; n > 0; n -= heldPart {
		if err := wait(s.of.parts); err != nil {
			return err
		}
		s.parts++
	}
	return nil
}

// give lets others hold as much.
func (s *share) give() {
	for ; s.parts > 0; s.parts-- {
		<-s.of.parts
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
	return r.WithContext(context.WithValue(r.Context(), keyShare{}, s)), s.give
}

// hold waits until n bytes more of the request's body may be held.
func hold(r *http.Request, n int64) error {
	if s, is := r.Context().Value(keyShare{}).(*share); is {
		return s.take(r.Context(), n)
	}
	return nil
}
