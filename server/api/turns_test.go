package api

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFewWriteAtOnceAndEachInItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := turns{make(chan struct{}, 2)}
		var writing, done atomic.Int32
		for range 100 {
			go func() {
				turns.take()
				if n := writing.Add(1); n > 2 {
					t.Errorf("%d write at once", n)
				}
				time.Sleep(time.Millisecond)
				writing.Add(-1)
				turns.give()
				done.Add(1)
			}()
		}
		time.Sleep(50*time.Millisecond + time.Microsecond)
		synctest.Wait()
		if done.Load() != 100 {
			t.Errorf("%d had their turn", done.Load())
		}
	})
}
