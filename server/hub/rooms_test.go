package hub

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/room"
)

// talk says n messages in a room, from seq on.
func talk(h *Hub, name string, seq uint64, n int) {
	messages := make([]room.Message, n)
	for i := range messages {
		messages[i] = room.Message{Room: name, Seq: seq + uint64(i), Content: fmt.Sprint(seq + uint64(i))}
	}
	h.Say(messages)
}

// enter joins a room under a name, "" for none, and starts with what is new.
func enter(t *testing.T, h *Hub, user, name string) (*Outbox, *Member) {
	t.Helper()
	out := NewOutbox()
	if user != "" {
		if err := h.Enter(out, user); err != nil {
			t.Fatal(err)
		}
	}
	m, err := h.Join(out, name)
	if err != nil {
		t.Fatal(err)
	}
	m.Start(0)
	return out, m
}

// told drains a connection and writes what it was given in short.
func told(out *Outbox) string {
	var words []string
	for m := out.Due(); m != nil; m = out.Due() {
		switch e := m.Next(); {
		case e.Said != nil:
			words = append(words, fmt.Sprint(e.Said.Seq))
		case e.Presence != nil:
			s := strings.NewReplacer(`{"type":"member_`, "", `","room_id":"r","user_id":"`, " ", `{"type":"presence","room_id":"r","members":`, "", `"}`, "").Replace(string(e.Presence))
			words = append(words, s)
		case e.Missed != nil:
			words = append(words, fmt.Sprintf("missed %+v", *e.Missed))
		}
	}
	return strings.Join(words, ", ")
}

func expect(t *testing.T, out *Outbox, want string) {
	t.Helper()
	if got := told(out); got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestMembersAreGivenTheSameBytesInOrder(t *testing.T) {
	h := New("e", 0, nil)
	_, a := enter(t, h, "", "r")
	_, b := enter(t, h, "", "r")
	talk(h, "r", 1, 3)
	talk(h, "other", 1, 3)
	for seq := range uint64(3) {
		one, two := a.Next().Said, b.Next().Said
		if one == nil || one != two || one.Seq != seq+1 || &one.Bytes()[0] != &two.Bytes()[0] {
			t.Fatalf("%+v and %+v", one, two)
		}
	}
	if e := a.Next(); e.Said != nil {
		t.Errorf("and then %+v", e)
	}
}

func TestWhatIsNotAfterTheStartIsNotGiven(t *testing.T) {
	h := New("e", 0, nil)
	out := NewOutbox()
	m, _ := h.Join(out, "r")
	talk(h, "r", 1, 5)
	expect(t, out, "")
	m.Start(3)
	expect(t, out, "4, 5")
}

func TestComingsAndGoingsAreToldToTheOthersInOrderWithMessages(t *testing.T) {
	h := New("e", 0, nil)
	alice, _ := enter(t, h, "alice", "r")
	listener, _ := enter(t, h, "", "r")
	talk(h, "r", 1, 1)
	bob, _ := enter(t, h, "bob", "r")
	talk(h, "r", 2, 1)
	second, _ := enter(t, h, "bob", "r")
	h.Exit(second)
	talk(h, "r", 3, 1)
	h.Exit(bob)
	talk(h, "r", 4, 1)
	expect(t, alice, "1, joined bob, 2, 3, left bob, 4")
	expect(t, listener, "1, 2, 3, 4")
	expect(t, bob, "")
	if got := fmt.Sprint(h.Presence("r")); got != "[{alice 1}]" {
		t.Errorf("present: %s", got)
	}
	h.Exit(alice)
	h.Exit(listener)
	if len(h.Rooms()) != 0 || len(h.users) != 0 {
		t.Errorf("%v are left", h.Rooms())
	}
}

func TestJoiningAgainMovesAndNobodyIsTold(t *testing.T) {
	h := New("e", 0, nil)
	alice, _ := enter(t, h, "alice", "r")
	bob, old := enter(t, h, "bob", "r")
	expect(t, alice, "joined bob")
	talk(h, "r", 1, 2)
	m, err := h.Join(bob, "r")
	if err != nil {
		t.Fatal(err)
	}
	m.Start(1)
	if e := old.Next(); e.Said != nil {
		t.Errorf("the old member got %+v", e.Said)
	}
	old.Leave()
	expect(t, alice, "1, 2")
	expect(t, bob, "2")
	if m.Users() != 2 || m.Room() != "r" {
		t.Errorf("%d users in %s", m.Users(), m.Room())
	}
}

func TestOneWhoFallsIsToldOnceAFallAndGoesOnWhereItCaughtUp(t *testing.T) {
	h := New("e", 0, nil)
	out, m := enter(t, h, "", "r")
	talk(h, "r", 1, ringMessages)
	if e := m.Next(); e.Said == nil || e.Said.Seq != 1 {
		t.Fatalf("got %+v", e)
	}
	talk(h, "r", ringMessages+1, ringMessages)
	for range 2 {
		m.Next()
	}
	for i, want := range []Missed{{From: 2, To: 512}, {From: 101, To: 512}} {
		if i > 0 {
			m.Caught(100)
		}
		if e := m.Next(); e.Missed == nil || *e.Missed != want {
			t.Fatalf("%+v, want %+v", e.Missed, want)
		}
	}
	m.Caught(500)
	for range 3 {
		m.Next()
	}
	for range ringMessages {
		talk(h, "r", m.crowd.newest+1, 1)
	}
	if e := m.Next(); e.Missed == nil || *e.Missed != (Missed{From: 504, To: 768, Fell: true}) {
		t.Errorf("the second fall is %+v", e.Missed)
	}
	m.Caught(768)
	expect(t, out, "")
	talk(h, "r", 769, 1)
	expect(t, out, "769")
}

func TestWhoJoinsLateMissesWhatTheRoomHasAndDidNotFall(t *testing.T) {
	h := New("e", 0, nil)
	out := NewOutbox()
	m, _ := h.Join(out, "r")
	m.Reach(9)
	m.Start(4)
	if e := m.Next(); e.Missed == nil || *e.Missed != (Missed{From: 5, To: 9}) {
		t.Errorf("missed %+v", e.Missed)
	}
	talk(h, "r", 10, 1)
	m.Caught(9)
	expect(t, out, "10")
}

// A store keeps a message a moment before the hub hears of it.
func TestOneWhoJoinsAmidAMessageHasNotFallen(t *testing.T) {
	h := New("e", 0, nil)
	_, _ = enter(t, h, "", "r")
	talk(h, "r", 1, 5)
	out := NewOutbox()
	m, _ := h.Join(out, "r")
	m.Reach(6)
	m.Start(3)
	expect(t, out, "4, 5, missed {From:6 To:6 Fell:false Stuck:false}")
	talk(h, "r", 6, 1)
	expect(t, out, "6")
	talk(h, "r", 7, ringMessages+1)
	if e := m.Next(); e.Missed == nil || !e.Missed.Fell {
		t.Errorf("then it fell, and got %+v", e)
	}
}

func TestOneWhoSkipsFallsAgainAndIsNeverStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		_, m := enter(t, h, "", "r")
		for round := range uint64(5) {
			talk(h, "r", 1000*round+1, 1000)
			e := m.Next()
			if e.Missed == nil || *e.Missed != (Missed{From: 1000*round + 1, To: 1000*round + 1000, Fell: true}) {
				t.Fatalf("in round %d %+v", round, e.Missed)
			}
			m.Skip(e.Missed.To)
			time.Sleep(Patience)
		}
	})
}

func TestAMemberThatFellAndComesNoCloserIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New("e", 0, nil)
		_, still := enter(t, h, "", "r")
		_, slow := enter(t, h, "", "r")
		talk(h, "r", 1, 1000)
		if e := still.Next(); !e.Missed.Fell || e.Missed.Stuck {
			t.Fatalf("%+v", e.Missed)
		}
		slow.Next()
		at, seq := uint64(0), uint64(1000)
		for range 60 {
			time.Sleep(time.Second)
			talk(h, "r", seq+1, 10)
			seq += 10
			at += 11
			slow.Caught(at)
			if e := slow.Next(); e.Missed != nil && e.Missed.Stuck {
				t.Fatalf("one that comes closer is stuck at %d of %d", at, seq)
			}
		}
		if e := still.Next(); !e.Missed.Stuck || e.Missed.Fell {
			t.Errorf("%+v", e.Missed)
		}
	})
}

func TestAHoleIsMissedAndADoubleIsNot(t *testing.T) {
	h := New("e", 0, nil)
	out, _ := enter(t, h, "", "r")
	talk(h, "r", 1, 2)
	talk(h, "r", 1, 2)
	expect(t, out, "1, 2")
	talk(h, "r", 5, 1)
	expect(t, out, "missed {From:3 To:5 Fell:true Stuck:false}")
}

func TestARoomsRingIsBoundedByBytes(t *testing.T) {
	h := New("e", 0, nil)
	enter(t, h, "", "r")
	long := strings.Repeat("x", room.MaxLine)
	for seq := range uint64(100) {
		h.Say([]room.Message{{Room: "r", Seq: seq + 1, Content: long}})
	}
	if c := h.rooms["r"]; c.bytes > ringBytes || len(c.ring) < ringBytes/len(long)/2-1 {
		t.Errorf("%d messages of %d bytes", len(c.ring), c.bytes)
	}
}

func TestRoomsOfAConnectionAndRoomsInAllAreBounded(t *testing.T) {
	h := New("e", 0, nil)
	join := func(from, n int) (err error) {
		out := NewOutbox()
		for i := range n {
			if _, e := h.Join(out, fmt.Sprint("r", from+i)); e != nil {
				err = e
			}
		}
		return err
	}
	if err := join(0, MaxJoined); err != nil {
		t.Error(err)
	}
	if err := join(0, MaxJoined+1); !errors.Is(err, ErrRooms) {
		t.Errorf("one more on a connection: %v", err)
	}
	for i := MaxJoined; i < MaxRooms; i += 100 {
		if err := join(i, min(100, MaxRooms-i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := join(MaxRooms, 1); !errors.Is(err, ErrRooms) {
		t.Errorf("one room more: %v", err)
	}
}

func TestAConnectionHasOneName(t *testing.T) {
	h := New("e", 0, nil)
	out := NewOutbox()
	for user, want := range map[string]error{"": ErrUser, "alice": nil} {
		if err := h.Enter(out, user); !errors.Is(err, want) {
			t.Errorf("%q: %v", user, err)
		}
	}
	if h.Enter(out, "alice") != nil || !errors.Is(h.Enter(out, "bob"), ErrUser) {
		t.Error("the same name again is fine, another is not")
	}
	h.Exit(out)
	if n, all := h.Direct("alice", []byte("x")); n != 0 || all != 0 {
		t.Errorf("a name outlived its connection")
	}
}

func TestADirectMessageReachesEveryConnectionOfItsUser(t *testing.T) {
	h := New("e", 0, nil)
	one, _ := enter(t, h, "alice", "r")
	two, _ := enter(t, h, "alice", "other")
	other, _ := enter(t, h, "bob", "r")
	for two.Offer([]byte("x")) {
	}
	if reached, all := h.Direct("alice", []byte("hello")); reached != 1 || all != 2 {
		t.Errorf("reached %d of %d", reached, all)
	}
	if got, _ := one.Take(); string(got) != "hello" {
		t.Errorf("took %q", got)
	}
	if _, any := other.Take(); any {
		t.Error("another user got it")
	}
	if reached, all := h.Direct("nobody", nil); reached != 0 || all != 0 {
		t.Errorf("reached %d of %d", reached, all)
	}
}

func TestWhoMissedComingsAndGoingsGetsTheWholeListOnce(t *testing.T) {
	h := New("e", 0, nil)
	alice, _ := enter(t, h, "alice", "r")
	for range ringPresence {
		bob, _ := enter(t, h, "bob", "r")
		h.Exit(bob)
	}
	zoe, _ := enter(t, h, "zoe", "r")
	expect(t, alice, `[{"user_id":"alice","connections":1},{"user_id":"zoe","connections":1}]}`)
	expect(t, zoe, "")
}

func TestALargeRoomTellsNothingUntilItIsHalfAsLargeThenTheWholeList(t *testing.T) {
	h := New("e", 0, nil)
	outs := make([]*Outbox, MaxTold)
	for i := range outs {
		outs[i], _ = enter(t, h, fmt.Sprintf("u%04d", i), "r")
		told(outs[i])
	}
	told(outs[0])
	last, _ := enter(t, h, "zoe", "r")
	expect(t, outs[0], "")
	h.Exit(last)
	for _, out := range outs[MaxTold/2+1:] {
		h.Exit(out)
	}
	expect(t, outs[0], "")
	h.Exit(outs[1])
	if got := told(outs[0]); strings.Count(got, "user_id") != MaxTold/2 || strings.Contains(got, "zoe") {
		t.Errorf("heard %.200s", got)
	}
	h.Exit(outs[2])
	expect(t, outs[0], "left u0002")
}

func TestDueMembersTakeTurns(t *testing.T) {
	h := New("e", 0, nil)
	out := NewOutbox()
	for _, name := range []string{"a", "b"} {
		m, _ := h.Join(out, name)
		m.Start(0)
		talk(h, name, 1, 2)
	}
	var got []string
	for m := out.Due(); m != nil; m = out.Due() {
		if e := m.Next(); e.Said != nil {
			got = append(got, m.Room())
		}
	}
	if strings.Join(got, "") != "abab" {
		t.Errorf("turns %v", got)
	}
}

func TestAConnectionThatJoinsAndLeavesWithoutReadingGrowsNothing(t *testing.T) {
	h := New("e", 0, nil)
	out := NewOutbox()
	enter(t, h, "", "r1")
	for i := range 100 {
		m, _ := h.Join(out, fmt.Sprint("r", i%3))
		m.Start(0)
		talk(h, "r1", uint64(i+1), 1)
		if i%2 == 0 {
			m.Leave()
		}
	}
	h.Exit(out)
	m, _ := h.Join(out, "r1")
	m.Leave()
	m.Start(0) // as a publisher may who has not seen yet that it left
	if out.Due() != nil || len(out.members) != 0 || len(h.Rooms()) != 1 {
		t.Error("something is left")
	}
}
