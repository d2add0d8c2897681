package api

import (
	"strings"
	"testing"
	"testing/synctest"

	"telltale/server/auth"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// session is one whose goroutines are the test's.
func (s *stage) session() *session {
	return &session{socket: &socket{api: s.api, out: hub.NewOutbox(), ctx: s.t.Context()}, from: auth.Anyone, rooms: newRooms()}
}

func (s *stage) joins(c *session, request string) {
	s.t.Helper()
	if err := c.join([]byte(request)); err != nil {
		s.t.Fatal(err)
	}
}

// A writer may find the outbox empty, and then, before it asks the
// rooms, joined is queued and the room has something.
func TestNothingOfARoomIsGivenWhileItsJoinedWaits(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		s.post("r", "", "1")
		c := s.session()
		defer s.api.Hub.Exit(c.out)
		s.joins(c, `{"type":"join","room_id":"r","user_id":"ann","since":"all"}`)
		s.post("r", "", "2")
		if got := c.next(); !got.none() {
			t.Errorf("%s came before joined", got.text())
		}
		if joined, _ := c.out.Take(); !strings.Contains(string(joined), `"joined"`) {
			t.Errorf("then %s", joined)
		}
		got := c.heard().text()
		for _, want := range []string{`"seq":1`, `"seq":2`} {
			if !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

// A message is told to all before who said it knows its seq.
func TestAMessageThatMayBeOnesOwnWaitsForItsID(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		c := s.session()
		defer s.api.Hub.Exit(c.out)
		s.joins(c, `{"type":"join","room_id":"r","user_id":"ann"}`)
		in := c.rooms.in["r"]
		content := "x"
		b := wire.Broadcast{ID: "i", RoomID: "r", Content: &content}
		c.utter("r", b)
		said := func(seq uint64, sender, content string) *hub.Said {
			return &hub.Said{Message: room.Message{Room: "r", Seq: seq, Sender: sender, Content: content}}
		}
		for _, other := range []*hub.Said{said(1, "bob", "x"), said(2, "ann", "y")} { // cannot be it
			if got := c.echo(in, other).text(); got != string(other.Bytes()) {
				t.Errorf("%s", got)
			}
		}
		var got string
		go func() { got = c.echo(in, said(3, "ann", "x")).text() }()
		synctest.Wait()
		if got != "" {
			t.Errorf("it did not wait: %s", got)
		}
		c.uttered(in, b, ledger.Posted{First: 3, Last: 3}, nil)
		synctest.Wait()
		if !strings.Contains(got, `"id":"i"`) {
			t.Errorf("it came without its id: %s", got)
		}
		if again := c.echo(in, said(3, "ann", "x")).text(); strings.Contains(again, `"id"`) {
			t.Errorf("the id came twice: %s", again)
		}
	})
}

func TestWhoSpeaksAndDoesNotReadWaits(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		c := s.session()
		defer s.api.Hub.Exit(c.out)
		s.joins(c, `{"type":"join","room_id":"r","user_id":"ann"}`)
		_, _ = c.out.Take()
		said := 0
		go func() {
			for range 200 {
				if err := c.broadcast([]byte(`{"type":"broadcast","id":"i","room_id":"r","content":"` + strings.Repeat("x", room.MaxContent) + `"}`)); err != nil {
					t.Error(err)
				}
				said++
			}
		}()
		synctest.Wait()
		if said < 50 || said > maxEchoes/room.MaxContent {
			t.Errorf("%d broadcasts were taken whose echo nobody read", said)
		}
		for heard := 0; heard < 200; {
			if o := c.heard(); o.none() {
				synctest.Wait()
			} else if heard++; !strings.Contains(o.text()[:60], `"id":"i"`) {
				t.Errorf("message %d has no id: %.60s", heard, o.text())
			}
		}
		synctest.Wait()
		if said != 200 {
			t.Errorf("only %d were said", said)
		}
		if r := &c.rooms; len(r.echoes.open) != 0 || r.echoes.bytes != 0 {
			t.Errorf("%d echoes of %d bytes are left", len(r.echoes.open), r.echoes.bytes)
		}
	})
}

// text is the messages of one write, without their headers.
func (o outgoing) text() string {
	if o.payload != nil {
		return string(o.payload)
	}
	_, rest, _ := strings.Cut(string(o.frames), "{")
	if rest == "" {
		return ""
	}
	return "{" + rest
}
