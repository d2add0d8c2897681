package redis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/shared/room"
)

// process is what a telltale has of rooms: a store, a ledger, a hub.
type process struct {
	*Store
	ledger *ledger.Ledger
	hub    *hub.Hub
}

func newProcess(t *testing.T, server *redistest.Server, prefix string) *process {
	t.Helper()
	s := open(t, server.URL(), prefix)
	p := &process{Store: s, hub: hub.New(s.Epoch(), 0, nil)}
	p.hub.Link(s.join(p.hub, 3*time.Second))
	p.ledger = ledger.New(s, p.hub)
	return p
}

// listener is a member of a room that reads all it is given, as a viewer's connection does.
type listener struct {
	out    *hub.Outbox
	member *hub.Member

	mu     sync.Mutex // guards what follows
	heard  []room.Message
	direct map[string]int // and how often
	wrong  []string
}

func (p *process) listen(t *testing.T, ctx context.Context, all *sync.WaitGroup, user, name string) *listener {
	t.Helper()
	l := &listener{out: hub.NewOutbox(), direct: map[string]int{}}
	if err := p.hub.Enter(l.out, user); err != nil {
		t.Fatal(err)
	}
	var err error
	if l.member, err = p.hub.Join(l.out, name); err != nil {
		t.Fatal(err)
	}
	l.member.Start(0)
	all.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-l.out.Ready():
			case <-ctx.Done():
			}
			for l.read(ctx, p) {
			}
		}
	})
	return l
}

// read takes what there is next; false for nothing.
func (l *listener) read(ctx context.Context, p *process) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for message, is := l.out.Take(); is; message, is = l.out.Take() {
		l.direct[string(message)]++
	}
	m := l.out.Due()
	if m == nil {
		return false
	}
	switch e := m.Next(); {
	case e.Said != nil:
		l.hear(e.Said.Message)
	case e.Missed != nil:
		page, err := p.ledger.Messages(ctx, m.Room(), uint64(len(l.heard)), 1000)
		if err != nil || len(page) == 0 {
			l.mu.Unlock()
			sleep(ctx, 20*time.Millisecond)
			l.mu.Lock()
		}
		for _, message := range page {
			l.hear(message)
		}
		m.Caught(uint64(len(l.heard)))
	}
	return ctx.Err() == nil
}

func (l *listener) hear(m room.Message) {
	if m.Seq != uint64(len(l.heard))+1 {
		l.wrong = append(l.wrong, fmt.Sprintf("%d after %d", m.Seq, len(l.heard)))
	}
	l.heard = append(l.heard, m)
}

// told is what the callers were told, by content.
type told struct {
	mu      sync.Mutex // guards what follows
	rooms   map[string]string
	said    map[string]ledger.Posted
	unknown map[string]bool
	direct  map[string]bool // was it said to have reached all
}

func TestNoMessageIsLostOrDoubledWhereRedisIsKilledAndPaused(t *testing.T) {
	server := redistest.Start(t)
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	rooms := []string{"a", "b"}
	processes := make([]*process, 3)
	listeners := map[string][]*listener{}
	for i := range processes {
		processes[i] = newProcess(t, server, "p")
		for _, name := range rooms {
			listeners[name] = append(listeners[name], processes[i].listen(t, ctx, &readers, fmt.Sprint("user", i), name))
		}
	}
	eventually(t, "all hubs know of all users", func() bool {
		for _, p := range processes {
			if len(p.hub.Presence("a")) != 3 || len(p.hub.Presence("b")) != 3 {
				return false
			}
		}
		return true
	})
	answers := &told{rooms: map[string]string{}, said: map[string]ledger.Posted{}, unknown: map[string]bool{}, direct: map[string]bool{}}
	done := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 9 {
		p := processes[w%3]
		writers.Go(func() {
			r := rand.New(rand.NewPCG(5, uint64(w)))
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				answers.write(t, r, p, rooms[r.IntN(2)], fmt.Sprint("w", w, " n", n))
			}
		})
	}
	guests := visit(t, &writers, processes, done)
	fault(t, server)
	close(done)
	writers.Wait()
	eventually(t, "all processes come back", func() bool {
		for _, p := range processes {
			if p.Writable() != nil {
				return false
			}
		}
		return true
	})
	for _, name := range rooms {
		answers.compare(t, name, processes, listeners[name])
	}
	answers.compareDirect(t, listeners)
	for i, p := range processes {
		eventually(t, fmt.Sprintf("hub %d lists those who are there", i), func() bool {
			got := map[string]int{}
			for _, m := range p.hub.Presence("lobby") {
				got[m.UserID] = m.Connections
			}
			return maps.Equal(got, guests)
		})
	}
	t.Logf("%d messages acknowledged, of %d nobody knows; %d direct messages", len(answers.said), len(answers.unknown), len(answers.direct))
}

// write says something, in the room or to a user.
func (a *told) write(t *testing.T, r *rand.Rand, p *process, name, content string) {
	if r.IntN(8) == 0 {
		reached, connections := p.hub.Direct(fmt.Sprint("user", r.IntN(3)), []byte(content))
		a.mu.Lock()
		defer a.mu.Unlock()
		a.direct[content] = connections > 0 && reached == connections
		return
	}
	posted, err := p.ledger.Post(context.Background(), ledger.Post{Room: name, Lines: []ledger.Line{{Content: content}}})
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case errors.Is(err, ledger.ErrFate):
		a.unknown[content] = true
	case err != nil:
		if !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("%s: %v", content, err)
		}
	case posted.Err != nil || posted.First == 0:
		t.Errorf("%s: %+v", content, posted)
	default:
		a.said[content], a.rooms[content] = posted, name
	}
	if err != nil {
		a.mu.Unlock()
		sleep(t.Context(), 20*time.Millisecond)
		a.mu.Lock()
	}
}

// visit lets guests come into the room lobby and go, until done, and answers who stayed
// once the writers have ended.
func visit(t *testing.T, writers *sync.WaitGroup, processes []*process, done chan struct{}) map[string]int {
	left := map[string]int{}
	writers.Go(func() {
		r := rand.New(rand.NewPCG(6, 6))
		type guest struct {
			user string
			p    *process
			out  *hub.Outbox
		}
		var guests []guest
		for {
			select {
			case <-done:
				for _, g := range guests {
					left[g.user]++
				}
				return
			default:
			}
			if i := len(guests); i > 20 || i > 0 && r.IntN(2) == 0 {
				i = r.IntN(i)
				guests[i].p.hub.Exit(guests[i].out)
				guests = append(guests[:i], guests[i+1:]...)
				continue
			}
			g := guest{fmt.Sprint("guest", r.IntN(12)), processes[r.IntN(3)], hub.NewOutbox()}
			if err := g.p.hub.Enter(g.out, g.user); err != nil {
				t.Error(err)
			}
			if _, err := g.p.hub.Join(g.out, "lobby"); err != nil {
				t.Error(err)
			}
			guests = append(guests, g)
			sleep(t.Context(), time.Duration(r.IntN(10))*time.Millisecond)
		}
	})
	return left
}

// fault kills and pauses Redis.
func fault(t *testing.T, server *redistest.Server) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 6 {
		sleep(t.Context(), time.Duration(100+r.IntN(300))*time.Millisecond)
		if i%3 == 2 {
			server.Pause()
			sleep(t.Context(), time.Duration(300+r.IntN(400))*time.Millisecond)
			server.Resume()
			continue
		}
		server.Kill()
		sleep(t.Context(), time.Duration(r.IntN(300))*time.Millisecond)
		server.Begin()
	}
}

// compare holds a room's log, as each process reads it, and what each listener was given,
// against what was acknowledged.
func (a *told) compare(t *testing.T, name string, processes []*process, listeners []*listener) {
	t.Helper()
	var log []room.Message
	for i, p := range processes {
		var all []room.Message
		eventually(t, fmt.Sprintf("process %d reads the room", i), func() bool {
			page, err := p.ledger.Messages(t.Context(), name, uint64(len(all)), 1000)
			all = append(all, page...)
			return err == nil && len(page) == 0 && (i == 0 || len(all) == len(log))
		})
		if i == 0 {
			log = all
		} else if !reflect.DeepEqual(all, log) {
			t.Errorf("process %d reads another %s", i, name)
		}
	}
	at := map[string]uint64{}
	for i, m := range log {
		if m.Seq != uint64(i)+1 {
			t.Fatalf("message %d of %s has seq %d", i+1, name, m.Seq)
		}
		if before := at[m.Content]; before != 0 {
			t.Errorf("%q is message %d and %d of %s", m.Content, before, m.Seq, name)
		}
		at[m.Content] = m.Seq
		if posted, is := a.said[m.Content]; !is && !a.unknown[m.Content] {
			t.Errorf("%q is in %s, and its caller was told that it is not", m.Content, name)
		} else if is && posted.First != m.Seq {
			t.Errorf("%q is message %d of %s, and was answered %d", m.Content, m.Seq, name, posted.First)
		}
	}
	for content, room := range a.rooms {
		if _, is := a.said[content]; is && room == name && at[content] == 0 {
			t.Errorf("%q was acknowledged, and is lost from %s", content, name)
		}
	}
	for i, l := range listeners {
		eventually(t, fmt.Sprintf("the listener of process %d has heard all of %s", i, name), func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return len(l.heard) >= len(log)
		})
		l.mu.Lock()
		if !reflect.DeepEqual(l.heard, log) || len(l.wrong) > 0 {
			t.Errorf("the listener of process %d heard %d messages of %d in %s: %v", i, len(l.heard), len(log), name, l.wrong)
		}
		l.mu.Unlock()
	}
}

// compareDirect holds what was said to users against what they heard: nothing twice, and what was
// said to have reached all connections did.
func (a *told) compareDirect(t *testing.T, listeners map[string][]*listener) {
	t.Helper()
	heard := func() map[string]int {
		all := map[string]int{}
		for _, some := range listeners {
			for _, l := range some {
				l.mu.Lock()
				for content, n := range l.direct {
					if all[content]++; n > 1 {
						t.Errorf("%q was said %d times", content, n)
					}
				}
				l.mu.Unlock()
			}
		}
		return all
	}
	reached := 0
	for content, is := range a.direct {
		if !is {
			continue
		}
		reached++
		eventually(t, fmt.Sprintf("%q reaches both connections", content), func() bool { return heard()[content] == 2 })
	}
	if reached == 0 {
		t.Error("no direct message reached anybody")
	}
}

func TestMembersGoOnWhereRedisHasLostWhatTheyWereTold(t *testing.T) {
	p := newProcess(t, redistest.Start(t), "p")
	say := func(content string) (posted ledger.Posted) {
		t.Helper()
		eventually(t, "it is said", func() bool {
			var err error
			posted, err = p.ledger.Post(t.Context(), ledger.Post{Room: "a", Lines: []ledger.Line{{Content: content}}})
			return err == nil
		})
		return posted
	}
	out := hub.NewOutbox()
	m, err := p.hub.Join(out, "a")
	if err != nil {
		t.Fatal(err)
	}
	m.Start(0)
	hears := func(seq uint64, content string) {
		t.Helper()
		var e hub.Event
		eventually(t, content+" is heard", func() bool { e = m.Next(); return e.Said != nil || e.Missed != nil })
		if e.Said == nil || e.Said.Seq != seq || e.Said.Content != content {
			t.Fatalf("heard %+v", e)
		}
	}
	for i := range uint64(3) {
		say(fmt.Sprint("before ", i))
		hears(i+1, fmt.Sprint("before ", i))
	}
	epoch := p.Epoch()
	client := p.redis()
	if err := client.Do(t.Context(), client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another epoch begins", func() bool { return p.Epoch() != epoch && p.Writable() == nil })
	if posted := say("after"); posted.First != 1 {
		t.Errorf("in a room that is new: %+v", posted)
	}
	hears(1, "after")
}
