package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// modelRoom is a room of the server that a test plays: a plain list.
type modelRoom struct {
	said    []room.Message // whose seqs follow on from 1; nil contents are never dropped here
	first   uint64         // the oldest that is kept; 0 as 1
	keys    map[string]uint64
	members []wire.Member
	joins   []wire.Join
	mute    bool   // takes broadcasts and loses the connection before it answers
	refuse  string // answers broadcasts with this
	reads   int
}

func (s *server) room(name string) *modelRoom {
	if s.rooms == nil {
		s.rooms = map[string]*modelRoom{}
	}
	if s.rooms[name] == nil {
		s.rooms[name] = &modelRoom{keys: map[string]uint64{}}
	}
	return s.rooms[name]
}

// post says something in a room, to whoever is in it.
func (s *server) post(name, sender, content string) room.Message {
	r := s.room(name)
	m := room.Message{Room: name, Seq: uint64(len(r.said)) + 1, Time: time.Now().UnixMilli(), Sender: sender, Content: content}
	r.said = append(r.said, m)
	if s.open != nil && s.open.joined[name] && !s.down {
		s.open.in <- wire.AppendSaid(nil, m, "")
	}
	return m
}

func (c *socket) hearRoom(kind string, message []byte) {
	switch kind {
	case wire.TypeJoin:
		var j wire.Join
		_ = wire.Decode(message, &j)
		r := c.server.room(j.RoomID)
		r.joins = append(r.joins, j)
		c.joined[j.RoomID] = true
		c.in <- wire.Encode(wire.Joined{ID: j.ID, RoomID: j.RoomID, Seq: uint64(len(r.said)), Members: 1})
		if j.Since != nil {
			since := uint64(*j.Since)
			if since > uint64(len(r.said)) {
				since = 0
			}
			if since+1 < r.first {
				c.in <- wire.Encode(wire.Gap{RoomID: j.RoomID, From: since + 1, To: r.first - 1})
				since = r.first - 1
			}
			for _, m := range r.said[since:] {
				c.in <- wire.AppendSaid(nil, m, "")
			}
		}
	case wire.TypeLeave:
		var l wire.Leave
		_ = wire.Decode(message, &l)
		delete(c.joined, l.RoomID)
	case wire.TypePresence:
		var a wire.AskPresence
		_ = wire.Decode(message, &a)
		c.in <- wire.Encode(wire.Presence{ID: a.ID, RoomID: a.RoomID, Members: c.server.room(a.RoomID).members})
	case wire.TypeBroadcast:
		var b wire.Broadcast
		_ = wire.Decode(message, &b)
		c.hearBroadcast(b)
	}
}

func (c *socket) hearBroadcast(b wire.Broadcast) {
	r := c.server.room(b.RoomID)
	if r.refuse != "" {
		c.in <- wire.Encode(wire.Error{ID: b.ID, Code: wire.CodeRefused, Detail: r.refuse})
		return
	}
	seq, repeat := r.keys[b.Key]
	if !repeat {
		seq = uint64(len(r.said)) + 1
		r.keys[b.Key] = seq
		r.said = append(r.said, room.Message{Room: b.RoomID, Seq: seq, Time: 1, Sender: "me", Content: *b.Content})
	}
	if r.mute {
		c.Close()
		return
	}
	c.in <- wire.AppendSaid(nil, r.said[seq-1], b.ID)
}

func (s *server) Rooms(context.Context) ([]wire.RoomRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errDown
	}
	var rows []wire.RoomRow
	for name, r := range s.rooms {
		rows = append(rows, wire.RoomRow{RoomID: name, Seq: uint64(len(r.said)), Messages: uint64(len(r.said)) + 1 - max(r.first, 1)})
	}
	return rows, nil
}

func (s *server) Messages(_ context.Context, name string, before uint64, limit int) ([]room.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errDown
	}
	r := s.room(name)
	r.reads++
	to := min(before-1, uint64(len(r.said)))
	from := max(to-min(to, uint64(limit)), max(r.first, 1)-1)
	if from >= to {
		return nil, nil
	}
	return slices.Clone(r.said[from:to]), nil
}

func (s *server) Until(_ context.Context, name string, at int64, limit int) ([]room.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errDown
	}
	r := s.room(name)
	r.reads++
	to := uint64(0)
	for to < uint64(len(r.said)) && r.said[to].Time <= at {
		to++
	}
	return slices.Clone(r.said[to-min(to, uint64(limit)) : to]), nil
}

// chat runs a test beside a viewer in the room "r".
func chat(t *testing.T, test func(s *server, v *Viewer)) {
	beside(t, &server{epoch: "e1"}, Look{Rooms: []string{"r"}}, "me", test)
}

// all reads the whole room as a person who scrolls through it would, and waits for what is fetched.
func (v *Viewer) all(t *testing.T) (contents []string) {
	t.Helper()
	var first, last uint64
	see := func(r *Room, _ int64, _ Contact) { first, last = r.First, r.Last }
	v.SeeRoom("r", see)
	for seq := first; seq <= last; seq++ {
		v.Want("r", seq, seq)
		synctest.Wait()
		v.SeeRoom("r", func(r *Room, _ int64, _ Contact) {
			m, has := r.At(seq)
			if has && m.Seq != seq {
				t.Errorf("%d is kept as %d", m.Seq, seq)
			}
			if has {
				contents = append(contents, m.Content)
			} else if seq >= r.First {
				contents = append(contents, fmt.Sprintf("(%d was not read)", seq))
			}
		})
	}
	return contents
}

func (r *modelRoom) contents() (all []string) {
	for _, m := range r.said[max(r.first, 1)-1:] {
		all = append(all, m.Content)
	}
	return all
}

func (v *Viewer) seen() (r Room) {
	v.SeeRoom("r", func(of *Room, _ int64, _ Contact) { r = *of })
	return r
}

func TestARoomsMessagesComeLiveAndOlderOnesAreReadWhenLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{epoch: "e1"}
		for i := range 500 {
			s.post("r", "", fmt.Sprint("old ", i))
		}
		v := NewViewer(s, Look{Rooms: []string{"r"}}, func(Change) {})
		v.As("me")
		ctx, end := context.WithCancel(t.Context())
		defer end()
		go v.Run(ctx)
		synctest.Wait()
		s.do(func() { s.post("r", "", "new") })
		if r := v.seen(); r.First != 1 || r.Last != 501 || !r.Joined || s.room("r").joins[0].Since != nil {
			t.Errorf("%d to %d, joined %v as %+v", r.First, r.Last, r.Joined, s.room("r").joins[0])
		}
		if reads := s.room("r").reads; reads != 0 {
			t.Errorf("%d pages of history read that nobody looked at", reads)
		}
		if got := v.all(t); !slices.Equal(got, s.room("r").contents()) {
			t.Errorf("%q", got)
		}
		if c := v.Contact(); c.State != Live {
			t.Errorf("contact %+v on a page without metrics", c)
		}
	})
}

func TestALossLeavesNoMessageMissingAndNoneTwice(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		said := map[string]bool{}
		for i := range 400 {
			switch rand.N(8) {
			case 0:
				s.do(func() { s.down = true; s.open.Close() })
			case 1:
				s.do(func() { s.down = false })
			case 2:
				s.do(func() { s.room("r").mute = !s.room("r").mute })
			case 3:
				text := fmt.Sprint("mine ", i)
				if v.Say(t.Context(), "r", text) == nil {
					said[text] = true
				}
			}
			s.do(func() { s.post("r", "", fmt.Sprint("line ", i)) })
			time.Sleep(50 * time.Millisecond)
		}
		s.do(func() { s.down, s.room("r").mute = false, false })
		time.Sleep(time.Minute)
		s.do(func() {})
		if got, want := v.all(t), s.room("r").contents(); !slices.Equal(got, want) {
			t.Errorf("got %d lines, want %d\n%q\n%q", len(got), len(want), got, want)
		}
		times := map[string]int{}
		for _, content := range s.room("r").contents() {
			times[content]++
		}
		for text := range said {
			if times[text] != 1 {
				t.Errorf("%q was said %d times", text, times[text])
			}
		}
		if r := v.seen(); len(r.Waiting) > 0 {
			t.Errorf("%d lines wait though all were said", len(r.Waiting))
		}
	})
}

func TestALineThatIsNotAcknowledgedWaitsAndIsSaidOnce(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		s.do(func() { s.room("r").mute = true })
		if err := v.Say(t.Context(), "r", "hello"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if r := v.seen(); len(r.Waiting) != 1 || r.Waiting[0].Content != "hello" || r.Waiting[0].Refused != "" {
			t.Errorf("waiting %+v", r.Waiting)
		}
		s.do(func() { s.room("r").mute = false })
		time.Sleep(20 * time.Second)
		s.do(func() {})
		r := v.seen()
		if m, has := r.At(1); !has || m.Content != "hello" || r.Last != 1 || len(r.Waiting) != 0 {
			t.Errorf("%+v, last %d, waiting %+v", m, r.Last, r.Waiting)
		}
	})
}

func TestARefusedLineSaysWhyAndMayBeSaidAgainOrGivenUp(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		s.do(func() { s.room("r").refuse = "the disk is full" })
		for _, text := range []string{"one", "two"} {
			if err := v.Say(t.Context(), "r", text); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		waiting := v.seen().Waiting
		if len(waiting) != 2 || waiting[0].Refused != "the disk is full" {
			t.Fatalf("waiting %+v", waiting)
		}
		s.do(func() { s.room("r").refuse = "" })
		v.Discard("r", waiting[0].Key)
		v.Retry(t.Context(), "r", waiting[1].Key)
		synctest.Wait()
		if got := s.room("r").contents(); !slices.Equal(got, []string{"two"}) || len(v.seen().Waiting) != 0 {
			t.Errorf("said %q, waiting %+v", got, v.seen().Waiting)
		}
	})
}

func TestWhatNoServerWouldTakeIsRefusedAtOnceAndWaitingIsBounded(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		if err := v.Say(t.Context(), "r", strings.Repeat("x", room.MaxContent+1)); err == nil {
			t.Error("a line of more than 4 KiB is taken")
		}
		if err := v.Say(t.Context(), "elsewhere", "x"); err == nil {
			t.Error("a line for a room that is not looked at is taken")
		}
		s.do(func() { s.down = true; s.open.Close() })
		var refused int
		for range mostWaiting + 5 {
			if v.Say(t.Context(), "r", "x") != nil {
				refused++
			}
		}
		if refused != 5 {
			t.Errorf("%d refused, want 5", refused)
		}
	})
}

func TestPresenceIsWhatWasToldAndThenWhoCameAndWent(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		names := func() (all []string) {
			for _, m := range v.seen().Members {
				all = append(all, m.UserID)
			}
			return all
		}
		s.do(func() {
			s.open.in <- wire.Encode(wire.Presence{RoomID: "r", Members: []wire.Member{{UserID: "a"}, {UserID: "me"}}})
		})
		s.do(func() { s.open.in <- wire.Encode(wire.MemberJoined{RoomID: "r", UserID: "b"}) })
		s.do(func() { s.open.in <- wire.Encode(wire.MemberJoined{RoomID: "r", UserID: "b"}) })
		s.do(func() { s.open.in <- wire.Encode(wire.MemberLeft{RoomID: "r", UserID: "a"}) })
		s.do(func() { s.open.in <- wire.Encode(wire.MemberLeft{RoomID: "r", UserID: "never"}) })
		if got := names(); !slices.Equal(got, []string{"b", "me"}) {
			t.Errorf("members %q", got)
		}
		s.do(func() { s.room("r").members = []wire.Member{{UserID: "z", Connections: 3}}; s.open.Close() })
		time.Sleep(20 * time.Second)
		s.do(func() {})
		if got := names(); !slices.Equal(got, []string{"z"}) {
			t.Errorf("members after a reconnect %q", got)
		}
	})
}

func TestAnotherNameTakesAnotherConnectionAndLosesNoContact(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		v.As("somebody")
		lost := false
		for range 100 {
			synctest.Wait()
			lost = lost || v.Contact().State != Live
			time.Sleep(time.Millisecond)
		}
		joins := s.room("r").joins
		if len(joins) != 2 || joins[0].UserID != "me" || joins[1].UserID != "somebody" || lost {
			t.Errorf("joins %+v, contact lost %v", joins, lost)
		}
	})
}

func TestARoomThatBeganAnewIsReadAnew(t *testing.T) {
	for _, epoch := range []string{"e1", "e2"} { // under the same one, and in another store's life
		chat(t, func(s *server, v *Viewer) {
			for range 10 {
				s.do(func() { s.post("r", "", "old") })
			}
			s.do(func() { s.epoch, s.rooms = epoch, nil; s.post("r", "", "new"); s.open.Close() })
			time.Sleep(20 * time.Second)
			s.do(func() {})
			if got := v.all(t); !slices.Equal(got, []string{"new"}) {
				t.Errorf("%s: %q", epoch, got)
			}
		})
	}
}

func TestWhatIsNoLongerKeptIsFoundOut(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		s.do(func() { s.post("r", "", "0"); s.down = true; s.open.Close() })
		for i := range 1000 {
			s.do(func() { s.post("r", "", fmt.Sprint(i+1)) })
		}
		s.do(func() { s.down, s.room("r").first = false, 901 })
		time.Sleep(20 * time.Second)
		s.do(func() {})
		v.Want("r", 2, 10)
		synctest.Wait()
		if got, want := v.all(t), s.room("r").contents(); !slices.Equal(got[len(got)-len(want):], want) {
			t.Errorf("%d lines, want %d", len(got), len(want))
		}
		v.Want("r", 300, 400)
		synctest.Wait()
		for v.seen().First < 901 {
			first := v.seen().First
			v.Want("r", first, first)
			synctest.Wait()
			if v.seen().First == first {
				t.Fatalf("%d is believed to be kept", first)
			}
		}
	})
}

func TestMemoryIsBoundedHoweverMuchIsSaidAndWhatIsLookedAtStays(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		long := strings.Repeat("x", 60_000)
		for range 400 { // 24 MB
			s.do(func() { s.post("r", "", long) })
		}
		v.Want("r", 10, 12)
		synctest.Wait()
		r := v.seen()
		if r.bytes > mostBytes+pageSize*(60_200) {
			t.Errorf("%d bytes held", r.bytes)
		}
		if _, has := r.At(11); !has {
			t.Error("what is looked at was not read")
		}
		for range 400 {
			s.do(func() { s.post("r", "", long) })
		}
		r = v.seen()
		if _, has := r.At(11); !has {
			t.Error("what is looked at was let go")
		}
	})
}

func TestARoomThatNobodyLooksAtIsLeftOnceItsLinesAreSaid(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		s.do(func() { s.down = true; s.open.Close() })
		if err := v.Say(t.Context(), "r", "late"); err != nil {
			t.Fatal(err)
		}
		v.Look(t.Context(), Look{Rooms: []string{"other"}})
		s.do(func() { s.down = false })
		time.Sleep(20 * time.Second)
		s.do(func() {
			if got := s.room("r").contents(); !slices.Equal(got, []string{"late"}) {
				t.Errorf("said %q", got)
			}
			if s.open.joined["r"] || !s.open.joined["other"] {
				t.Errorf("joined %v", s.open.joined)
			}
		})
		v.SeeRoom("r", func(r *Room, _ int64, _ Contact) {
			if r != nil {
				t.Error("the room is still held")
			}
		})
	})
}

func TestWhatThePageHeldIsGoneOnFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{epoch: "e1", down: true}
		for i := range 5 {
			s.post("r", "", fmt.Sprint(i))
		}
		v := NewViewer(s, Look{Rooms: []string{"r"}}, func(Change) {})
		v.As("me")
		v.RememberRoom("e1", "r", 1, 3, s.room("r").said[:3], []wire.Member{{UserID: "a", Connections: 1}})
		ctx, end := context.WithCancel(t.Context())
		defer end()
		go v.Run(ctx)
		synctest.Wait()
		if r := v.seen(); r.Last != 3 || len(r.Members) != 1 || r.Joined {
			t.Errorf("before any contact: %+v", r)
		}
		s.do(func() { s.down = false })
		time.Sleep(20 * time.Second)
		s.do(func() {})
		if got := v.all(t); !slices.Equal(got, s.room("r").contents()) {
			t.Errorf("%q", got)
		}
		if j := s.room("r").joins[0]; j.Since == nil || *j.Since != 3 {
			t.Errorf("joined as %+v", j)
		}
	})
}
