package ledger

import (
	"telltale/shared/metric"
	"telltale/shared/room"
)

// Follower is a Store that several processes share: it tells the Publisher itself what became
// true, in order, whichever process did it, and this one's own before the call that did it
// is answered.
type Follower interface {
	// Follow tells what became true from now on; a Renewer what is true now before.
	Follow(p Publisher)
}

// Renewer is a Publisher that can be told that what it was told does not hold: a Follower
// that was away for too long knows what is, but not what happened.
type Renewer interface {
	// Renew says that from here on only this is known, as of seq of an epoch. It is called
	// as Publish is.
	Renew(epoch string, seq uint64, known []metric.Metric)
	// Reached says how far rooms reach now: newest answers the seq of a room's newest message.
	Reached(newest func(room string) uint64)
}

// nobody is the Publisher of a Ledger whose store is a Follower.
type nobody struct{}

// Say does nothing: the store has said it.
func (nobody) Say([]room.Message) {}

// Publish does nothing, as Say.
func (nobody) Publish([]metric.Sample) {}

// Refresh does nothing, as Say.
func (nobody) Refresh(metric.ID) {}

// Forget does nothing, as Say.
func (nobody) Forget(metric.ID) {}
