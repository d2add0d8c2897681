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

// TestAProcessIsStaleUntilItHasReadWhatItMissed does by hand what the follower does.
func TestAProcessIsStaleUntilItHasReadWhatItMissed(t *testing.T) {
	server := redistest.Start(t)
	others := open(t, server.URL(), "p")
	s, err := newStore(t.Context(), Options{URL: server.URL(), Prefix: "p"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.attach(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, is := s.Stale(); is {
		t.Fatal("it is stale though it has missed nothing")
	}
	s.lose(errNotYet)
	before, _ := s.Stale()
	const missed = 2*logPage + 1
	for range missed {
		if _, err := addOne(others, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ready(); err != nil || s.Writable() != nil {
		t.Fatalf("Redis is there: %v, %v", err, s.Writable())
	}
	for read := 0; read < missed; read = min(read+logPage, missed) {
		if since, is := s.Stale(); !is || since != before {
			t.Errorf("it has read %d of %d, and says that it knows all: %v, as of %v, and was last at %v", read, missed, !is, since, before)
		}
		if err := s.read(); err != nil {
			t.Fatal(err)
		}
	}
	since, is := s.Stale()
	if m, err := s.Metric(t.Context(), "a"); is || !since.After(before) || err != nil || m.Head.Value != missed {
		t.Errorf("it has read all: stale %v, as of %v, %v, %v", is, since, m.Head, err)
	}

	s.lose(errNotYet)
	s.back(10 * missed) // of which a failover has lost most
	if err := s.look(); err != nil {
		t.Fatal(err)
	}
	if _, is := s.Stale(); is {
		t.Error("it waits for what nobody has")
	}
}
