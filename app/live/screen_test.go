package live

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/wire"
)

// listed is a server that notes what screens tell.
type listed struct {
	*server
	mu    sync.Mutex
	words []wire.Screen
}

type listedSocket struct {
	Socket
	at *listed
}

func (l *listed) Dial(ctx context.Context) (Socket, error) {
	s, err := l.server.Dial(ctx)
	return listedSocket{s, l}, err
}

func (c listedSocket) Write(ctx context.Context, message []byte) error {
	var word wire.Screen
	if e, err := wire.Open(message); err == nil && e.Type == wire.TypeScreen && wire.Decode(message, &word) == nil {
		c.at.mu.Lock()
		c.at.words = append(c.at.words, word)
		c.at.mu.Unlock()
	}
	return c.Socket.Write(ctx, message)
}

func (l *listed) told() []wire.Screen {
	l.mu.Lock()
	defer l.mu.Unlock()
	words := l.words
	l.words = nil
	return words
}

func TestAScreenTellsOfItselfAtTheStartOnChangeAndNowAndThenAndHeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := &listed{server: &server{epoch: "e"}}
		v := NewViewer(at, Look{}, func(Change) {})
		shows, orders := "home", make(chan wire.Order, 1)
		v.Screen(func() wire.Screen { return wire.Screen{Board: shows} }, func(o wire.Order) { orders <- o })
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go v.Run(ctx)
		synctest.Wait()
		if told := at.told(); len(told) != 1 || told[0].Board != "home" {
			t.Errorf("at the start %v", told)
		}
		time.Sleep(46 * time.Second)
		if told := at.told(); len(told) != 3 {
			t.Errorf("%d words in 46 s", len(told))
		}
		shows = "shop"
		v.Retell()
		v.Retell()
		synctest.Wait()
		if told := at.told(); len(told) == 0 || len(told) > 2 || told[0].Board != "shop" {
			t.Errorf("after a change %v", told)
		}
		at.open.in <- wire.Encode(wire.Order{Do: wire.DoShow, Board: "x"})
		synctest.Wait()
		if o := <-orders; o.Do != wire.DoShow || o.Board != "x" {
			t.Errorf("heard %v", o)
		}
		at.open.Close()
		time.Sleep(time.Second)
		if told := at.told(); len(told) != 1 {
			t.Errorf("on the next connection %v", told)
		}
	})
}

func TestAPageThatIsNoScreenTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := &listed{server: &server{epoch: "e"}}
		v := NewViewer(at, Look{}, func(Change) {})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go v.Run(ctx)
		v.Retell()
		time.Sleep(time.Minute)
		if told := at.told(); len(told) != 0 {
			t.Errorf("told %v", told)
		}
	})
}
