package api

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatACrowdLeftIsGivenBackOnceAndNotForever(t *testing.T) {
	for _, c := range []struct {
		name  string
		come  int
		every time.Duration
		after time.Duration // the last one
		given int32
	}{
		{"fewer than a crowd", throng - 1, 0, time.Minute, 0},
		{"a crowd that has just come", throng, 0, settleAfter - time.Millisecond, 0},
		{"a crowd", throng, 0, settleAfter + time.Millisecond, 1},
		{"one that comes for a while", 4 * throng, 10 * time.Millisecond, settleAfter + time.Millisecond, 1},
		{"while others come all the time", throng + 40, time.Second, 0, 1},
		{"one by one", 3 * throng, settleAfter + time.Second, time.Minute, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var given atomic.Int32
			s := newSettling(func() { given.Add(1) })
			for range c.come {
				time.Sleep(c.every)
				s.come()
			}
			time.Sleep(c.after)
			synctest.Wait()
			if n := given.Load(); n != c.given {
				t.Errorf("%s: it is given back %d times, not %d", c.name, n, c.given)
			}
			time.Sleep(time.Minute)
		})
	}
}
