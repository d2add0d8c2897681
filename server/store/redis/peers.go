package redis

import (
	"context"
	_ "embed"
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

var (
	//go:embed lua/here.lua
	hereBody string
	//go:embed lua/there.lua
	thereBody string

	tellHere  = changing(hereBody)
	readThere = rueidis.NewLuaScript(thereBody)
)

// Hub is who is in this process, and what is told of the others. Its methods must not block.
type Hub interface {
	// There says how many connections a user has in a room of another hub from now on; in the
	// room "" all that have the user's name.
	There(hub, room, user string, connections int)
	// Gone says that another hub has ended.
	Gone(hub string)
	// Entered is how many connections have entered this hub; Here was called for all of them.
	Entered() uint64
	// Deliver offers a message to the connections of a user in this hub, of the first so many to enter.
	Deliver(user string, message []byte, entered uint64) (reached, connections int)
}

// Bounds of what one process tells the others.
const (
	peerLease     = 15 * time.Second // renewed at each third of it; who ended is gone after this and a third
	peerBatch     = 2048             // of who came and went in one call
	peerBytes     = 4 << 20          // of direct messages and answers that wait to be sent
	farewellLimit = time.Second      // for the last word of a process
	peerPatience  = 2 * time.Second  // for what other processes answer
)

// peersChanged is the kind of an event of who is where, and of what is said to one user.
const peersChanged = 'h'

// The kinds of its changes, each with what it names and what follows.
const (
	hubWhole  = 'W' // a process, all who is in it
	hubHere   = 'J' // a process, who came or went
	hubGone   = 'G' // a process: it ended
	hubCame   = 'C' // a process: how many have entered it
	hubSays   = 'D' // a question: who asks, the user, the message, the processes it is for
	hubAnswer = 'T' // a question: who answers, how many it reached, of how many
	hubStop   = 'Q' // a run: whoever runs it has it end
)

// spot is a user in a room; in the room "" wherever it is.
type spot struct{ room, user string }

// Peers joins the hub of this process with those of the others: it is a hub.Elsewhere. Who is
// here goes through the log like all else, and stands in Redis as long as this process
// renews its lease.
type Peers struct {
	store *Store
	hub   Hub
	lease time.Duration
	lane  lane
	wake  chan struct{}
	stale atomic.Bool // who is elsewhere is to be read anew

	there map[string]map[spot]int // what the hub was told of others; guarded by Store.follow
	asOf  place                   // as of which that was read; guarded by Store.follow
	came  uint64                  // connections that had entered this hub at this process's place in the log; guarded by Store.follow

	telling sync.Mutex // held over a call; guards what follows
	since   time.Time  // when Redis was lost last, or the beginning
	ended   bool

	mu    sync.Mutex // for moments, and never while the hub is told; guards what follows
	here  map[spot]int
	dirty map[spot]struct{} // not told yet
	whole bool              // all is to be told
	said  []letter          // to be sent
	bytes int               // of those
	asked map[string]*question
}

// letter is a direct message, an answer, or that a run is to end, as a change that is to be sent.
type letter struct {
	question *question // nil for an answer
	change   []byte
}

// inLog stands for a process that answers what is in the log: for who waits for no more than that.
const inLog = ""

// question is a direct message, or that a run is to end, on its way.
type question struct {
	open                 map[string]bool // processes that have not answered yet
	reached, connections int
	sent                 bool          // it is in the log
	answered             chan struct{} // closed once all have
}

// Join joins a hub with those of the other processes, until the store is closed.
func (s *Store) Join(h Hub) *Peers { return s.join(h, peerLease) }

func (s *Store) join(h Hub, lease time.Duration) *Peers {
	p := s.newPeers(h, lease)
	s.follow.Lock()
	s.peers = p
	s.follow.Unlock()
	p.stale.Store(true)
	s.tasks.Go(p.run)
	return p
}

func (s *Store) newPeers(h Hub, lease time.Duration) *Peers {
	return &Peers{store: s, hub: h, lease: lease, lane: newLane(s.process + "h"), wake: make(chan struct{}, 1), since: time.Now(),
		here: map[spot]int{}, dirty: map[spot]struct{}{}, whole: true, asked: map[string]*question{}, there: map[string]map[spot]int{}}
}

// Here implements hub.Elsewhere.
func (p *Peers) Here(room, user string, connections int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := spot{room, user}
	if connections > 0 {
		p.here[at] = connections
	} else {
		delete(p.here, at)
	}
	p.dirty[at] = struct{}{}
	tell(p.wake)
}

// Direct implements hub.Elsewhere. Where the message is in the log, a process that does not
// answer in time is taken to have a connection that takes it; where it is not, to have one that
// does not: what still waits is then never sent, and only what a call has under way may be.
func (p *Peers) Direct(hubs []string, user string, message []byte) (reached, connections int) {
	q := &question{open: map[string]bool{}, answered: make(chan struct{})}
	id := newID()
	b := appendShort(nil, p.store.process)
	b = appendShort(b, user)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(message)))
	b = append(b, message...)
	for _, hub := range hubs {
		q.open[hub] = true
		b = appendShort(b, hub)
	}
	if p.store.Writable() != nil || !p.ask(id, q, hubSays, id, b) {
		return 0, len(hubs)
	}
	limit := time.NewTimer(peerPatience)
	defer limit.Stop()
	select {
	case <-q.answered:
	case <-limit.C:
	case <-p.store.ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.asked, id)
	if q.sent {
		q.reached += len(q.open)
	}
	q.connections += len(q.open)
	clear(q.open) // take leaves out what nobody asks any more
	return q.reached, q.connections
}

func (p *Peers) ask(id string, q *question, kind byte, name string, payload []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.send(q, kind, name, payload) {
		return false
	}
	p.asked[id] = q
	return true
}

// send lets a change wait to be sent; false where too much does. Its caller holds mu.
func (p *Peers) send(q *question, kind byte, name string, payload []byte) bool {
	if p.bytes+len(payload) > peerBytes {
		return false
	}
	p.post(letter{q, appendChange(nil, kind, name, payload)})
	tell(p.wake)
	return true
}

func appendChange(b []byte, kind byte, name string, payload []byte) []byte {
	b = appendShort(append(b, kind), name)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(payload))), payload...)
}

func (p *Peers) post(all ...letter) {
	for _, l := range all {
		p.said, p.bytes = append(p.said, l), p.bytes+len(l.change)
	}
}

func appendShort(b []byte, text string) []byte {
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(text))), text...)
}

// run tells what there is to tell, and renews the lease, until the store is closed.
func (p *Peers) run() {
	every := time.NewTicker(p.lease / 3)
	defer every.Stop()
	for due := true; ; {
		err := p.reload()
		if err == nil && (due || p.waits()) {
			err = p.tell()
		}
		if err != nil {
			if due = true; !sleep(p.store.ctx, retryWait) {
				return
			}
			continue
		}
		select {
		case <-p.store.ctx.Done():
			return
		case <-p.wake:
			due = false
		case <-every.C:
			due = true
		}
	}
}

func (p *Peers) waits() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.whole || len(p.dirty) > 0 || len(p.said) > 0
}

// tell makes one call. Who came and went and could not be told is told the next time; direct
// messages that are not in the log are given up, those too that came during the call.
func (p *Peers) tell() error {
	p.telling.Lock()
	defer p.telling.Unlock()
	if p.ended {
		return nil
	}
	args, told, whole, said := p.take()
	if len(told) > 0 { // those, and who comes before this is in the log
		args[4] += string(appendChange(nil, hubCame, p.store.process, binary.LittleEndian.AppendUint64(nil, p.hub.Entered())))
	}
	answer, err := p.call(args)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil && answer != "l" {
		for _, l := range said {
			if l.question != nil {
				l.question.sent = true
				l.question.take(inLog, 1, 0)
			}
		}
		return nil
	}
	for _, at := range told {
		p.dirty[at] = struct{}{}
	}
	p.whole = p.whole || whole || answer == "l"
	if err != nil {
		p.since = time.Now()
		for _, q := range p.asked {
			if !q.sent {
				q.giveUp()
			}
		}
		return err
	}
	later := p.said
	p.said, p.bytes = nil, 0
	p.post(append(said, later...)...) // nothing of it was sent
	tell(p.wake)
	return nil
}

func (p *Peers) call(args []string) (answer string, err error) {
	e, err := p.store.commit(&p.lane, tellHere, args...)
	if err == nil {
		answer, _, err = splitAnswer(e.payload)
	}
	return answer, err
}

// take takes what is to be told in one call.
func (p *Peers) take() (args []string, told []spot, whole bool, said []letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	how, sweeps := "", ""
	if p.whole {
		how, whole, p.whole = "w", true, false
		p.dirty = map[spot]struct{}{}
		for at := range p.here {
			p.dirty[at] = struct{}{}
		}
	}
	if time.Since(p.since) > p.lease*2/3 { // the others have had time to renew theirs
		sweeps = "s"
	}
	changes := make([]byte, 0, p.bytes)
	for _, l := range p.said {
		if l.question == nil || len(l.question.open) > 0 {
			said, changes = append(said, l), append(changes, l.change...)
		}
	}
	p.said, p.bytes = nil, 0
	args = append(args, p.store.process, strconv.FormatInt(p.lease.Milliseconds(), 10), how, sweeps, string(changes))
	for at := range p.dirty {
		if !whole && len(told) == peerBatch {
			tell(p.wake)
			break
		}
		told = append(told, at)
		delete(p.dirty, at)
		args = append(args, at.room, at.user, strconv.Itoa(p.here[at]))
	}
	return args, told, whole, said
}

// farewell tells the others that this process ends, where Redis can be reached at once.
func (p *Peers) farewell() {
	done := make(chan struct{})
	p.store.tasks.Go(func() {
		defer close(done)
		p.leave()
	})
	limit := time.NewTimer(farewellLimit)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
	}
}

func (p *Peers) leave() {
	p.telling.Lock()
	defer p.telling.Unlock()
	if p.ended = true; p.store.Writable() == nil {
		_, _ = p.call([]string{p.store.process, "0", "b", "", ""})
	}
}

// reload reads who is in the other processes, where this one has not followed. The log stands
// still meanwhile. What is read is as of later: of the events up to there hear passes over who
// came and went, or members would be told again that somebody left and came.
func (p *Peers) reload() error {
	if !p.stale.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.store.ctx, patience)
	defer cancel()
	p.store.follow.Lock()
	defer p.store.follow.Unlock()
	asOf, all, err := p.store.whoIsThere(ctx)
	if err != nil {
		return err
	}
	for name := range p.there {
		if all[name] == nil {
			p.gone(name)
		}
	}
	for name, who := range all {
		p.set(name, who, true)
	}
	p.asOf = asOf
	p.came = p.hub.Entered() // what was said before is passed over
	p.stale.Store(false)
	return nil
}

// reached notes this process's place in the log. Where another event stands there than when who is elsewhere was read,
// what was passed over was not what had been read: Redis has lost some since. Its caller holds Store.follow.
func (p *Peers) reached(at place) {
	if at.n == p.asOf.n && at.id != p.asOf.id {
		p.stale.Store(true)
		tell(p.wake)
	}
}

// anew has who is elsewhere read, and who is here told whole: of what either knew some may be lost.
func (p *Peers) anew() {
	p.stale.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole = true
	tell(p.wake)
}

// whoIsThere reads who is in each process that holds a lease, as of the newest event of the log.
func (s *Store) whoIsThere(ctx context.Context) (asOf place, all map[string]map[spot]int, err error) {
	answer, err := s.run(ctx, readThere, nil).ToArray()
	if err != nil {
		return asOf, nil, err
	}
	meta, err := answer[0].AsStrSlice()
	if err != nil {
		return asOf, nil, err
	}
	all = map[string]map[spot]int{}
	for i := 1; i+1 < len(answer); i += 2 {
		name, err := answer[i].ToString()
		if err != nil {
			return asOf, nil, err
		}
		fields, err := answer[i+1].AsStrMap()
		if err != nil {
			return asOf, nil, err
		}
		all[name] = map[spot]int{}
		for field, connections := range fields {
			r := reading{b: field}
			at := spot{r.short(), r.short()}
			if all[name][at], err = strconv.Atoi(connections); err != nil {
				return asOf, nil, err
			}
		}
	}
	return place{n: whole(meta[0]), id: meta[1]}, all, nil
}

// set tells the hub who is in another one: all of them, or those who came and went. Its
// caller holds Store.follow.
func (p *Peers) set(name string, who map[spot]int, whole bool) {
	if name == p.store.process {
		return
	}
	there := p.there[name]
	if there == nil {
		there = map[spot]int{}
		p.there[name] = there
	}
	if whole {
		for at := range there {
			if who[at] == 0 {
				delete(there, at)
				p.hub.There(name, at.room, at.user, 0)
			}
		}
	}
	for at, connections := range who {
		if there[at] == connections {
			continue
		}
		if there[at] = connections; connections == 0 {
			delete(there, at)
		}
		p.hub.There(name, at.room, at.user, connections)
	}
}

// gone tells the hub that another one has ended. Its caller holds Store.follow.
func (p *Peers) gone(name string) {
	delete(p.there, name)
	p.hub.Gone(name)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.asked {
		q.take(name, 0, 0)
	}
}

// giveUp takes all that have not answered not to have taken it.
func (q *question) giveUp() {
	for name := range q.open {
		q.take(name, 0, 1)
	}
}

func (q *question) take(name string, reached, connections int) {
	if !q.open[name] {
		return
	}
	delete(q.open, name)
	q.reached, q.connections = q.reached+reached, q.connections+connections
	if len(q.open) == 0 {
		close(q.answered)
	}
}

// takePeers lets the hub have an event of who is where. Its caller holds follow.
func (s *Store) takePeers(e event) error {
	_, changes, err := splitAnswer(e.payload)
	if err != nil || s.peers == nil {
		return err
	}
	s.mu.Lock()
	s.grow(len(e.payload))
	s.mu.Unlock()
	p := s.peers
	for len(changes.b) > 0 && changes.err == nil {
		kind, name := changes.byte(), changes.short()
		r := reading{b: changes.long()}
		if changes.err == nil {
			p.hear(e.at.n > p.asOf.n, kind, strings.Clone(name), &r)
		}
		if r.err != nil {
			return r.err
		}
	}
	return changes.err
}

// hear takes one change; of who came and went only where that is new to who is there. Its
// caller holds Store.follow.
func (p *Peers) hear(fresh bool, kind byte, name string, r *reading) {
	switch kind {
	case hubWhole, hubHere:
		who := map[spot]int{}
		for len(r.b) > 0 && r.err == nil {
			at := spot{strings.Clone(r.short()), strings.Clone(r.short())}
			who[at] = int(r.uint32())
		}
		if r.err == nil && fresh {
			p.set(name, who, kind == hubWhole)
		}
	case hubGone:
		if fresh && name != p.store.process {
			p.gone(name)
		}
	case hubCame:
		if came := r.uint64(); name == p.store.process && r.err == nil {
			p.came = came
		}
	case hubSays:
		p.deliver(name, r)
	case hubStop:
		if p.store.stops != nil {
			p.store.stops(name)
		}
	case hubAnswer:
		from, reached, connections := r.short(), int(r.uint32()), int(r.uint32())
		p.mu.Lock()
		if q := p.asked[name]; q != nil && r.err == nil {
			q.take(from, reached, connections)
		}
		p.mu.Unlock()
	}
}

// deliver gives the user a message, where it is for this process, and answers. It is for who had come when it was
// said: who came since, while this process was behind, may have heard it in another one.
func (p *Peers) deliver(id string, r *reading) {
	_, user, message := r.short(), r.short(), r.long()
	for len(r.b) > 0 && r.err == nil {
		if r.short() != p.store.process {
			continue
		}
		reached, connections := p.hub.Deliver(user, []byte(message), p.came)
		b := appendShort(nil, p.store.process)
		b = binary.LittleEndian.AppendUint32(b, uint32(reached))
		b = binary.LittleEndian.AppendUint32(b, uint32(connections))
		p.mu.Lock()
		p.send(nil, hubAnswer, id, b)
		p.mu.Unlock()
	}
}
