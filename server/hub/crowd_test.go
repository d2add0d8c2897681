package hub

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// town is the plain model: everything that was said in each room, and the hub
// that hears of it.
type town struct {
	t    *testing.T
	hub  *Hub
	mu   sync.Mutex
	said map[string][]room.Message
}

// post keeps messages of some rooms and tells them, as one commit.
func (tn *town) post(r *rand.Rand, rooms []string) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	var batch []room.Message
	for range 1 + r.IntN(3) {
		name := rooms[r.IntN(len(rooms))]
		for range 1 + r.IntN(1+r.IntN(200)) {
			seq := uint64(len(tn.said[name]) + 1)
			m := room.Message{Room: name, Seq: seq, Content: fmt.Sprint(name, seq)}
			tn.said[name] = append(tn.said[name], m)
			batch = append(batch, m)
		}
	}
	tn.hub.Say(batch)
	clear(batch) // which the hub must not keep
}

func (tn *town) newest(name string) uint64 {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return uint64(len(tn.said[name]))
}

// page reads what follows a seq.
func (tn *town) page(name string, after uint64, limit int) []room.Message {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return tn.said[name][after:min(len(tn.said[name]), int(after)+limit)]
}

// seat is what one connection knows of a room it is in.
type seat struct {
	member *Member
	last   uint64
	live   bool
	fallen bool
	users  map[string]bool
}

// guest lives as a connection: one goroutine comes and goes, the other writes.
type guest struct {
	*town
	user  string
	r     *rand.Rand
	out   *Outbox
	mu    sync.Mutex // guards seats
	seats map[*Member]*seat
	mine  map[string]*Member // of the one that comes and goes
	given int
	falls int
}

func (g *guest) join(name string) {
	m, err := g.hub.Join(g.out, name)
	if err != nil {
		g.t.Error(err)
		return
	}
	newest := g.newest(name)
	s := &seat{member: m, last: newest, live: true, users: map[string]bool{}}
	if g.r.IntN(2) == 0 && newest > 0 {
		s.last, s.live = g.r.Uint64N(newest), false
	}
	for _, u := range g.hub.Presence(name) {
		s.users[u.UserID] = true
	}
	g.mu.Lock()
	g.seats[m] = s
	g.mu.Unlock()
	g.mine[name] = m
	m.Reach(newest)
	m.Start(s.last)
}

// live comes and goes at random until it is over.
func (g *guest) live(over <-chan struct{}, rooms []string) {
	for {
		name := rooms[g.r.IntN(len(rooms))]
		switch g.r.IntN(8) {
		case 0:
			g.hub.Exit(g.out)
			clear(g.mine)
			if g.user != "" {
				if err := g.hub.Enter(g.out, g.user); err != nil {
					g.t.Error(err)
				}
			}
		case 1, 2:
			if m := g.mine[name]; m != nil {
				m.Leave()
				delete(g.mine, name)
			}
		default:
			g.join(name)
		}
		select {
		case <-over:
			return
		case <-time.After(time.Duration(g.r.IntN(3000)) * time.Millisecond):
		}
	}
}

// write takes what its members are given until it is over, slowly now and then.
func (g *guest) write(r *rand.Rand, over <-chan struct{}) {
	for {
		for m := g.out.Due(); m != nil; m = g.out.Due() {
			e := m.Next()
			g.mu.Lock()
			s := g.seats[m]
			g.mu.Unlock()
			if s == nil {
				if e.Said != nil || e.Presence != nil || e.Missed != nil {
					g.t.Errorf("a member that had not started was given %+v", e)
				}
				continue
			}
			g.take(r, s, e)
			if r.IntN(200) == 0 {
				time.Sleep(time.Duration(r.IntN(8000)) * time.Millisecond)
			}
		}
		select {
		case <-g.out.Ready():
		case <-over:
			return
		}
	}
}

func (g *guest) take(r *rand.Rand, s *seat, e Event) {
	name := s.member.Room()
	switch {
	case e.Said != nil:
		g.given++
		if e.Said.Seq != s.last+1 || e.Said.Content != fmt.Sprint(name, e.Said.Seq) {
			g.t.Errorf("%q was given %d after %d in %s", g.user, e.Said.Seq, s.last, name)
		}
		s.last, s.live, s.fallen = e.Said.Seq, true, false
	case e.Missed != nil:
		if e.Missed.From != s.last+1 || e.Missed.To < e.Missed.From || e.Missed.To > g.newest(name) {
			g.t.Errorf("%q at %d of %d missed %+v", g.user, s.last, g.newest(name), *e.Missed)
		}
		if e.Missed.Fell {
			g.falls++
			if s.fallen || !s.live {
				g.t.Errorf("%q was told twice that it fell, or had not been live: %+v", g.user, *s)
			}
		}
		s.live, s.fallen = false, s.fallen || e.Missed.Fell
		page := g.page(name, s.last, 1+r.IntN(300))
		s.last += uint64(len(page))
		s.member.Caught(s.last)
	case e.Presence != nil:
		if g.user == "" {
			g.t.Error("one who only listens was told of presence")
		}
		s.hear(g.t, g.user, e.Presence)
	default:
		s.live, s.fallen = true, false // it has everything
	}
}

// hear folds a presence event.
func (s *seat) hear(t *testing.T, self string, b []byte) {
	var e struct {
		Type   string        `json:"type"`
		User   string        `json:"user_id"`
		Listed []wire.Member `json:"members"`
	}
	if err := wire.Decode(b, &e); err != nil {
		t.Error(err)
	}
	if e.User == self {
		t.Errorf("%q was told of itself: %s", self, b)
	}
	switch e.Type {
	case wire.TypeMemberJoined:
		s.users[e.User] = true
	case wire.TypeMemberLeft:
		delete(s.users, e.User)
	default:
		clear(s.users)
		for _, u := range e.Listed {
			s.users[u.UserID] = true
		}
	}
}

// check compares what each seat knows at the end with the model.
func (g *guest) check(there map[string]map[string]bool) {
	for name, m := range g.mine {
		s := g.seats[m]
		if s.last != g.newest(name) {
			g.t.Errorf("%q has %d of %d messages of %s", g.user, s.last, g.newest(name), name)
		}
		if g.user != "" && !maps.Equal(s.users, there[name]) {
			g.t.Errorf("%q knows %v in %s, there are %v", g.user, s.users, name, there[name])
		}
	}
}

func TestEveryMemberIsGivenEverythingOnceInOrderWhateverTheSchedule(t *testing.T) {
	given, falls := 0, 0
	rooms := []string{"a", "b", "c"}
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			tn := &town{t: t, hub: New("e", 0, nil), said: map[string][]room.Message{}}
			still, over := make(chan struct{}), make(chan struct{})
			var living, writing sync.WaitGroup
			var guests []*guest
			for i, user := range []string{"", "alice", "alice", "bob", "carol", "carol", "dave", ""} {
				g := &guest{town: tn, user: user, r: rand.New(rand.NewPCG(seed, uint64(i))), out: NewOutbox(), seats: map[*Member]*seat{}, mine: map[string]*Member{}}
				if user != "" {
					if err := tn.hub.Enter(g.out, user); err != nil {
						t.Fatal(err)
					}
				}
				guests = append(guests, g)
				living.Go(func() { g.live(still, rooms) })
				writing.Go(func() { g.write(rand.New(rand.NewPCG(seed, uint64(i)+100)), over) })
			}
			r := rand.New(rand.NewPCG(seed, 200))
			for range 500 {
				tn.post(r, rooms)
				time.Sleep(time.Duration(r.IntN(30)*r.IntN(30)) * time.Millisecond)
			}
			close(still)
			living.Wait()
			time.Sleep(time.Hour) // everybody reads on, at leisure
			close(over)
			writing.Wait()
			there := map[string]map[string]bool{}
			for _, name := range rooms {
				there[name] = map[string]bool{}
				for _, g := range guests {
					if g.user != "" && g.mine[name] != nil {
						there[name][g.user] = true
					}
				}
				listed := map[string]bool{}
				for _, u := range tn.hub.Presence(name) {
					listed[u.UserID] = true
				}
				if !maps.Equal(listed, there[name]) {
					t.Errorf("present in %s: %v, want %v", name, listed, there[name])
				}
			}
			for _, g := range guests {
				g.check(there)
				given += g.given
				falls += g.falls
				tn.hub.Exit(g.out)
			}
			if left := tn.hub.Rooms(); len(left) != 0 || len(tn.hub.users) != 0 {
				t.Errorf("%v, %v are left", left, tn.hub.users)
			}
		})
		if t.Failed() {
			return
		}
	}
	if given < 10_000 || falls < 10 {
		t.Errorf("%d messages and %d falls: the schedules try nothing", given, falls)
	}
}
