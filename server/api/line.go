package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"telltale/server/hub"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// SlowClient is what becomes of a reader that fell behind its room.
type SlowClient string

// The policies of --slow-client.
const (
	Catchup SlowClient = "catchup" // it is told so once, and gets everything from the store
	Drop    SlowClient = "drop"    // it is told what it missed, and goes on with what is new
	Close   SlowClient = "close"   // it is closed at once
)

// errSlow ends a connection that reads too slowly.
var errSlow = errors.New("reads too slowly")

// line is what one member of a room hears: what was said since it came back, then
// what is new, with no gap and none twice, at the pace of whoever writes it out.
// All that it holds is one block of messages, shared with others who read there, or
// one page of its own. It is used by one goroutine at a time.
type line struct {
	api    *API
	member *hub.Member
	as     *encoding
	user   string         // whose own messages are given one by one; "" for nobody
	block  *block         // read and not all given yet
	page   []room.Message // as block, where some of them are the user's
	given  uint64         // up to this seq all was given, or named as missed
	to     uint64         // up to this one it is to be read from the store; what follows the member tells
	lost   uint64         // up to this one, where it is after given, nothing is kept
	asked  bool           // the member, for what was given last: it will be due if there is more
}

// event is what a line gives: at most one is set.
type event struct {
	said     *hub.Said
	run      []byte // messages that follow on, in the encoding of the line
	messages int    // in run
	missed   *missed
	presence []byte // a message of package wire
}

func (e event) none() bool {
	return e.said == nil && e.run == nil && e.missed == nil && e.presence == nil
}

// missed names messages, both included, that did not come live. Those that are lost
// do not come at all.
type missed struct {
	from, to uint64
	lost     string // why, as a sentence about them ends; "" where they are sent again
}

// Why messages are lost.
const (
	expired = "are no longer kept"
	dropped = "were left out" // by the policy Drop
)

// delivery counts what becomes of messages that do not go out live.
type delivery struct {
	fell    atomic.Int64 // times that a reader fell behind
	resent  atomic.Int64 // messages read from the store for those who came late or fell behind
	dropped atomic.Int64 // messages that a slow reader was told it missed, by the policy Drop
	expired atomic.Int64 // messages that a reader asked for and that are no longer kept
}

// follow begins the line of a member that has just joined: what was said after
// since, nil for only what is new, and then that. A since that the room has not
// reached is of another life of the store: all that is kept follows, as after 0;
// but where other servers have it and this one has not heard of all, what comes
// after it follows, once it comes.
// What is read from the store is written as as says, but for pages with messages of
// the user's own. It answers the seq of the room's newest message besides.
func (a *API) follow(ctx context.Context, m *hub.Member, since *wire.Since, as *encoding, user string) (*line, uint64, error) {
	// What was said before the join was durable by then, and what is said from
	// there on comes to the member: nothing falls between.
	extent, err := a.Ledger.Extent(ctx, m.Room())
	if err != nil {
		return nil, 0, fmt.Errorf("read the extent of a room: %w", err)
	}
	given, ahead := extent.Last, false
	if since != nil {
		given = uint64(*since)
		if given > extent.Last && a.CatchUp != nil {
			ahead = a.CatchUp(ctx) != nil
			if extent, err = a.Ledger.Extent(ctx, m.Room()); err != nil {
				return nil, 0, fmt.Errorf("read the extent of a room: %w", err)
			}
		}
		if given == 0 || given > extent.Last && !ahead {
			given = extent.First - 1
		}
	}
	m.Reach(extent.Last)
	m.Start(given)
	return &line{api: a, member: m, as: as, user: user, given: given}, extent.Last, nil
}

// take gives the next event, and reads a page for it where one has to be read. None
// means that there is nothing until the outbox is signalled, where its Due was asked
// before. Errors are errSlow, upon which the connection is to be closed, and the
// store's.
func (l *line) take(ctx context.Context) (event, error) {
	for {
		e, err := l.next()
		if err != nil || !e.none() || !l.behind() {
			return e, err
		}
		if err := l.read(ctx); err != nil {
			return event{}, err
		}
	}
}

// behind tells that nothing comes next until a page is read.
func (l *line) behind() bool { return l.given < l.to && l.lost <= l.given && !l.reads() }

// reads tells that something was read that is not given yet.
func (l *line) reads() bool { return l.block != nil || len(l.page) > 0 }

// more tells that next is to be asked again though the member may not be due.
func (l *line) more() bool { return !l.asked || l.behind() }

// next is take without the reading.
func (l *line) next() (event, error) {
	l.asked = false
	switch {
	case l.lost > l.given:
		l.api.delivery.expired.Add(int64(l.lost - l.given))
		return l.miss(l.lost, expired), nil
	case l.block != nil:
		return l.run(), nil
	case len(l.page) > 0:
		m := l.page[0]
		l.page[0] = room.Message{}
		l.page, l.given = l.page[1:], m.Seq
		if len(l.page) == 0 {
			l.page = nil
		}
		return event{said: &hub.Said{Message: m}}, nil
	case l.behind():
		return event{}, nil
	}
	l.asked = true
	e := l.member.Next()
	switch {
	case e.Said != nil:
		l.given = e.Said.Seq
		return event{said: e.Said}, nil
	case e.Missed != nil:
		return l.fell(e.Missed)
	}
	return event{presence: e.Presence}, nil
}

// miss names what is after given up to to.
func (l *line) miss(to uint64, lost string) event {
	e := event{missed: &missed{from: l.given + 1, to: to, lost: lost}}
	if lost != "" {
		l.given = to
	}
	return e
}

// fell does what the policy says of a member that recent messages have passed by.
// One that comes from far behind has not fallen: it reads on, whatever the policy.
func (l *line) fell(m *hub.Missed) (event, error) {
	if m.Stuck {
		return event{}, errSlow
	}
	if m.Fell {
		l.api.delivery.fell.Add(1)
		switch l.api.SlowClient {
		case Close:
			return event{}, errSlow
		case Drop:
			l.api.delivery.dropped.Add(int64(m.To - l.given))
			e := l.miss(m.To, dropped)
			l.to = m.To
			l.member.Skip(m.To)
			return e, nil
		}
	}
	l.to = m.To
	if !m.Fell {
		return event{}, nil
	}
	return l.miss(m.To, ""), nil
}

// run gives what is ready of the block, as much as is written at once.
func (l *line) run() event {
	run, last := l.block.after(l.given, writeBytes)
	e := event{run: run, messages: int(last - l.given)}
	if l.given = last; last == l.block.last() {
		l.block = nil
	}
	return e
}

// read fetches what is next of a line that is behind.
func (l *line) read(ctx context.Context) error {
	b, err := l.api.blocks.at(ctx, place{l.member.Room(), l.given, l.as}, func() (*block, error) {
		messages, err := l.messages(ctx)
		if err != nil || len(messages) == 0 {
			return nil, err
		}
		return newBlock(messages, l.as), nil
	})
	if err != nil {
		return err
	}
	if b == nil {
		return l.gone(ctx)
	}
	last := b.last()
	if l.user != "" && slices.Contains(b.senders, l.user) {
		if l.page, err = l.messages(ctx); err != nil {
			return err
		}
		if len(l.page) == 0 {
			return l.gone(ctx)
		}
		l.lost, last = l.page[0].Seq-1, l.page[len(l.page)-1].Seq
	} else {
		l.block, l.lost = b, b.first-1
	}
	l.to = last
	l.api.delivery.resent.Add(int64(last - l.lost))
	l.member.Caught(last)
	return nil
}

// messages are those up to the end of the block, or as many as the store gives at
// once. How many read so is bounded.
func (l *line) messages(ctx context.Context) ([]room.Message, error) {
	select {
	case l.api.snapshots <- struct{}{}:
		defer func() { <-l.api.snapshots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	messages, err := l.api.Ledger.Messages(ctx, l.member.Room(), l.given, blockMessages-int(l.given%blockMessages))
	if err != nil {
		return nil, fmt.Errorf("read a page of a room: %w", err)
	}
	return messages, nil
}

// gone notes that all of what is to be read is older than what is kept, or gone
// since: it was durable.
func (l *line) gone(ctx context.Context) error {
	extent, err := l.api.Ledger.Extent(ctx, l.member.Room())
	if err != nil {
		return fmt.Errorf("read the extent of a room: %w", err)
	}
	if extent.First <= l.given+1 {
		return fmt.Errorf("read a page of a room: %s has messages %d to %d, and none after %d", l.member.Room(), extent.First, extent.Last, l.given)
	}
	l.lost, l.to = extent.First-1, extent.First-1
	l.member.Caught(l.lost)
	return nil
}
