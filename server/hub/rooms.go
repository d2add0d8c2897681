package hub

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// Bounds of who is where.
const (
	MaxJoined = 256    // rooms that one connection is in
	MaxRooms  = 10_000 // rooms that have members
)

// The ways somebody is refused; they are sentences for the user.
var (
	ErrUser  = errors.New("this connection has another user's name already: open another connection for another user")
	ErrRooms = errors.New("too many rooms")
)

// Enter names the user of a connection. The same name again is fine; another than
// before is refused with ErrUser. Rooms that were joined without a name stay so.
func (h *Hub) Enter(out *Outbox, user string) error {
	h.doors.Lock()
	defer h.doors.Unlock()
	if out.user != "" && out.user != user || user == "" {
		return ErrUser
	}
	out.user = user
	connections := h.users[user]
	if connections == nil {
		connections = map[*Outbox]uint64{}
		h.users[user] = connections
	}
	if _, known := connections[out]; !known {
		h.came++
		connections[out] = h.came
		h.tellUser(user)
	}
	return nil
}

// Exit says that a connection has ended: it leaves its rooms, and its name is
// forgotten.
func (h *Hub) Exit(out *Outbox) {
	h.doors.Lock()
	var tell []*Member
	for _, m := range out.members {
		tell = append(tell, h.leave(m)...)
	}
	if connections := h.users[out.user]; connections != nil {
		delete(connections, out)
		if len(connections) == 0 {
			delete(h.users, out.user)
		}
		h.tellUser(out.user)
	}
	out.user = ""
	h.doors.Unlock()
	wake(tell)
}

// Join makes a connection a member of a room. One without a name only listens: it
// is in no presence and hears of none. Joining again what it is in moves it: the
// old member ends, and nobody is told. ErrRooms is wrapped where the connection is
// in MaxJoined rooms, or MaxRooms have members.
//
// The member is given nothing before its Start. What is newest must be asked for
// after Join: then nothing falls between.
func (h *Hub) Join(out *Outbox, name string) (*Member, error) {
	h.doors.Lock()
	old := out.members[name]
	c := h.rooms[name]
	switch {
	case old == nil && len(out.members) >= MaxJoined:
		h.doors.Unlock()
		return nil, fmt.Errorf("%w: one connection is in at most %d: leave one", ErrRooms, MaxJoined)
	case c == nil && len(h.rooms) >= MaxRooms:
		h.doors.Unlock()
		return nil, fmt.Errorf("%w: at most %d have members: try again later", ErrRooms, MaxRooms)
	case c == nil:
		c = &crowd{hub: h, name: name, present: presence{room: name, users: map[string]int{}}}
		c.present.begin(h.afar.sum[name])
		h.rooms[name] = c
	}
	if out.members == nil {
		out.members = map[string]*Member{}
	}
	m := &Member{crowd: c, out: out, user: out.user}
	out.members[name] = m
	var tell []*Member
	c.mu.Lock()
	if old != nil {
		old.left = true
		out.drop(old)
		c.members.remove(old)
	}
	if m.user != "" && (old == nil || old.user == "") {
		if c.present.move(m.user, 1, c.newest) {
			tell = c.members.all()
		}
		h.tellHere(c, m.user)
	}
	c.members.add(m)
	m.heard = c.present.next()
	c.mu.Unlock()
	h.doors.Unlock()
	wake(tell)
	return m, nil
}

// leave takes a member out and answers who is to be told. Its caller holds doors.
func (h *Hub) leave(m *Member) (tell []*Member) {
	c := m.crowd
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.left {
		return nil
	}
	m.left = true
	delete(m.out.members, c.name)
	m.out.drop(m)
	c.members.remove(m)
	if len(c.members.here) == 0 {
		delete(h.rooms, c.name)
	}
	if m.user != "" {
		if c.present.move(m.user, -1, c.newest) {
			tell = c.members.all()
		}
		h.tellHere(c, m.user)
	}
	return tell
}

// wake makes members due whom presence concerns.
func wake(members []*Member) {
	for _, m := range members {
		if m.user != "" {
			m.out.due(m)
		}
	}
}

// Say tells messages to the members of their rooms: those of one room in order of
// seq, and calls come in that order too.
func (h *Hub) Say(messages []room.Message) {
	for len(messages) > 0 {
		name, n := messages[0].Room, 1
		for n < len(messages) && messages[n].Room == name {
			n++
		}
		h.doors.Lock()
		c, limit := h.rooms[name], min(ringBytes, ringsBytes/max(1, len(h.rooms)))
		h.doors.Unlock()
		if c != nil {
			c.say(messages[:n], limit)
		}
		messages = messages[n:]
	}
}

// Presence is who is in a room, sorted by name. It is shared: nobody may change it.
func (h *Hub) Presence(name string) []wire.Member {
	h.doors.Lock()
	c := h.rooms[name]
	if c == nil {
		defer h.doors.Unlock()
		if h.afar.sum[name] == nil {
			return nil
		}
		return members(h.afar.sum[name])
	}
	h.doors.Unlock()
	c.mu.RLock()
	list := c.present.whole()
	c.mu.RUnlock()
	return list.sort()
}

// RoomState is a room in numbers.
type RoomState struct {
	Room        string
	Users       int
	Connections int
	Behind      int // of them, the ring no longer reaches back to
	Waiting     int // messages that were said and not yet asked for, over all connections
}

// Rooms are the rooms that have members, sorted by name.
func (h *Hub) Rooms() []RoomState {
	h.doors.Lock()
	crowds := make([]*crowd, 0, len(h.rooms))
	for _, c := range h.rooms {
		crowds = append(crowds, c)
	}
	h.doors.Unlock()
	states := make([]RoomState, len(crowds))
	for i, c := range crowds {
		states[i] = c.state()
	}
	slices.SortFunc(states, func(a, b RoomState) int { return strings.Compare(a.Room, b.Room) })
	return states
}

func (c *crowd) state() RoomState {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := RoomState{Room: c.name, Users: len(c.present.users), Connections: len(c.members.here)}
	for _, m := range c.members.here {
		if m.started && m.last < c.newest {
			s.Waiting += int(c.newest - m.last)
			if m.last+1 < c.first() {
				s.Behind++
			}
		}
	}
	return s
}
