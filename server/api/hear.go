package api

import (
	"errors"
	"slices"

	"telltale/shared/wire"
)

// heard is what the rooms give now, each in turn.
func (c *session) heard() outgoing {
	for {
		in := c.pick()
		if in == nil {
			return outgoing{}
		}
		o, err := c.hear(in)
		if err != nil {
			c.giveUp(err)
			return outgoing{}
		}
		if !o.none() {
			return o
		}
	}
}

// pick takes the membership whose turn it is off the queue. While an answer waits
// it is nobody's: the answer may be the joined of a room that has something.
func (c *session) pick() *membership {
	r := &c.rooms
	r.order.Lock()
	defer r.order.Unlock()
	if c.out.Len() > 0 {
		return nil
	}
	for due := c.out.Due(); due != nil; due = c.out.Due() {
		if in := r.of(due); in != nil {
			r.put(in)
		}
	}
	if r.paging != nil && (r.paging.left || !r.paging.reads()) {
		r.paging = nil
	}
	for i := 0; i < len(r.queue); {
		in := r.queue[i]
		wait := in.behind() && r.paging != nil
		if wait && !in.left {
			i++
			continue
		}
		r.queue = slices.Delete(r.queue, i, i+1)
		in.queued = false
		if in.left {
			continue
		}
		if in.behind() {
			r.paging = in
		}
		in.told = max(in.told, in.given)
		if in.reading = in.behind() || in.reads(); in.reading {
			r.echoes.move()
		}
		return in
	}
	return nil
}

// hear takes one event of a line and answers what says it.
func (c *session) hear(in *membership) (outgoing, error) {
	if in.overdue {
		if message := c.answerLost(in); message != nil {
			return outgoing{payload: message}, nil
		}
	}
	if in.behind() {
		c.flush()
		c.aside()
		if err := in.read(c.ctx); err != nil {
			return outgoing{}, err
		}
	}
	e, err := in.next()
	if err != nil {
		return outgoing{}, err
	}
	in.overdue = e.missed != nil && e.missed.lost != ""
	if in.more() || in.overdue {
		c.again(in)
	}
	switch {
	case e.run != nil:
		return outgoing{frames: e.run, messages: e.messages}, nil
	case e.said != nil:
		return c.echo(in, e.said), nil
	case e.missed != nil:
		return outgoing{payload: wire.Encode(wire.Gap{RoomID: in.room, From: e.missed.from, To: e.missed.to})}, nil
	}
	return outgoing{payload: e.presence}, nil
}

// again puts a membership at the end of the queue.
func (c *session) again(in *membership) {
	c.rooms.order.Lock()
	defer c.rooms.order.Unlock()
	c.rooms.put(in)
}

// giveUp closes the connection: whoever comes back, and says since when, goes on
// where it was.
func (c *session) giveUp(err error) {
	c.flush()
	c.aside()
	switch {
	case c.ctx.Err() != nil:
	case errors.Is(err, errSlow):
		c.shut(wire.CloseTryLater, "reads too slowly")
	default:
		c.api.complain("messages could not be read", "error", err)
		c.shut(wire.CloseTryLater, "messages cannot be read now")
	}
}
