package hub_test

import (
	"slices"
	"sync"
	"testing"

	"telltale/server/hub"
	"telltale/server/hub/hubtest"
	"telltale/shared/room"
)

// cable joins hubs of one process.
type cable struct {
	mu   sync.Mutex // guards what follows
	ends map[string]*end
}

// end is a hub's end of the cable.
type end struct {
	cable *cable
	name  string
	hub   *hub.Hub

	mu   sync.Mutex // guards what follows
	here map[[2]string]int
	news chan func() // what this hub has to tell, in order
}

func (e *end) Here(room, user string, connections int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.here[[2]string{room, user}] = connections
	e.news <- func() {
		for _, other := range e.cable.others(e) {
			other.hub.There(e.name, room, user, connections)
		}
	}
}

func (e *end) Direct(hubs []string, user string, message []byte) (reached, connections int) {
	for _, other := range e.cable.others(e) {
		if !slices.Contains(hubs, other.name) {
			continue
		}
		took, are := other.hub.Deliver(user, message, other.hub.Entered())
		reached, connections = reached+took, connections+are
	}
	return reached, connections
}

func (c *cable) others(e *end) (others []*end) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range c.ends {
		if other != e {
			others = append(others, other)
		}
	}
	return others
}

func (c *cable) Hub(t *testing.T) (*hub.Hub, func()) {
	e := &end{cable: c, hub: hub.New("epoch", 0, nil), here: map[[2]string]int{}, news: make(chan func(), 10_000)}
	e.hub.Link(e)
	c.mu.Lock()
	e.name = string(rune('1' + len(c.ends)))
	c.ends[e.name] = e
	c.mu.Unlock()
	for _, other := range c.others(e) {
		other.mu.Lock()
		for at, connections := range other.here {
			e.hub.There(other.name, at[0], at[1], connections)
		}
		other.mu.Unlock()
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case tell := <-e.news:
				tell()
			case <-done:
				return
			}
		}
	}()
	kill := sync.OnceFunc(func() {
		close(done)
		<-ended
		c.mu.Lock()
		delete(c.ends, e.name)
		c.mu.Unlock()
		for _, other := range c.others(e) {
			other.hub.Gone(e.name)
		}
	})
	t.Cleanup(kill)
	return e.hub, kill
}

func TestHubsThatAreJoinedAreOne(t *testing.T) {
	hubtest.Run(t, func(*testing.T) hubtest.Joined { return &cable{ends: map[string]*end{}} })
}

func TestARoomGoesOnFromWhereItReaches(t *testing.T) {
	h := hub.New("epoch", 0, nil)
	out := hub.NewOutbox()
	m, err := h.Join(out, "r")
	if err != nil {
		t.Fatal(err)
	}
	m.Start(0)
	h.Say(messages("r", 1, 3))
	for seq := range uint64(3) {
		if e := m.Next(); e.Said == nil || e.Said.Seq != seq+1 {
			t.Fatalf("%+v", e)
		}
	}
	h.Reached(func(string) uint64 { return 7 })
	if out.Due() != m {
		t.Error("nobody is told that more was said meanwhile")
	}
	if e := m.Next(); e.Missed == nil || e.Missed.From != 4 || e.Missed.To != 7 {
		t.Fatalf("after 7 were said meanwhile: %+v", e)
	}
	m.Caught(7)
	h.Reached(func(string) uint64 { return 5 }) // 6 and 7 were lost
	h.Say(messages("r", 6, 6))
	if e := m.Next(); e.Said == nil || e.Said.Seq != 6 {
		t.Errorf("after a loss: %+v", e)
	}
}

// messages are those of a room with the seqs from first to last.
func messages(name string, first, last uint64) (all []room.Message) {
	for seq := first; seq <= last; seq++ {
		all = append(all, room.Message{Room: name, Seq: seq})
	}
	return all
}
