package api

import (
	"context"
	"sync"

	"telltale/server/auth"
	"telltale/shared/wire"
)

// editions are boards as they stand, of those on whose share links something has been open. It
// shows what the board showed when it began, so it ends with that.
type editions struct {
	mu sync.Mutex // held for map operations only
	of map[string]*edition
}

// edition ends once its board changes.
type edition struct {
	context.Context
	end context.CancelFunc
}

// now is the board as it stands.
func (e *editions) now(board string) *edition {
	e.mu.Lock()
	defer e.mu.Unlock()
	one := e.of[board]
	if one == nil {
		ctx, end := context.WithCancel(context.Background())
		one = &edition{ctx, end}
		if e.of == nil {
			e.of = map[string]*edition{}
		}
		e.of[board] = one
	}
	return one
}

// end ends what is open on a board's share links.
func (e *editions) end(board string) {
	e.mu.Lock()
	one := e.of[board]
	delete(e.of, board)
	e.mu.Unlock()
	if one != nil {
		one.end()
	}
}

// lasts calls ended once what a caller may has ended, and changed where a share link shows
// another board than it did when lasts was called. stop tells that neither need be called any more.
func (a *API) lasts(c auth.Caller, ended, changed func()) (stop func()) {
	over := c.Ended(ended)
	if c.Board == "" {
		return over
	}
	forget := context.AfterFunc(a.editions.now(c.Board), changed)
	return func() {
		over()
		forget()
	}
}

// leave has the peer told what it is to be told still, and then the socket closed for it to
// come back.
func (s *socket) leave(reason string) {
	s.ends.CompareAndSwap(nil, &verdict{code: wire.CloseTryLater, reason: reason})
	s.out.Signal()
}
