package hub

import (
	"math"
	"slices"
	"strings"

	"telltale/shared/wire"
)

// Elsewhere are other hubs, such as those of other processes, in which the same messages
// are told: their members and ours are in the same rooms. Here and what the hub is told by
// There, Gone and Deliver is all that hubs need to know of each other.
type Elsewhere interface {
	// Here tells the others how many connections of this hub a user has in a room from now
	// on; in the room "" all those that have the user's name. It is called in order, under a
	// lock: it must neither block nor call the hub.
	Here(room, user string, connections int)
	// Direct has these hubs, in which the user is, Deliver the message, and sums up what
	// they answered. It may wait for them a moment.
	Direct(hubs []string, user string, message []byte) (reached, connections int)
}

// afar is who is in other hubs; guarded by Hub.doors. The room "" is a hub itself.
type afar struct {
	hubs map[string]present // by the name of the hub
	sum  present
}

// present are users and their connections, by room.
type present map[string]map[string]int

// set says how many connections a user has and answers how many they were.
func (p present) set(room, user string, connections int) (before int) {
	before = p[room][user]
	switch {
	case connections > 0:
		if p[room] == nil {
			p[room] = map[string]int{}
		}
		p[room][user] = connections
	case before > 0:
		delete(p[room], user)
		if len(p[room]) == 0 {
			delete(p, room)
		}
	}
	return before
}

// Link makes this hub one of several. It is to be called once, before anything else is.
func (h *Hub) Link(e Elsewhere) {
	h.doors.Lock()
	defer h.doors.Unlock()
	h.elsewhere = e
}

// There is another hub's Here: so many connections a user has in a room of it from now on.
func (h *Hub) There(hub, room, user string, connections int) {
	h.doors.Lock()
	tell := h.there(hub, room, user, connections)
	h.doors.Unlock()
	wake(tell)
}

func (h *Hub) there(hub, room, user string, connections int) (tell []*Member) {
	if h.afar.hubs == nil {
		h.afar = afar{map[string]present{}, present{}}
	}
	if h.afar.hubs[hub] == nil {
		h.afar.hubs[hub] = present{}
	}
	more := max(0, connections) - h.afar.hubs[hub].set(room, user, connections)
	if len(h.afar.hubs[hub]) == 0 {
		delete(h.afar.hubs, hub)
	}
	h.afar.sum.set(room, user, h.afar.sum[room][user]+more)
	c := h.rooms[room]
	if c == nil || room == "" || more == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.present.move(user, more, c.newest) {
		tell = c.members.all()
	}
	return tell
}

// Gone says that another hub is no longer there, nor anybody in it.
func (h *Hub) Gone(hub string) {
	h.doors.Lock()
	var tell []*Member
	for room, users := range h.afar.hubs[hub] {
		for user := range users {
			tell = append(tell, h.there(hub, room, user, 0)...)
		}
	}
	h.doors.Unlock()
	wake(tell)
}

// Entered is how many connections have entered this hub so far. Here was called for all of them.
func (h *Hub) Entered() uint64 {
	h.doors.Lock()
	defer h.doors.Unlock()
	return h.came
}

// Deliver offers a message to every connection that a user has in this hub and that is among the first
// so many that Entered counts, and tells how many took it, and how many there are. Where what was said comes late, who
// has come since may have heard it elsewhere.
func (h *Hub) Deliver(user string, message []byte, entered uint64) (reached, connections int) {
	h.doors.Lock()
	defer h.doors.Unlock()
	for out, nth := range h.users[user] {
		if nth > entered {
			continue
		}
		connections++
		if out.Offer(message) {
			reached++
		}
	}
	return reached, connections
}

// Direct offers a message to every connection of a user, wherever it is, and tells how
// many took it, and how many there are.
func (h *Hub) Direct(user string, message []byte) (reached, connections int) {
	reached, connections = h.Deliver(user, message, math.MaxUint64)
	h.doors.Lock()
	elsewhere := h.elsewhere
	var others []string
	for other, there := range h.afar.hubs {
		if there[""][user] > 0 {
			others = append(others, other)
		}
	}
	h.doors.Unlock()
	if elsewhere == nil || len(others) == 0 {
		return reached, connections
	}
	took, are := elsewhere.Direct(others, user, message)
	return reached + took, connections + are
}

// tellHere tells the other hubs how many connections a user has in a room of this one;
// its caller holds doors, and the room's mu.
func (h *Hub) tellHere(c *crowd, user string) {
	if h.elsewhere != nil && user != "" {
		h.elsewhere.Here(c.name, user, c.present.users[user]-h.afar.sum[c.name][user])
	}
}

// tellUser is tellHere for the connections that have a user's name.
func (h *Hub) tellUser(user string) {
	if h.elsewhere != nil && user != "" {
		h.elsewhere.Here("", user, len(h.users[user]))
	}
}

// members are users and their connections, sorted by name.
func members(users map[string]int) []wire.Member {
	all := make([]wire.Member, 0, len(users))
	for user, connections := range users {
		all = append(all, wire.Member{UserID: user, Connections: connections})
	}
	slices.SortFunc(all, func(a, b wire.Member) int { return strings.Compare(a.UserID, b.UserID) })
	return all
}
