package api

import (
	"context"
	"sync/atomic"
)

// baton is held by one at a time, in the order in which they came. Where nobody else wants
// it all of it is one word, and nothing is locked; unlike a mutex's, waiting for it can end.
type baton struct {
	wanted atomic.Int32  // by whoever holds it, and those who wait
	passed chan struct{} // to one of them
}

func newBaton() baton { return baton{passed: make(chan struct{}, 1)} }

// try takes the baton if nobody has it or waits for it.
func (b *baton) try() bool { return b.wanted.CompareAndSwap(0, 1) }

// take waits for the baton, unless ctx ends before that comes.
func (b *baton) take(ctx context.Context) error {
	if b.wanted.Add(1) == 1 {
		return nil
	}
	select {
	case <-b.passed:
		return nil
	case <-ctx.Done():
	}
	for {
		n := b.wanted.Load()
		if n == 1 { // who had it has let go: it is on its way
			<-b.passed
			b.give()
			return ctx.Err()
		}
		if b.wanted.CompareAndSwap(n, n-1) {
			return ctx.Err()
		}
	}
}

// give lets go of it, or passes it on.
func (b *baton) give() {
	if b.wanted.Add(-1) > 0 {
		b.passed <- struct{}{}
	}
}
