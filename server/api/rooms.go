package api

import (
	"errors"
	"sync"

	"telltale/server/hub"
	"telltale/shared/access"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// What a request in a room may lack; they are sentences for the user.
var (
	errNotJoined  = errors.New("join the room first")
	errNoSuchUser = errors.New("no user of that name is connected")
)

// rooms is what a session is in. Who answers its requests, one after the other, joins and
// leaves; its writer, one at a time, gives what is said.
type rooms struct {
	user string // of who answers; named by the first join
	turn bool   // the writer's

	// order makes joined and what may follow it one step for the writer.
	// It guards what follows.
	order  sync.Mutex
	in     map[string]*membership
	queue  []*membership // those that may have something, in turns
	last   *membership   // that had something; most are in one room
	paging *membership   // holds a page; others wait with reading theirs
	echoes echoes
}

func newRooms() rooms {
	return rooms{in: map[string]*membership{}, echoes: echoes{open: map[spot]own{}, moved: make(chan struct{}, 1)}}
}

// membership is a session in one room. The line and overdue are the
// writer's.
type membership struct {
	line
	room, user string
	overdue    bool // own broadcasts may be unanswered that no message answers any more

	// guarded by rooms.order
	queued, left bool
	reading      bool   // what it is given comes from the store
	told         uint64 // messages up to this seq went out with an id or without
}

// put lets the membership be asked. Its caller holds order.
func (r *rooms) put(m *membership) {
	if !m.queued && !m.left {
		m.queued = true
		r.queue = append(r.queue, m)
	}
}

// of is the membership of a member that is due; nil where it has ended. Its caller holds order.
func (r *rooms) of(due *hub.Member) *membership {
	if r.last == nil || r.last.member != due {
		if in := r.in[due.Room()]; in != nil && in.member == due {
			r.last = in
			return in
		}
		return nil
	}
	return r.last
}

// end ends a membership, where there is one: nothing of it is given any more, but
// for what is being written, and no broadcast comes back from it.
func (r *rooms) end(room string) {
	r.order.Lock()
	defer r.order.Unlock()
	if m := r.in[room]; m != nil {
		m.left = true
		delete(r.in, room)
		if r.last == m {
			r.last = nil
		}
		r.echoes.forget(room)
	}
}

func (c *session) join(message []byte) error {
	var m wire.Join
	if err := wire.Decode(message, &m); err != nil {
		return err
	}
	if err := checkRoom(m.RoomID); err != nil {
		return err
	}
	if err := c.allow(access.Read, access.Rooms, m.RoomID); err != nil {
		return err
	}
	if err := c.enter(m.UserID); err != nil {
		return err
	}
	if before, err := c.joined(m.RoomID); err == nil {
		c.settle(before)
	}
	member, err := c.api.Hub.Join(c.out, m.RoomID)
	if err != nil {
		return err
	}
	c.rooms.end(m.RoomID)
	line, newest, err := c.api.follow(c.ctx, member, m.Since, asFrames, c.rooms.user)
	if err != nil {
		member.Leave()
		return err
	}
	c.begin(&membership{line: *line, room: m.RoomID, user: c.rooms.user, told: line.given, reading: line.given < newest},
		wire.Encode(wire.Joined{ID: m.ID, RoomID: m.RoomID, Seq: newest, Members: member.Users()}))
	return nil
}

// begin queues joined and lets what is said follow it; like reply it waits while
// the outbox is full.
func (c *session) begin(m *membership, joined []byte) {
	for !c.rooms.begin(m, joined, c.out) {
		select {
		case <-c.out.Room():
		case <-c.ctx.Done():
			return
		}
	}
}

func (r *rooms) begin(m *membership, joined []byte, out *hub.Outbox) bool {
	r.order.Lock()
	defer r.order.Unlock()
	if !out.Offer(joined) {
		return false
	}
	r.in[m.room] = m
	r.put(m)
	return true
}

// enter names the user, as the first join does or the token. Who has shown none where
// that is asked for only listens, and is in no presence.
func (c *session) enter(user string) error {
	if !c.from.Free {
		if user = c.from.User; user == "" {
			return nil
		}
	}
	if user == "" {
		user = c.rooms.user
	}
	if user == "" {
		return badMessage(`the first join names its "user_id"`)
	}
	if err := room.CheckUser(user); err != nil {
		return err
	}
	if err := c.api.Hub.Enter(c.out, user); err != nil {
		return err
	}
	c.rooms.user = user
	return nil
}

func (c *session) leave(message []byte) error {
	var m wire.Leave
	if err := wire.Decode(message, &m); err != nil {
		return err
	}
	in, err := c.joined(m.RoomID)
	if err != nil {
		return err
	}
	c.settle(in)
	in.member.Leave()
	c.rooms.end(in.room)
	c.reply(wire.Encode(wire.Left{ID: m.ID, RoomID: in.room}))
	return nil
}

// joined is the membership in a room, or errNotJoined.
func (c *session) joined(name string) (*membership, error) {
	if err := checkRoom(name); err != nil {
		return nil, err
	}
	c.rooms.order.Lock()
	defer c.rooms.order.Unlock()
	if in := c.rooms.in[name]; in != nil {
		return in, nil
	}
	return nil, errNotJoined
}

// checkRoom refuses what names no room.
func checkRoom(name string) error {
	if name == "" {
		return badMessage(`it has no "room_id"`)
	}
	return room.CheckName(name)
}

// presence tells who is in a room, also one that this session is not in.
func (c *session) presence(message []byte) error {
	var m wire.AskPresence
	if err := wire.Decode(message, &m); err != nil {
		return err
	}
	if err := checkRoom(m.RoomID); err != nil {
		return err
	}
	if err := c.allow(access.Read, access.Rooms, m.RoomID); err != nil {
		return err
	}
	members := c.api.Hub.Presence(m.RoomID)
	if members == nil {
		members = []wire.Member{}
	}
	c.reply(wire.Encode(wire.Presence{ID: m.ID, RoomID: m.RoomID, Members: members}))
	return nil
}
