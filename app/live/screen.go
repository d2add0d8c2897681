package live

import (
	"context"
	"time"

	"telltale/shared/wire"
)

// tellEvery is how often a screen tells of itself while nothing about it changes.
const tellEvery = 15 * time.Second

// screen is what the viewer does for the page as a screen among others.
type screen struct {
	describe func() wire.Screen // nil where the page is none
	heed     func(wire.Order)
	changed  chan struct{} // capacity 1
}

// Screen has the server know the page as a screen: describe is asked for its word at the
// start of each connection, after Retell and now and then; heed is given the server's
// orders. Both are called by goroutines of the viewer and must not wait. Call it before Run.
func (v *Viewer) Screen(describe func() wire.Screen, heed func(wire.Order)) {
	v.screen = screen{describe, heed, make(chan struct{}, 1)}
}

// Retell has the screen's word sent at once: something about it has changed.
func (v *Viewer) Retell() {
	if v.screen.describe != nil {
		signal(v.screen.changed)
	}
}

// tell sends the screen's word for as long as a connection lasts.
func (v *Viewer) tell(ctx context.Context, socket Socket) {
	if v.screen.describe == nil {
		return
	}
	every := time.NewTicker(tellEvery)
	defer every.Stop()
	for {
		v.send(ctx, socket, wire.Encode(v.screen.describe()))
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		case <-v.screen.changed:
			every.Reset(tellEvery)
		}
	}
}

// hearOrder takes what the server tells the screen to do.
func (v *Viewer) hearOrder(message []byte) {
	var o wire.Order
	if v.screen.heed != nil && wire.Decode(message, &o) == nil {
		v.screen.heed(o)
	}
}
