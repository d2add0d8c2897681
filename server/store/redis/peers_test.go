package redis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"telltale/server/hub"
	"telltale/server/hub/hubtest"
	"telltale/server/store/redistest"
)

// joint is where hubs join: one prefix in a Redis.
type joint struct{ options Options }

func (j joint) Hub(t *testing.T) (*hub.Hub, func()) {
	s, err := Open(t.Context(), j.options)
	if err != nil {
		t.Fatal(err)
	}
	h := hub.New(s.Epoch(), 0, nil)
	h.Link(s.join(h, 2*time.Second))
	t.Cleanup(func() { _ = s.Close() })
	return h, func() { // as a process that is killed: it says nothing more
		s.stop()
		s.redis().Close()
	}
}

func TestHubsThatRedisJoinsAreOne(t *testing.T) {
	server := redistest.Start(t)
	hubtest.Run(t, func(*testing.T) hubtest.Joined { return joint{Options{URL: server.URL(), Prefix: newEpoch()}} })
}

// nobody is a hub that is told of others and has nobody.
type nobody struct{}

func (nobody) There(string, string, string, int)         {}
func (nobody) Gone(string)                               {}
func (nobody) Deliver(string, []byte, uint64) (int, int) { return 0, 0 }
func (nobody) Entered() uint64                           { return 0 }

// register is a hub that writes down what it is told of others.
type register struct {
	nobody
	told []string
}

func (r *register) There(_, room, user string, connections int) {
	r.told = append(r.told, fmt.Sprint(room, " ", user, " ", connections))
}

func (r *register) Gone(string) { r.told = append(r.told, "gone") }

func TestWhoCameBeforeAProcessReadsWhoIsThereDoesNotComeAgain(t *testing.T) {
	server := redistest.Start(t)
	one, other := open(t, server.URL(), "p"), open(t, server.URL(), "p")
	told := one.newPeers(nobody{}, time.Minute)
	for _, connections := range []int{0, 1, 0, 2} {
		told.Here("r", "ada", connections)
		if err := told.tell(); err != nil {
			t.Fatal(err)
		}
	}
	hub := &register{}
	late := other.newPeers(hub, time.Minute)
	late.stale.Store(true)
	if err := late.reload(); err != nil {
		t.Fatal(err)
	}
	other.follow.Lock()
	defer other.follow.Unlock()
	other.peers = late
	replay := func() {
		client := other.redis()
		log, err := client.Do(t.Context(), client.B().Xrange().Key(other.prefix+"log").Start("-").End("+").Build()).AsXRange()
		for _, entry := range log {
			var e event
			if e, err = readPlaced(entry.ID, entry.FieldValues["e"]); err == nil && e.kind == peersChanged {
				err = other.takePeers(e)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	replay()
	if want := []string{"r ada 2"}; !slices.Equal(hub.told, want) {
		t.Errorf("it was told %q, want %q", hub.told, want)
	}
	told.Here("r", "ada", 0)
	if err := told.tell(); err != nil {
		t.Fatal(err)
	}
	replay()
	if want := []string{"r ada 2", "r ada 0"}; !slices.Equal(hub.told, want) {
		t.Errorf("then it was told %q, want %q", hub.told, want)
	}
}

func TestWhoIsElsewhereIsReadAnewWhereItWasOfALogThatIsLost(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), "p")
	p := s.newPeers(nobody{}, time.Minute)
	for range 2 {
		if err := p.tell(); err != nil {
			t.Fatal(err)
		}
		p.anew()
	}
	if err := p.reload(); err != nil {
		t.Fatal(err)
	}
	s.follow.Lock()
	defer s.follow.Unlock()
	p.reached(place{n: p.asOf.n - 1, id: "another"})
	p.reached(p.asOf)
	if p.stale.Load() {
		t.Error("it is to be read anew though nothing is lost")
	}
	p.reached(place{n: p.asOf.n, id: "another"})
	if !p.stale.Load() {
		t.Error("it is not to be read anew though another event stands there")
	}
}

func TestWhoIsHereIsToldAnewWhereRedisHasLostIt(t *testing.T) {
	server := redistest.Start(t)
	s, other := open(t, server.URL(), "p"), open(t, server.URL(), "p")
	p := s.newPeers(nobody{}, time.Minute)
	s.follow.Lock()
	s.peers = p
	s.follow.Unlock()
	p.Here("r", "ada", 1)
	if err := p.tell(); err != nil {
		t.Fatal(err)
	}
	client := s.redis()
	lost := client.B().Del().Key(s.prefix + "here:" + s.process).Build()
	if err := client.Do(t.Context(), lost).Error(); err != nil {
		t.Fatal(err)
	}
	if err := s.begin(errForked); err != nil {
		t.Fatal(err)
	}
	if err := p.tell(); err != nil {
		t.Fatal(err)
	}
	hub := &register{}
	late := other.newPeers(hub, time.Minute)
	late.stale.Store(true)
	if err := late.reload(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"r ada 1"}; !slices.Equal(hub.told, want) {
		t.Errorf("another is told %q, want %q", hub.told, want)
	}
}

func TestADirectMessageThatIsGivenUpIsNeverSent(t *testing.T) {
	server := redistest.Start(t)
	s, err := Open(t.Context(), Options{URL: server.URL(), Prefix: "p", Patience: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p := s.newPeers(nobody{}, time.Minute)
	ask := func(text string) *question {
		q := &question{open: map[string]bool{"other": true}, answered: make(chan struct{})}
		if !p.ask(text, q, hubSays, text, []byte(text)) {
			t.Fatal("too much waits")
		}
		return q
	}
	sent := ask("sent")
	if err := p.tell(); err != nil {
		t.Fatal(err)
	}
	taken := ask("taken")
	<-p.lane.turn // the call stands still
	failed := make(chan error)
	go func() { failed <- p.tell() }()
	eventually(t, "the call is under way", func() bool { return !p.waits() })
	during := ask("during")
	p.mu.Lock()
	p.send(nil, hubAnswer, "answer", nil)
	p.mu.Unlock()
	server.Pause()
	p.lane.turn <- struct{}{}
	if err := <-failed; err == nil {
		t.Fatal("the call did not fail")
	}
	server.Resume()
	for what, q := range map[string]*question{"taken": taken, "during": during} {
		select {
		case <-q.answered:
		default:
			t.Errorf("what was asked (%s) waits still", what)
		}
	}
	if len(sent.open) != 1 || !sent.sent {
		t.Error("what is in the log was given up")
	}
	args, _, _, _ := p.take()
	if said := args[4]; strings.Contains(said, "during") || strings.Contains(said, "taken") || !strings.Contains(said, "answer") {
		t.Errorf("the next call says %q", said)
	}
}

func TestADirectMessageThatNoCallHasCarriedHasReachedNobody(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL(), "p")
	p := s.Join(nobody{})
	eventually(t, "it is joined", func() bool { return !p.waits() && !p.stale.Load() })
	server.Pause()
	t.Cleanup(server.Resume)
	if reached, connections := p.Direct([]string{"other"}, "alice", []byte("hello")); reached != 0 || connections != 1 {
		t.Errorf("it has reached %d of %d", reached, connections)
	}
}

func TestWhoComesToAProcessThatIsBehindIsNotToldWhatWasSaidBefore(t *testing.T) {
	server := redistest.Start(t)
	var hubs []*hub.Hub
	var stores []*Store
	for range 2 {
		s := open(t, server.URL(), "p")
		h := hub.New(s.Epoch(), 0, nil)
		h.Link(s.Join(h))
		hubs, stores = append(hubs, h), append(stores, s)
	}
	enter := func() *hub.Outbox {
		out := hub.NewOutbox()
		if err := hubs[1].Enter(out, "ada"); err != nil {
			t.Fatal(err)
		}
		return out
	}
	known := func() bool {
		reached, _ := hubs[0].Direct("ada", []byte("are you there"))
		return reached > 0
	}
	before := enter()
	eventually(t, "the other knows her", known)
	heard := func(out *hub.Outbox, what string) bool {
		for {
			switch got, _ := out.Take(); string(got) {
			case what:
				return true
			case "":
				return false
			}
		}
	}
	stores[1].follow.Lock() // it stands still, as one that is paused
	eventually(t, "it is said", func() bool {
		reached, _ := hubs[0].Direct("ada", []byte("late"))
		return reached == 1
	})
	since := enter()
	stores[1].follow.Unlock()
	eventually(t, "who was there hears it", func() bool { return heard(before, "late") })
	if heard(since, "late") {
		t.Error("who came since hears it, too")
	}
	eventually(t, "the other knows of both", func() bool {
		reached, _ := hubs[0].Direct("ada", []byte("both"))
		return reached == 2
	})
	if !heard(before, "both") || !heard(since, "both") {
		t.Error("not both hear what is said later")
	}
}
