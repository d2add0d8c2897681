package hub

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAnOutboxIsBoundedByMessagesAndByBytes(t *testing.T) {
	for name, size := range map[string]int{"messages": 1, "bytes": MaxBytes / 4} {
		o, n := NewOutbox(), 0
		for o.Offer(make([]byte, size)) {
			if n++; n > MaxMessages {
				break
			}
		}
		if want := min(MaxMessages, MaxBytes/size); n != want {
			t.Errorf("%s: %d messages of %d bytes went in, want %d", name, n, size, want)
		}
		o.Take()
		if !o.Offer(make([]byte, size)) {
			t.Errorf("%s: no room though one was taken", name)
		}
	}
}

func TestAnEmptyOutboxTakesAnyMessageAndGivesThemInOrder(t *testing.T) {
	o := NewOutbox()
	if !o.Offer(make([]byte, 2*MaxBytes)) || o.Offer([]byte("x")) {
		t.Error("a large message alone is taken, and nothing besides")
	}
	o.Take()
	o.Offer([]byte("1"))
	o.Offer([]byte("2"))
	for _, want := range []string{"1", "2", ""} {
		if got, ok := o.Take(); string(got) != want || ok != (want != "") {
			t.Errorf("took %q, %v, want %q", got, ok, want)
		}
	}
}

func TestAnOutboxThatStaysFullFor30sIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutbox()
		fill := func() {
			for o.Offer([]byte("x")) {
			}
		}
		fill()
		time.Sleep(Patience - time.Second)
		for range MaxMessages {
			o.Take()
		}
		fill()
		time.Sleep(time.Second)
		if o.Stuck() {
			t.Error("one that was empty in between is not stuck")
		}
		for range Patience / time.Second {
			o.Take()
			fill()
			time.Sleep(time.Second)
		}
		if !o.Stuck() {
			t.Error("one that was full all the time is stuck")
		}
	})
}

func TestOfferingAndTakingAreSignalled(t *testing.T) {
	o := NewOutbox()
	o.Offer([]byte("a"))
	o.Offer([]byte("b"))
	<-o.Ready()
	select {
	case <-o.Ready():
		t.Error("two signals for what one look finds")
	default:
	}
	o.Take()
	<-o.Room()
}
