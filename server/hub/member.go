package hub

import "time"

// Member is one connection in one room. Next is called by one goroutine at a time;
// all else is safe at any time.
type Member struct {
	crowd *crowd
	out   *Outbox
	user  string // "" for one that only listens

	// guarded by crowd.mu: Next holds it for reading, all others for writing
	place   int // in crowd.members
	left    bool
	started bool
	last    uint64 // seq of what it was given last
	reach   uint64 // the room's newest seq when it joined, as far as it was told
	heard   uint64 // number of the presence event it needs next
	live    bool   // it has everything that the ring reaches back to
	mark    mark   // zero where it did not fall

	// guarded by out.mu
	next   *Member // in the list of those due
	listed bool
	gone   bool // never to be listed again
}

// mark is how far a member that fell had come at some time.
type mark struct {
	time time.Time
	last uint64
}

// Event is what a member is to be sent now: at most one of its fields is set.
// With none there is nothing until the outbox is signalled and the member due
// again.
type Event struct {
	Said     *Said
	Presence []byte  // a message of the wire: member_joined, member_left or presence
	Missed   *Missed // what can only be had from where messages are kept
}

// Missed are messages, From to To, both included, that came and went in the ring
// before the member was given them. To is the newest that is known of.
type Missed struct {
	From, To uint64
	Fell     bool // the member had been live; told once a fall
	Stuck    bool // since it fell it was given less than the ring holds in a whole Patience
}

// Reach tells what the room's newest seq is: Next says that the member misses what
// is up to there even if the hub has never heard of it. To be called before Start.
func (m *Member) Reach(newest uint64) {
	m.crowd.mu.Lock()
	defer m.crowd.mu.Unlock()
	m.reach = newest
}

// Start makes Next give what has a larger seq than after; before it, Next gives
// nothing.
func (m *Member) Start(after uint64) {
	c := m.crowd
	c.mu.Lock()
	m.started, m.last = true, after
	m.live = m.reach <= after && after+1 >= c.first()
	c.mu.Unlock()
	m.out.due(m)
}

// Caught says that the caller has read, and will send, what the member missed up
// to seq.
func (m *Member) Caught(seq uint64) {
	m.crowd.mu.Lock()
	m.last = max(m.last, seq)
	m.crowd.mu.Unlock()
	m.out.due(m)
}

// Skip says that the caller lets go what the member missed up to seq: the member is
// live again, and may fall again.
func (m *Member) Skip(seq uint64) {
	m.crowd.mu.Lock()
	m.last = max(m.last, seq)
	m.rise()
	m.crowd.mu.Unlock()
	m.out.due(m)
}

// Next is what the member is to be sent now. Whoever asked is taken to have been
// given it, but for what was Missed, which is said again until Caught or Skip. Readers do
// not wait for each other: ten thousand that are woken at once by one message would
// queue up on a lock that is not shared (measured: seconds of waiting in sum).
func (m *Member) Next() Event {
	c := m.crowd
	c.mu.RLock()
	e, list := m.event()
	again := e.Missed == nil && m.pending()
	c.mu.RUnlock()
	if list != nil {
		e.Presence = list.encoded()
	}
	if again {
		m.out.list(m)
	}
	return e
}

// event finds what is next; a listing is to be written once the lock is free. Its
// caller holds crowd.mu for reading.
func (m *Member) event() (e Event, whole *listing) {
	c := m.crowd
	if m.left || !m.started {
		return e, nil
	}
	if e.Presence, whole = c.present.tell(m); e.Presence != nil || whole != nil {
		return e, whole
	}
	newest := max(c.newest, m.reach)
	switch {
	case m.last >= newest:
		m.rise()
	case len(c.ring) > 0 && m.last+1 >= c.first() && m.last < c.newest:
		e.Said = c.ring[m.last+1-c.first()]
		if m.last++; m.last >= m.reach { // what was kept and is not said yet it has still to read
			m.rise()
		}
	default:
		e.Missed = m.miss(newest)
	}
	return e, nil
}

// pending tells whether there is more. Its caller holds crowd.mu for reading.
func (m *Member) pending() bool {
	c := m.crowd
	return m.started && !m.left && (m.last < max(c.newest, m.reach) || m.user != "" && m.heard != c.present.next())
}

func (m *Member) rise() {
	m.live, m.mark = true, mark{}
}

func (m *Member) miss(newest uint64) *Missed {
	now := time.Now()
	missed := &Missed{From: m.last + 1, To: newest, Fell: m.live}
	if m.live {
		m.live, m.mark = false, mark{now, m.last}
	}
	if !m.mark.time.IsZero() && now.Sub(m.mark.time) >= Patience {
		missed.Stuck = m.last-m.mark.last < uint64(len(m.crowd.ring))
		m.mark = mark{now, m.last}
	}
	return missed
}

func (m *Member) seat() *int { return &m.place }

// Room is the room's name.
func (m *Member) Room() string { return m.crowd.name }

// Users is how many users are in the room.
func (m *Member) Users() int {
	m.crowd.mu.RLock()
	defer m.crowd.mu.RUnlock()
	return len(m.crowd.present.users)
}

// Leave ends the membership; Next gives nothing afterwards.
func (m *Member) Leave() {
	h := m.crowd.hub
	h.doors.Lock()
	tell := h.leave(m)
	h.doors.Unlock()
	wake(tell)
}
