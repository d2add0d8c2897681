package hubtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"telltale/server/hub"
	"telltale/shared/wire"
)

// Joined are hubs of which each hears of the others.
type Joined interface {
	// Hub makes one more of them. Kill ends it as a failing machine would: it says
	// nothing more, and the others are to find that out.
	Hub(t *testing.T) (h *hub.Hub, kill func())
}

// Run runs the suite; fresh makes a place where hubs may join.
func Run(t *testing.T, fresh func(t *testing.T) Joined) {
	for _, line := range []struct {
		name string
		test func(*testing.T, Joined)
	}{
		{"a room is the same in all hubs, and its members are told who comes and goes elsewhere", presence},
		{"a user in two hubs comes once and leaves once", oneUser},
		{"a hub that joins later knows who is there", later},
		{"who was in a hub that ended is gone", killed},
		{"a direct message reaches a user wherever it is", direct},
		{"after any comings and goings all hubs agree", anything},
	} {
		t.Run(line.name, func(t *testing.T) { line.test(t, fresh(t)) })
	}
}

// guest is a connection.
type guest struct {
	t   *testing.T
	hub *hub.Hub
	out *hub.Outbox
	in  *hub.Member
	who string
}

func enter(t *testing.T, h *hub.Hub, user, room string) *guest {
	t.Helper()
	g := &guest{t: t, hub: h, out: hub.NewOutbox(), who: user}
	if err := h.Enter(g.out, user); err != nil {
		t.Fatal(err)
	}
	var err error
	if g.in, err = h.Join(g.out, room); err != nil {
		t.Fatal(err)
	}
	g.in.Start(0)
	return g
}

// until waits until it holds. What is told from hub to hub takes a moment.
func until(t *testing.T, what func() string, holds func() bool) {
	t.Helper()
	every := time.NewTicker(2 * time.Millisecond)
	defer every.Stop()
	limit := time.After(60 * time.Second)
	for !holds() {
		select {
		case <-every.C:
		case <-limit:
			t.Fatal(what())
		}
	}
}

// hears waits for what the guest is told next of comings and goings.
func (g *guest) hears(want wire.Message) {
	g.t.Helper()
	var got string
	text := string(wire.Encode(want))
	until(g.t, func() string { return fmt.Sprintf("heard %q, want %s", got, text) }, func() bool {
		if e := g.in.Next(); e.Presence != nil {
			got = string(e.Presence)
		}
		return got != ""
	})
	if got != text {
		g.t.Errorf("heard %s, want %s", got, text)
	}
}

// lists waits until each hub lists these members: "ada 2 bob 1".
func lists(t *testing.T, room, want string, hubs ...*hub.Hub) {
	t.Helper()
	for i, h := range hubs {
		until(t, func() string { return fmt.Sprintf("hub %d lists %q in %s, want %q", i, listed(h, room), room, want) },
			func() bool { return listed(h, room) == want })
	}
}

func listed(h *hub.Hub, room string) (text string) {
	for i, m := range h.Presence(room) {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprint(m.UserID, " ", m.Connections)
	}
	return text
}

func presence(t *testing.T, j Joined) {
	one, _ := j.Hub(t)
	other, _ := j.Hub(t)
	ada := enter(t, one, "ada", "r")
	lists(t, "r", "ada 1", one, other) // also where the room has no member
	bob := enter(t, other, "bob", "r")
	ada.hears(wire.MemberJoined{RoomID: "r", UserID: "bob"})
	if n := bob.in.Users(); n != 2 {
		t.Errorf("who joined is told of %d users", n)
	}
	eve := enter(t, one, "eve", "r")
	bob.hears(wire.MemberJoined{RoomID: "r", UserID: "eve"})
	lists(t, "r", "ada 1 bob 1 eve 1", one, other)
	eve.in.Leave()
	bob.hears(wire.MemberLeft{RoomID: "r", UserID: "eve"})
	one.Exit(ada.out)
	bob.hears(wire.MemberLeft{RoomID: "r", UserID: "ada"})
	lists(t, "r", "bob 1", one, other)
	other.Exit(bob.out)
	lists(t, "r", "", one, other)
}

func oneUser(t *testing.T, j Joined) {
	one, _ := j.Hub(t)
	other, _ := j.Hub(t)
	bob := enter(t, one, "bob", "r")
	first := enter(t, one, "ada", "r")
	bob.hears(wire.MemberJoined{RoomID: "r", UserID: "ada"})
	lists(t, "r", "ada 1 bob 1", other)
	second := enter(t, other, "ada", "r")
	lists(t, "r", "ada 2 bob 1", one, other)
	one.Exit(first.out)
	lists(t, "r", "ada 1 bob 1", one, other)
	other.Exit(second.out)
	bob.hears(wire.MemberLeft{RoomID: "r", UserID: "ada"}) // and nothing before
	lists(t, "r", "bob 1", one, other)
}

func later(t *testing.T, j Joined) {
	one, _ := j.Hub(t)
	ada := enter(t, one, "ada", "r")
	enter(t, one, "ada", "s")
	other, _ := j.Hub(t)
	lists(t, "r", "ada 1", other)
	lists(t, "s", "ada 1", other)
	enter(t, other, "bob", "r")
	ada.hears(wire.MemberJoined{RoomID: "r", UserID: "bob"})
}

func killed(t *testing.T, j Joined) {
	one, _ := j.Hub(t)
	ada := enter(t, one, "ada", "r")
	other, kill := j.Hub(t)
	enter(t, other, "bob", "r")
	enter(t, other, "ada", "r")
	ada.hears(wire.MemberJoined{RoomID: "r", UserID: "bob"})
	lists(t, "r", "ada 2 bob 1", one)
	kill()
	ada.hears(wire.MemberLeft{RoomID: "r", UserID: "bob"})
	lists(t, "r", "ada 1", one)
	third, _ := j.Hub(t)
	lists(t, "r", "ada 1", third)
}

func direct(t *testing.T, j Joined) {
	one, _ := j.Hub(t)
	other, _ := j.Hub(t)
	third, _ := j.Hub(t)
	if reached, connections := one.Direct("ada", []byte("x")); reached != 0 || connections != 0 {
		t.Errorf("nobody: %d of %d", reached, connections)
	}
	all := []*guest{enter(t, one, "ada", "r"), enter(t, other, "ada", "s"), enter(t, other, "ada", "t")}
	lists(t, "r", "ada 1", third)
	lists(t, "s", "ada 1", one, third)
	lists(t, "t", "ada 1", one, third)
	for i, from := range []*hub.Hub{one, other, third} {
		message := fmt.Sprint("message ", i)
		if reached, connections := from.Direct("ada", []byte(message)); reached != 3 || connections != 3 {
			t.Errorf("from hub %d it reached %d of %d", i, reached, connections)
		}
		for k, g := range all {
			if got, _ := g.out.Take(); string(got) != message {
				t.Errorf("from hub %d, connection %d got %q", i, k, got)
			}
		}
	}
	for all[1].out.Offer([]byte("full")) {
	}
	if reached, connections := one.Direct("ada", []byte("y")); reached != 2 || connections != 3 {
		t.Errorf("with one that is full it reached %d of %d", reached, connections)
	}
	one.Exit(all[0].out)
	for all[2].out.Offer([]byte("full")) {
	}
	if reached, connections := third.Direct("ada", []byte("y")); reached != 0 || connections != 2 {
		t.Errorf("with all full it reached %d of %d", reached, connections)
	}
}

// anything lets many come and go, and compares with who should be there in the end.
func anything(t *testing.T, j Joined) {
	r := rand.New(rand.NewPCG(1, 7))
	hubs := make([]*hub.Hub, 3)
	for i := range hubs {
		hubs[i], _ = j.Hub(t)
	}
	rooms := []string{"a", "b", "c"}
	var guests []*guest
	want := map[string]map[string]int{"a": {}, "b": {}, "c": {}}
	for range 600 {
		if i := len(guests); i > 0 && r.IntN(2) == 0 {
			i = r.IntN(i)
			g := guests[i]
			guests = slices.Delete(guests, i, i+1)
			g.hub.Exit(g.out)
			continue
		}
		guests = append(guests, enter(t, hubs[r.IntN(3)], string(rune('A'+r.IntN(9))), rooms[r.IntN(3)]))
	}
	for _, g := range guests {
		want[g.in.Room()][g.who]++
	}
	for _, name := range rooms {
		var text strings.Builder
		for i, user := range slices.Sorted(maps.Keys(want[name])) {
			if i > 0 {
				text.WriteString(" ")
			}
			text.WriteString(fmt.Sprint(user, " ", want[name][user]))
		}
		lists(t, name, text.String(), hubs...)
	}
}
