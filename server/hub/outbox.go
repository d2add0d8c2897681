package hub

import (
	"sync"
	"time"
)

// Bounds of an Outbox.
const (
	MaxMessages = 256
	MaxBytes    = 1 << 20
)

// Patience is how long an outbox may stay full before its reader is given up
// (close code 1013).
const Patience = 30 * time.Second

// Outbox is the bounded queue of messages that wait to be written to one
// connection. Any number may offer, one takes. Safe for concurrent use.
type Outbox struct {
	ready chan struct{}
	room  chan struct{}

	mu    sync.Mutex
	queue [][]byte
	bytes int
	full  time.Time // since when offers are refused; zero while there is room
}

// NewOutbox makes an empty outbox.
func NewOutbox() *Outbox {
	return &Outbox{ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// Offer queues a message, which must not change afterwards, or answers false
// where there is no room. It never blocks. An empty outbox takes any message.
func (o *Outbox) Offer(message []byte) bool {
	o.mu.Lock()
	fits := len(o.queue) == 0 || len(o.queue) < MaxMessages && o.bytes+len(message) <= MaxBytes
	if fits {
		o.queue = append(o.queue, message)
		o.bytes += len(message)
	} else if o.full.IsZero() {
		o.full = time.Now()
	}
	o.mu.Unlock()
	if fits {
		o.Signal()
	}
	return fits
}

// Take removes and answers the oldest message; false where there is none.
func (o *Outbox) Take() ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		return nil, false
	}
	message := o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	o.bytes -= len(message)
	if len(o.queue) == 0 {
		o.queue = nil
	}
	if len(o.queue) <= MaxMessages/2 && o.bytes <= MaxBytes/2 {
		o.full = time.Time{}
	}
	signal(o.room)
	return message, true
}

// Stuck tells whether the outbox has been full, never less than half, for Patience.
func (o *Outbox) Stuck() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.full.IsZero() && time.Since(o.full) >= Patience
}

// Ready is signalled whenever there may be something to write: a message here,
// or something new for a viewer of this outbox.
func (o *Outbox) Ready() <-chan struct{} { return o.ready }

// Room is signalled whenever a message was taken.
func (o *Outbox) Room() <-chan struct{} { return o.room }

// Signal makes Ready ready.
func (o *Outbox) Signal() { signal(o.ready) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
