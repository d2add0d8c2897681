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
	tell  func() // instead of ready; nil where that is waited for

	mu    sync.Mutex
	room  chan struct{} // nil until somebody waits for it
	queue [][]byte
	bytes int
	full  time.Time // since when offers are refused; zero while there is room
	first *Member   // of those due, linked by next
	last  *Member

	// guarded by Hub.doors
	user    string
	members map[string]*Member // by room
}

// NewOutbox makes an empty outbox.
func NewOutbox() *Outbox {
	return &Outbox{ready: make(chan struct{}, 1)}
}

// NewTellingOutbox makes an empty outbox that calls tell instead of making Ready ready. It
// is called by whoever has something for it, also under locks of the hub: it must neither
// block nor ask the hub for anything.
func NewTellingOutbox(tell func()) *Outbox {
	return &Outbox{tell: tell}
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
	if o.room != nil {
		signal(o.room)
	}
	return message, true
}

// Len is how many messages wait.
func (o *Outbox) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue)
}

// Due takes a member of this connection that may have something out of the list of
// those: ask its Next. Where that gave something, and there is more, the member is
// in the list again, behind the others; nil once nobody is.
func (o *Outbox) Due() *Member {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.first
	if m == nil {
		return nil
	}
	if o.first = m.next; o.first == nil {
		o.last = nil
	}
	m.next, m.listed = nil, false
	return m
}

// due lists a member, where it is not listed yet, and signals.
func (o *Outbox) due(m *Member) {
	if o.list(m) {
		o.Signal()
	}
}

// list puts a member at the end of those due; false where it is in the list, or
// has left.
func (o *Outbox) list(m *Member) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m.listed || m.gone {
		return false
	}
	if o.last == nil {
		o.first = m
	} else {
		o.last.next = m
	}
	o.last, m.listed = m, true
	return true
}

// drop takes a member out of the list for ever.
func (o *Outbox) drop(m *Member) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m.gone = true
	if !m.listed {
		return
	}
	var before *Member
	for other := o.first; other != m; other = other.next {
		before = other
	}
	if before == nil {
		o.first = m.next
	} else {
		before.next = m.next
	}
	if o.last == m {
		o.last = before
	}
	m.next, m.listed = nil, false
}

// Stuck tells whether the outbox has been full, never less than half, for Patience.
func (o *Outbox) Stuck() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.full.IsZero() && time.Since(o.full) >= Patience
}

// Ready is signalled whenever there may be something to write: a message here,
// something new for a viewer of this outbox, or a member that has become due. Of an
// outbox that tells it is nil: waiting for it never ends.
func (o *Outbox) Ready() <-chan struct{} { return o.ready }

// Room is signalled whenever a message was taken, and once when it is first asked for.
func (o *Outbox) Room() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.room == nil {
		o.room = make(chan struct{}, 1)
		signal(o.room)
	}
	return o.room
}

// Signal makes Ready ready, or tells.
func (o *Outbox) Signal() {
	if o.tell != nil {
		o.tell()
		return
	}
	signal(o.ready)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
