package api

import (
	"net/http"
	"net/http/httptest"
	"runtime"
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

func TestWhatIsMadeLaterIsMadeByFewAtOnceInTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &API{turns: turns{free: 1}}
		come := make(chan struct{})
		var making, made, waited atomic.Int32
		for range 50 {
			var asked atomic.Bool
			one := scribe(t, a, nil)
			one.next = func() outgoing {
				if asked.Swap(true) {
					return outgoing{}
				}
				one.aside()
				waited.Add(1)
				<-come
				return outgoing{later: func() []byte {
					if n := making.Add(1); n > 1 || !one.led {
						t.Errorf("%d are made at once, led %v", n, one.led)
					}
					time.Sleep(time.Millisecond)
					making.Add(-1)
					made.Add(1)
					return nil
				}}
			}
			one.wake()
		}
		synctest.Wait()
		scribe(t, a, func(*socket) { time.Sleep(time.Second) }).wake() // another is written to
		synctest.Wait()
		close(come)
		synctest.Wait()
		if waited.Load() != 50 || made.Load() != 0 {
			t.Errorf("%d waited, and %d were made before their turn", waited.Load(), made.Load())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if made.Load() != 50 {
			t.Errorf("%d were made", made.Load())
		}
	})
}

func TestAWriterThatPanicsEndsItsSocketAndNoOther(t *testing.T) {
	h := open(t)
	stays := h.dial("/status")
	stays.until("1 client(s) connected.")
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := h.api.open(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		defer s.close()
		s.run(func() outgoing { panic("broken") }, ignore)
	}))
	defer broken.Close()
	for range 2 * runtime.GOMAXPROCS(0) { // more than there are writers
		if code := (&house{t: t, url: broken.URL}).dial("/").closed(); code != -1 {
			t.Errorf("closed with %d", code)
		}
	}
	_ = h.dial("/status")
	stays.until("2 client(s) connected.")
}
