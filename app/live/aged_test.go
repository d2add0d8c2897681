package live

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/series"
	"telltale/shared/wire"
)

// opened is a server whose connection had been opened before it was asked for, and has been welcomed then.
type opened struct {
	*server
	ago time.Duration
}

type openedSocket struct {
	*socket
	ago time.Duration
}

func (s openedSocket) Age() time.Duration { return s.ago }

func (o opened) Dial(ctx context.Context) (Socket, error) {
	if _, err := o.server.Dial(ctx); err != nil {
		return nil, err
	}
	o.open.in <- wire.Encode(wire.Welcome{Epoch: "e1", Time: time.Now().Add(-o.ago).UnixMilli(), Version: "1"})
	return openedSocket{o.open, o.ago}, nil
}

func TestContactIsAsOldAsTheConnectionThatWasOpenedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer stop()
		v := NewViewer(opened{&server{epoch: "e1", deaf: true}, 5 * time.Second}, Look{Patterns: []string{"*"}, RangeMS: 300_000, Points: 300}, func(Change) {})
		go v.Run(ctx)
		synctest.Wait()
		if c := v.Contact(); time.Since(c.Heard) != 5*time.Second {
			t.Errorf("contact is %v old, and was 5 s ago", time.Since(c.Heard))
		}
	})
}

// TestValuesAreAsOldAsTheServerSays: it is there and answers, but what it keeps values in is not.
func TestValuesAreAsOldAsTheServerSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer stop()
		s := &server{epoch: "e1"}
		s.add("a", 1)
		v := NewViewer(s, Look{Patterns: []string{"*"}, RangeMS: 300_000, Points: 300}, func(Change) {})
		go v.Run(ctx)
		age := func() int64 {
			synctest.Wait()
			c := v.Contact()
			if c.State != Live {
				t.Errorf("contact is %v", c.State)
			}
			return c.Now - c.Values
		}
		time.Sleep(2 * askEvery * time.Millisecond)
		if age := age(); age > askEvery {
			t.Errorf("at first values are %d ms old", age)
		}
		s.do(func() { s.stale = 20_000 })
		time.Sleep(2 * askEvery * time.Millisecond)
		if age := age(); age < 20_000 || age > 20_000+askEvery {
			t.Errorf("values are told to be 20 s old, and are taken to be %d ms old", age)
		}
		v.Look(ctx, Look{Patterns: []string{"a"}, RangeMS: 300_000, Points: 300})
		if age := age(); age < 20_000 {
			t.Errorf("where something else is looked at, they are taken to be %d ms old", age)
		}
		s.do(func() { s.stale = 0 })
		time.Sleep(2 * askEvery * time.Millisecond)
		if age := age(); age > askEvery {
			t.Errorf("afterwards values are %d ms old", age)
		}
	})
}

func TestWhatIsToldWhileTheStoreIsOutOfReachIsAsOldAsItSaysFromTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer stop()
		s := &server{epoch: "e1", stale: 20_000, mum: true}
		s.add("a", 1)
		v := NewViewer(s, Look{Patterns: []string{"*"}, RangeMS: 300_000, Points: 300}, func(Change) {})
		v.Remember(nil, series.Snapshot{Seq: 1, Time: time.Now().UnixMilli(), Stale: 5000}, time.Second)
		if c := v.Contact(); c.Now-c.Values != 6000 {
			t.Errorf("a page that is a second old and has values of 5 s before takes them to be %d ms old", c.Now-c.Values)
		}
		go v.Run(ctx)
		synctest.Wait()
		if c := v.Contact(); c.State != Live || c.Now-c.Values != 20_000 {
			t.Errorf("contact is %s, and values are taken to be %d ms old", c.State, c.Now-c.Values)
		}
	})
}
