package live

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

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
