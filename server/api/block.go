package api

import (
	"container/list"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// encoding is how messages are written for one kind of reader.
type encoding struct {
	name string
	said func(b []byte, m room.Message) []byte
}

// asFrames is for sockets: whole frames.
var asFrames = &encoding{"frames", func(b []byte, m room.Message) []byte {
	b, _ = wire.AppendText(b, func(b []byte) []byte { return wire.AppendSaid(b, m, "") })
	return b
}}

// blockMessages is how many messages a block has that begins where one ends: a reader
// that comes from anywhere reads up to the next border first, and what all others read
// from there on.
const blockMessages = 256

// block is messages of a room that follow on, written once for all who read there.
// Nobody may change it.
type block struct {
	first   uint64 // seq
	bytes   []byte
	ends    []uint32 // of each message in bytes
	senders []string // each once
}

func newBlock(messages []room.Message, as *encoding) *block {
	b := &block{first: messages[0].Seq, ends: make([]uint32, len(messages))}
	size := 0
	for i := range messages {
		size += 160 + len(messages[i].Room) + len(messages[i].Content)
	}
	b.bytes = make([]byte, 0, size)
	for i := range messages {
		b.bytes = as.said(b.bytes, messages[i])
		b.ends[i] = uint32(len(b.bytes))
		if !slices.Contains(b.senders, messages[i].Sender) {
			b.senders = append(b.senders, messages[i].Sender)
		}
	}
	if cap(b.bytes)-len(b.bytes) > len(b.bytes)/4 {
		b.bytes = slices.Clone(b.bytes)
	}
	return b
}

// last is the seq of the last message.
func (b *block) last() uint64 { return b.first + uint64(len(b.ends)) - 1 }

// after gives messages with a larger seq than given, as many as have size bytes and at
// least one, and the seq of the last of them.
func (b *block) after(given uint64, size int) ([]byte, uint64) {
	i, from := int(given+1-b.first), uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	j := i + 1
	for j < len(b.ends) && int(b.ends[j]-from) <= size {
		j++
	}
	return b.bytes[from:b.ends[j-1]], b.first + uint64(j) - 1
}

// weight is about what it takes in memory.
func (b *block) weight() int { return 256 + cap(b.bytes) + 4*len(b.ends) + 32*len(b.senders) }

// Bounds of the blocks that are kept for the next reader.
const (
	blocksBytes = 32 << 20
	blocksAge   = time.Minute // since somebody read there
)

// blocks are those read lately. Who reads where another is reading already waits for
// that. Safe for concurrent use.
type blocks struct {
	mu    sync.Mutex // guards what follows
	kept  map[place]*reading
	order list.List // of *reading that are done, least lately used first
	bytes int       // of those
	sweep *time.Timer
}

// place is where a block begins.
type place struct {
	room  string
	after uint64
	as    *encoding
}

// reading is a block that is being read, or was.
type reading struct {
	place
	done  chan struct{} // closed once what follows is there
	block *block        // nil where nothing is kept after the place
	err   error

	element *list.Element // guarded by blocks.mu, as used is
	used    time.Time
}

// at gives the block after a place, which read reads where nobody has; nil where
// nothing is kept.
func (s *blocks) at(ctx context.Context, p place, read func() (*block, error)) (*block, error) {
	for {
		s.mu.Lock()
		r := s.kept[p]
		if r == nil {
			r = &reading{place: p, done: make(chan struct{})}
			if s.kept == nil {
				s.kept = map[place]*reading{}
			}
			s.kept[p] = r
			s.mu.Unlock()
			s.read(r, read)
			return r.block, r.err
		}
		if r.element != nil {
			r.used = time.Now()
			s.order.MoveToBack(r.element)
		}
		s.mu.Unlock()
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !errors.Is(r.err, context.Canceled) { // the one who read has gone
			return r.block, r.err
		}
	}
}

// read reads a block for all who wait for it.
func (s *blocks) read(r *reading, read func() (*block, error)) {
	r.err = errUnread
	defer s.finish(r)
	r.block, r.err = read()
}

// finish keeps what was read, where something was.
func (s *blocks) finish(r *reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(r.done)
	if r.block == nil {
		delete(s.kept, r.place)
		return
	}
	r.used = time.Now()
	r.element = s.order.PushBack(r)
	s.bytes += r.block.weight()
	for s.bytes > blocksBytes {
		s.drop(s.order.Front().Value.(*reading))
	}
	if s.sweep == nil {
		s.sweep = time.AfterFunc(blocksAge, s.age)
	}
}

// drop forgets a block. Its caller holds mu.
func (s *blocks) drop(r *reading) {
	s.order.Remove(r.element)
	delete(s.kept, r.place)
	s.bytes -= r.block.weight()
}

// age drops what nobody has read for a while.
func (s *blocks) age() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.order.Front(); e != nil && time.Since(e.Value.(*reading).used) >= blocksAge; e = s.order.Front() {
		s.drop(e.Value.(*reading))
	}
	s.sweep = nil
	if s.order.Len() > 0 {
		s.sweep = time.AfterFunc(blocksAge, s.age)
	}
}
