package api

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestABatonIsHeldByOneAtATimeAlsoWhereSomeGiveUpWaiting(t *testing.T) {
	b, held, times := newBaton(), 0, 0 // plain: the race detector sees who is not alone
	ended, end := context.WithCancel(t.Context())
	end()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 2000 {
				switch {
				case i < 2: // gives up at once
					if b.take(ended) != nil {
						continue
					}
				case i < 4 && !b.try():
					continue
				case i >= 4:
					if err := b.take(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
				if held++; held != 1 {
					t.Errorf("%d hold it, in round %d", held, n)
				}
				times++
				held--
				b.give()
			}
		})
	}
	all.Wait()
	if times < 4*2000 || !b.try() {
		t.Errorf("it was held %d times, and is free: %v", times, b.try())
	}
}

func TestABatonGoesToThoseWhoWaitBeforeOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, order := newBaton(), make(chan int, 3)
		if !b.try() || b.try() {
			t.Fatal("one of two does not get it")
		}
		for i := range 2 {
			go func() {
				_ = b.take(t.Context())
				order <- i
				b.give()
			}()
			synctest.Wait()
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if b.take(soon) == nil {
			t.Fatal("it was held by two")
		}
		b.give()
		if b.try() {
			t.Error("it went to one who came later")
		}
		synctest.Wait()
		if first, second := <-order, <-order; first != 0 || second != 1 {
			t.Errorf("%d had it before %d", first, second)
		}
		if !b.try() {
			t.Error("nobody wants it, and it is not free")
		}
	})
}
