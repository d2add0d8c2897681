package api

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/hub"
)

// scribe is a socket in whose turn do is called.
func scribe(t *testing.T, a *API, do func(*socket)) *socket {
	s := &socket{api: a, out: hub.NewOutbox(), ctx: t.Context()}
	s.place.socket = s
	s.next = func() outgoing {
		do(s)
		return outgoing{}
	}
	return s
}

func TestFewWriteAtOnceAndEachInItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &API{turns: turns{free: 2}}
		var writing, turns atomic.Int32
		for range 100 {
			scribe(t, a, func(*socket) {
				if n := writing.Add(1); n > 2 {
					t.Errorf("%d write at once", n)
				}
				time.Sleep(time.Millisecond)
				writing.Add(-1)
				turns.Add(1)
			}).wake()
		}
		a.turns.wait()
		if n := turns.Load(); n < 99 { // the other writer may have the last one still
			t.Errorf("%d had their turn before one who came after them", n)
		}
		synctest.Wait()
		time.Sleep(time.Millisecond)
		if n := turns.Load(); n != 100 {
			t.Errorf("%d had their turn", n)
		}
	})
}

func TestWhoWaitsForSomethingLetsOthersHaveTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &API{turns: turns{free: 1}}
		come := make(chan struct{})
		var asked atomic.Int32
		slow := scribe(t, a, func(s *socket) {
			if asked.Add(1) == 1 {
				s.aside()
				<-come
			}
		})
		slow.wake()
		synctest.Wait()
		a.turns.wait() // not for the slow one
		slow.wake()
		slow.wake()
		close(come)
		synctest.Wait()
		if n := asked.Load(); n != 2 {
			t.Errorf("what woke it meanwhile was lost: it was asked %d times", n)
		}
		if a.turns.free != 1 || a.turns.first != nil || slow.stage.Load() != resting {
			t.Errorf("in the end %d may write, %v are in line", a.turns.free, a.turns.first)
		}
	})
}
