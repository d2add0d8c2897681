package hub

import (
	"sync"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// Bounds of a room's ring, which holds one message at least. Where many rooms have
// members a ring takes no more than its share of ringsBytes; one in which nothing is
// said any more keeps what it had, so that all together, filled one after the other,
// may come to five times that.
const (
	ringMessages = 256
	ringBytes    = 1 << 20
	ringsBytes   = 256 << 20
)

// crowd is a room as the hub knows it: who is in it, and what was said lately.
type crowd struct {
	hub  *Hub
	name string

	mu      sync.RWMutex // guards what follows
	members roster[*Member]
	ring    []*Said   // their seqs follow on
	bytes   int       // in the ring
	newest  uint64    // seq of what was said last; 0 where nothing is known
	anew    []*Member // who was here when the hub was renewed, until something is said
	present presence
}

// Said is a message as all members of a room are given it. Nobody may change it.
type Said struct {
	room.Message
	once    sync.Once
	frame   []byte
	payload int // where it begins in frame
}

// Frame is the message in the words of the wire as a WebSocket's frame, written once
// for all.
func (s *Said) Frame() []byte {
	s.once.Do(func() {
		b := make([]byte, 0, 160+len(s.Room)+len(s.Sender)+len(s.Content))
		s.frame, s.payload = wire.AppendText(b, func(b []byte) []byte { return wire.AppendSaid(b, s.Message, "") })
	})
	return s.frame
}

// Bytes is the payload of the frame.
func (s *Said) Bytes() []byte {
	s.Frame()
	return s.frame[s.payload:]
}

// weight is about what the message takes of a ring's bytes, written out or not.
func (s *Said) weight() int { return 256 + 2*len(s.Content) }

// say takes messages, in order of seq, into the ring and makes the members due.
// What is said twice is ignored; after a hole the ring begins anew, so that
// everybody misses what was in it.
func (c *crowd) say(messages []room.Message, limit int) {
	c.mu.Lock()
	c.begin(messages[0].Seq)
	for _, m := range messages {
		if m.Seq <= c.newest {
			continue
		}
		if m.Seq != c.newest+1 {
			c.ring, c.bytes = nil, 0
		}
		s := &Said{Message: m}
		c.ring = append(c.ring, s)
		c.bytes += s.weight()
		c.newest = m.Seq
		for len(c.ring) > ringMessages || c.bytes > limit && len(c.ring) > 1 {
			c.bytes -= c.ring[0].weight()
			c.ring[0] = nil
			c.ring = c.ring[1:]
		}
	}
	members := c.members.all()
	c.mu.Unlock()
	for _, m := range members {
		m.out.due(m)
	}
}

// first is the seq of the oldest message in the ring, or of the next where it is
// empty. Its caller holds mu.
func (c *crowd) first() uint64 { return c.newest + 1 - uint64(len(c.ring)) }
