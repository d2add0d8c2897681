package redis

import (
	"errors"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
)

func TestWhoCatchesUpKnowsWhatAnotherProcessWasAnswered(t *testing.T) {
	server := redistest.Start(t)
	a, b := open(t, server.URL(), "p"), open(t, server.URL(), "p")
	told := followed(b)[0]
	for range 20 {
		hold := make(chan struct{})
		told.mu.Lock()
		told.hold = hold
		told.mu.Unlock()
		sample, err := addOne(a, "a")
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(20*time.Millisecond, func() { close(hold) })
		if err := b.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if told.value("a") != sample.Value {
			t.Fatalf("it has caught up, and knows %v of %v", told.value("a"), sample.Value)
		}
	}
	server.Kill()
	eventually(t, "Redis is missed", func() bool { return errors.Is(b.CatchUp(t.Context()), ledger.ErrUnavailable) })
}
