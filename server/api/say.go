package api

import (
	"fmt"
	"net/http"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/access"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// echoes are a session's broadcasts that had an id and are still to come back to
// it, as every member gets them, with the id.
type echoes struct {
	under *utterance // being kept right now; nil for none
	open  map[spot]own
	bytes int           // about what open holds
	moved chan struct{} // signalled when it holds less, or a membership is reading
}

// maxEchoes bounds what the broadcasts hold that have not come back yet, in bytes:
// beyond it the peer that speaks waits until it has read some.
const maxEchoes = 256 << 10

// utterance is a broadcast that is being kept: its seq is not known yet.
type utterance struct {
	room, content string
	done          chan struct{} // closed once it is
}

// spot is where a message stands.
type spot struct {
	room string
	seq  uint64
}

// own is a message and the ids of its broadcasts: several, where its key came again
// before it did.
type own struct {
	ids []string
	room.Message
}

// heldBy is what a broadcast holds besides its id and content, about, in bytes.
const heldBy = 256

func weigh(id, content string) int { return len(id) + len(content) + heldBy }

// any tells whether some are to come back from a room. Its caller holds rooms.order,
// as those of the others do.
func (e *echoes) any(room string) bool {
	for at := range e.open {
		if at.room == room {
			return true
		}
	}
	return false
}

// oldest finds the oldest one of a room up to seq.
func (e *echoes) oldest(room string, upTo uint64) (oldest spot, found bool) {
	for at := range e.open {
		if at.room == room && at.seq <= upTo && (!found || at.seq < oldest.seq) {
			oldest, found = at, true
		}
	}
	return oldest, found
}

// add lets a message come back with one more id.
func (e *echoes) add(id string, m room.Message) {
	at := spot{m.Room, m.Seq}
	e.open[at] = own{append(e.open[at].ids, id), m}
	e.bytes += weigh(id, m.Content)
}

// take removes the first id of a message that is there, and answers the message with it.
func (e *echoes) take(at spot) []byte {
	one := e.open[at]
	id := one.ids[0]
	if one.ids = one.ids[1:]; len(one.ids) > 0 {
		e.open[at] = one
	} else {
		delete(e.open, at)
	}
	e.bytes -= weigh(id, one.Content)
	e.move()
	return wire.AppendSaid(nil, one.Message, id)
}

// forget removes those of a room.
func (e *echoes) forget(room string) {
	for at, one := range e.open {
		if at.room == room {
			for range one.ids {
				e.take(at)
			}
		}
	}
}

func (e *echoes) move() {
	select {
	case e.moved <- struct{}{}:
	default:
	}
}

// broadcast has a message kept and told.
func (c *session) broadcast(message []byte) error {
	var b wire.Broadcast
	if err := wire.Decode(message, &b); err != nil {
		return err
	}
	in, err := c.joined(b.RoomID)
	if err != nil {
		return err
	}
	if err := mayBeSaidIn(in.room); err != nil {
		return err
	}
	if err := c.allow(access.Room, access.Rooms, in.room); err != nil {
		return err
	}
	if err := checkContent(b.Content); err != nil {
		return err
	}
	post := ledger.Post{Room: in.room, Sender: in.user, Lines: []ledger.Line{{Content: *b.Content}}}
	if len(b.Key) > maxKey {
		return badMessage(fmt.Sprintf(`"key" is longer than %d bytes`, maxKey))
	}
	if b.Key != "" {
		post.Key = scoped(c.from, b.Key)
		post.Digest = digestOf([]byte(wire.TypeBroadcast), []byte(in.room), []byte(in.user), []byte(*b.Content))
	}
	if !c.utter(in.room, b) {
		return nil
	}
	posted, err := c.api.Ledger.Post(c.ctx, post)
	if err == nil {
		err = posted.Err
	}
	c.uttered(in, b, posted, err)
	return err
}

// checkContent refuses what nobody is told.
func checkContent(content *string) error {
	switch {
	case content == nil:
		return badMessage(`it has no "content"`)
	case len(*content) > room.MaxContent:
		return refuse(http.StatusRequestEntityTooLarge, "the content has %d bytes, %d are the most: send it in pieces, or by POST /r/{room}", len(*content), room.MaxContent)
	}
	return nil
}

// utter notes that a broadcast is being kept, once there is space for its echo;
// false where the session has ended first.
func (c *session) utter(name string, b wire.Broadcast) bool {
	r := &c.rooms
	for b.ID != "" {
		r.order.Lock()
		if r.echoes.bytes < maxEchoes {
			r.echoes.under = &utterance{room: name, content: *b.Content, done: make(chan struct{})}
			r.order.Unlock()
			break
		}
		r.order.Unlock()
		select {
		case <-r.echoes.moved:
		case <-c.ctx.Done():
			return false
		}
	}
	return true
}

// uttered notes the seq of what was kept, so that its echo carries the id. Where it
// went by before, as a repeated key's does, it is answered now.
func (c *session) uttered(in *membership, b wire.Broadcast, posted ledger.Posted, err error) {
	r := &c.rooms
	if b.ID == "" {
		return
	}
	m := room.Message{Room: in.room, Seq: posted.Last, Time: posted.Time, Sender: in.user, Content: *b.Content}
	r.order.Lock()
	close(r.echoes.under.done)
	r.echoes.under = nil
	open := err == nil && m.Seq > in.told
	if open {
		r.echoes.add(b.ID, m)
	}
	r.order.Unlock()
	if err == nil && !open {
		c.reply(wire.AppendSaid(nil, m, b.ID))
	}
}

// echo is what this session gets of a message: for its own, with the id of its
// broadcast. One that may be what is being kept waits for the seq of that.
func (c *session) echo(in *membership, s *hub.Said) outgoing {
	all := outgoing{frames: s.Frame(), messages: 1}
	if s.Sender != in.user {
		return all
	}
	r := &c.rooms
	r.order.Lock()
	defer r.order.Unlock()
	if u := r.echoes.under; u != nil && u.room == s.Room && u.content == s.Content {
		r.order.Unlock()
		c.flush()
		c.aside()
		select {
		case <-u.done:
		case <-c.api.draining:
		case <-c.ctx.Done():
		}
		r.order.Lock()
	}
	if in.left {
		return outgoing{}
	}
	in.told = max(in.told, s.Seq)
	at := spot{s.Room, s.Seq}
	ids := len(r.echoes.open[at].ids)
	if ids == 0 {
		return all
	}
	if ids > 1 { // the others follow
		in.overdue = true
		r.put(in)
	}
	return outgoing{payload: r.echoes.take(at)}
}

// answerLost answers a broadcast whose echo was lost with others, or went to an
// earlier one with the same key; nil for none.
func (c *session) answerLost(in *membership) []byte {
	c.rooms.order.Lock()
	defer c.rooms.order.Unlock()
	if in.left {
		return nil
	}
	at, found := c.rooms.echoes.oldest(in.room, in.given)
	if !found {
		return nil
	}
	c.rooms.put(in)
	return c.rooms.echoes.take(at)
}

// settle waits until what this session said in a room has come back to it, which it
// will not do once the membership has ended. Where much is to be read before, it does
// not wait: whoever leaves amid that does without.
func (c *session) settle(in *membership) {
	r := &c.rooms
	for {
		r.order.Lock()
		over := in.reading || !r.echoes.any(in.room)
		r.order.Unlock()
		if over {
			return
		}
		select {
		case <-r.echoes.moved:
		case <-c.ctx.Done():
			return
		}
	}
}

// direct tells a user something, on all connections that have room for it.
func (c *session) direct(message []byte) error {
	var d wire.Direct
	if err := wire.Decode(message, &d); err != nil {
		return err
	}
	if d.UserID == "" {
		return badMessage(`a direct message names its "user_id"`)
	}
	if err := checkContent(d.Content); err != nil {
		return err
	}
	if err := has(c.from, access.Room); err != nil {
		return err
	}
	if c.rooms.user == "" {
		return &said{"join a room first: that names who speaks", errNotJoined}
	}
	sent := wire.Encode(wire.Directed{Sender: c.rooms.user, Content: *d.Content, Time: time.Now().UnixMilli()})
	switch reached, connections := c.api.Hub.Direct(d.UserID, sent); {
	case connections == 0:
		return errNoSuchUser
	case reached == 0:
		return refuse(http.StatusConflict, "%.60q has not read what came before: try again soon", d.UserID)
	}
	return nil
}
