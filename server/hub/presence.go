package hub

import (
	"maps"
	"sync"
	"sync/atomic"

	"telltale/shared/wire"
)

// MaxTold is how many users a room may have for comings and goings to be told one
// by one: with more, each would be as many messages again. Once a room was larger
// they are told again when it has half of that, beginning with the whole list.
const MaxTold = 1000

// ringPresence is how many comings and goings a room remembers.
const ringPresence = 256

// presence is who is in a room, and who came and went lately. Callers of move hold
// crowd.mu, those of the other methods hold it for reading.
type presence struct {
	room  string
	users map[string]int // and their connections
	ring  []change
	first uint64                  // number of ring[0]
	quiet bool                    // the room is too large for telling
	list  atomic.Pointer[listing] // nil where it has changed
}

// change is a coming or going: told after the message with the seq at, before the
// one after that.
type change struct {
	at    uint64
	bytes []byte
}

// listing is who was in a room at some time, sorted and written when first asked for.
type listing struct {
	room    string
	users   map[string]int
	sorted  sync.Once
	members []wire.Member
	once    sync.Once
	bytes   []byte
}

func (l *listing) sort() []wire.Member {
	l.sorted.Do(func() {
		l.members = members(l.users)
		l.users = nil
	})
	return l.members
}

func (l *listing) encoded() []byte {
	l.once.Do(func() { l.bytes = wire.Encode(wire.Presence{RoomID: l.room, Members: l.sort()}) })
	return l.bytes
}

// next is the number of the event that comes next.
func (p *presence) next() uint64 { return p.first + uint64(len(p.ring)) }

// whole is the list as it is now.
func (p *presence) whole() *listing {
	if p.list.Load() == nil {
		p.list.CompareAndSwap(nil, &listing{room: p.room, users: maps.Clone(p.users)})
	}
	return p.list.Load()
}

// begin lets who is in other hubs be there already.
func (p *presence) begin(users map[string]int) {
	if len(users) > 0 {
		p.users = maps.Clone(users)
	}
	p.quiet = len(users) > MaxTold
}

// move counts more connections of a user, or fewer, when the newest message is at, and
// tells whether members are to be told.
func (p *presence) move(user string, more int, at uint64) bool {
	p.list.Store(nil)
	before := p.users[user]
	if p.users[user] = before + more; p.users[user] <= 0 {
		delete(p.users, user)
	}
	switch is := p.users[user] > 0; {
	case is == (before > 0):
		return false
	case is:
		return p.come(user, at)
	default:
		return p.gone(user, at)
	}
}

// come tells that a user came, where that is to be told.
func (p *presence) come(user string, at uint64) bool {
	if len(p.users) > MaxTold {
		p.quiet, p.ring, p.first = true, nil, p.next()
	}
	if p.quiet {
		return false
	}
	p.note(change{at, wire.Encode(wire.MemberJoined{RoomID: p.room, UserID: user})})
	return true
}

// gone is come's counterpart.
func (p *presence) gone(user string, at uint64) bool {
	if p.quiet && len(p.users) <= MaxTold/2 {
		p.quiet = false
		p.first++ // which everybody has missed
		return true
	}
	if p.quiet {
		return false
	}
	p.note(change{at, wire.Encode(wire.MemberLeft{RoomID: p.room, UserID: user})})
	return true
}

func (p *presence) note(c change) {
	p.ring = append(p.ring, c)
	if len(p.ring) > ringPresence {
		p.ring[0] = change{}
		p.ring = p.ring[1:]
		p.first++
	}
}

// tell is what a member is to be told of comings and goings before its next
// message: one of them, or the whole list where it missed some.
func (p *presence) tell(m *Member) ([]byte, *listing) {
	switch {
	case m.user == "" || m.heard == p.next():
	case m.heard < p.first && p.quiet:
		m.heard = p.first
	case m.heard < p.first:
		m.heard = p.next()
		return nil, p.whole()
	case p.ring[m.heard-p.first].at <= m.last:
		m.heard++
		return p.ring[m.heard-1-p.first].bytes, nil
	}
	return nil, nil
}
