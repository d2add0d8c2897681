package api

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/wire"
)

// wanderer is a client that comes and goes as it likes and keeps a log of each
// room; it sends what it said again until it is answered.
type wanderer struct {
	stage *stage
	name  string
	rand  *rand.Rand
	k     *talker
	in    map[string]bool     // rooms whose joined came, and whose left did not
	asked map[string]int      // what a join that is not answered yet asks for: since
	log   map[string][]string // contents, from seq 1
	saying
}

// saying is what was said and not answered yet.
type saying struct {
	room, content string
	number        int
}

var wandererRooms = []string{"one", "two"}

func (w *wanderer) fail(format string, args ...any) {
	w.stage.t.Errorf("%s: %s", w.name, fmt.Sprintf(format, args...))
}

func (w *wanderer) connect() {
	w.k = w.stage.dial()
	w.in, w.asked = map[string]bool{}, map[string]int{}
}

func (w *wanderer) cut() {
	if w.k != nil {
		_ = w.k.Close()
		w.k = nil
	}
}

// send says whether it could; where not, the connection is gone.
func (w *wanderer) send(format string, args ...any) bool {
	if w.k == nil {
		w.connect()
	}
	if _, err := w.k.Write(textOf(fmt.Sprintf(format, args...)).bytes(w.rand)); err != nil {
		w.cut()
	}
	return w.k != nil
}

// hear takes one message, if one comes within wait; false where none did.
func (w *wanderer) hear(wait time.Duration) bool {
	if w.k == nil {
		return false
	}
	_ = w.k.SetReadDeadline(time.Now().Add(wait))
	opcode, payload, err := w.k.frame()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return false
	case err != nil, opcode == opClose:
		w.cut()
		return false
	case opcode == opPing:
		if _, err := w.k.Write(pongOf(string(payload)).bytes(w.rand)); err != nil {
			w.cut()
		}
	default:
		w.take(payload)
	}
	return true
}

func (w *wanderer) take(message []byte) {
	var m struct {
		Type string
		wire.Said
	}
	if err := wire.Decode(message, &m); err != nil {
		w.fail("%s: %v", message, err)
		return
	}
	room := m.RoomID
	switch m.Type {
	case wire.TypeJoined:
		w.in[room] = true
		w.log[room] = w.log[room][:w.asked[room]]
		delete(w.asked, room)
	case wire.TypeLeft:
		w.in[room] = false
	case wire.TypeBroadcast:
		if m.ID == fmt.Sprint(w.number) && w.content != "" {
			if m.Content != w.content || room != w.room {
				w.fail("id %s came back on %s", m.ID, message)
			}
			w.saying.content = ""
		}
		switch {
		case m.ID != "" && m.Seq <= uint64(len(w.log[room])):
			if w.log[room][m.Seq-1] != m.Content { // the answer of a key that was used
				w.fail("%s, but %q was said", message, w.log[room][m.Seq-1])
			}
		case !w.in[room]:
			w.fail("not joined, got %s", message)
		case m.Seq != uint64(len(w.log[room]))+1:
			w.fail("after %d came %s", len(w.log[room]), message)
		default:
			w.log[room] = append(w.log[room], m.Content)
		}
	case wire.TypeMemberJoined, wire.TypeMemberLeft, wire.TypeGap:
		if !w.in[room] {
			w.fail("not joined, got %s", message)
		}
	case wire.TypeError:
		w.fail("%s", message)
	}
}

func (w *wanderer) join(room string) {
	if _, waits := w.asked[room]; waits && w.k != nil {
		return
	}
	since := len(w.log[room])
	if w.send(`{"type":"join","room_id":%q,"user_id":%q,"since":%d}`, room, w.name, since) {
		w.asked[room] = since
	}
}

// wander does one thing or another.
func (w *wanderer) wander() {
	room := wandererRooms[w.rand.IntN(len(wandererRooms))]
	switch what := w.rand.IntN(100); {
	case what < 50:
		for n := w.rand.IntN(200); n > 0 && w.hear(time.Second); n-- {
		}
	case what < 65:
		w.join(room)
	case what < 70:
		if w.k != nil && w.in[room] && w.send(`{"type":"leave","room_id":%q}`, room) {
			w.until(func() bool { return !w.in[room] })
		}
	case what < 85:
		if w.content == "" {
			w.number++
			w.room, w.content = room, fmt.Sprintf("%s says %d", w.name, w.number)
		}
		w.say()
	case what < 92:
		w.cut()
	case what < 99:
		time.Sleep(time.Duration(w.rand.IntN(20_000)) * time.Millisecond)
	default:
		time.Sleep(time.Minute) // and is closed meanwhile
	}
}

func (w *wanderer) say() {
	if w.k != nil && w.in[w.room] && w.content != "" {
		w.send(`{"type":"broadcast","id":"%d","room_id":%q,"content":%q,"key":"%s/%d"}`, w.number, w.room, w.content, w.name, w.number)
	}
}

// until reads until it is so, or the connection is gone.
func (w *wanderer) until(is func() bool) {
	for w.k != nil && !is() {
		w.hear(time.Minute)
	}
}

// settle has its last word answered.
func (w *wanderer) settle() {
	for w.content != "" {
		w.join(w.room)
		w.until(func() bool { return w.in[w.room] && len(w.asked) == 0 })
		w.say()
		w.until(func() bool { return w.content == "" })
	}
	w.cut()
}

// readOn reads a room to its end.
func (w *wanderer) readOn(room string, last uint64) {
	for uint64(len(w.log[room])) < last {
		w.join(room)
		w.until(func() bool { return uint64(len(w.log[room])) == last })
	}
	w.cut()
}

func TestWhoeverComesAndGoesHasTheRoomsWholeHistory(t *testing.T) {
	for seed := range uint64(3) {
		act(t, sqlite.Options{}, Catchup, func(s *stage) {
			var wanderers []*wanderer
			var all sync.WaitGroup
			for i := range 8 {
				w := &wanderer{stage: s, name: fmt.Sprintf("user%d", i%6), rand: rand.New(rand.NewPCG(seed, uint64(i))), log: map[string][]string{}}
				if i >= 6 {
					w.number = 1_000_000 // the second connection of a user uses keys of its own
				}
				wanderers = append(wanderers, w)
				all.Go(func() {
					for range 120 {
						w.wander()
					}
					w.settle()
				})
			}
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, 100))
				for n := range 20 {
					time.Sleep(time.Duration(r.IntN(20_000)) * time.Millisecond)
					p := ledger.Post{Room: wandererRooms[r.IntN(2)]}
					for k := range 1 + r.IntN(400) { // more than the hub remembers, at times
						p.Lines = append(p.Lines, ledger.Line{Content: fmt.Sprintf("burst %d, %d %s", n, k, strings.Repeat("x", r.IntN(300)))})
					}
					if posted, err := s.api.Ledger.Post(s.t.Context(), p); err != nil || posted.Err != nil {
						s.t.Error(err, posted.Err)
					}
				}
			})
			all.Wait()
			for _, room := range wandererRooms {
				extent, err := s.api.Ledger.Extent(s.t.Context(), room)
				if err != nil {
					s.t.Fatal(err)
				}
				var history []string
				for uint64(len(history)) < extent.Last {
					page, err := s.api.Ledger.Messages(s.t.Context(), room, uint64(len(history)), 1000)
					if err != nil {
						s.t.Fatal(err)
					}
					for _, m := range page {
						history = append(history, m.Content)
					}
				}
				times := map[string]int{}
				for _, content := range history {
					if times[content]++; times[content] > 1 {
						s.t.Errorf("%q was said twice", content)
					}
				}
				for _, w := range wanderers {
					w.readOn(room, extent.Last)
					for i, content := range w.log[room] {
						if content != history[i] {
							s.t.Errorf("%s: message %d of %s is %q, was %q", w.name, i+1, room, content, history[i])
						}
					}
				}
			}
			t.Logf("fell %d, resent %d", s.api.delivery.fell.Load(), s.api.delivery.resent.Load())
			if s.api.delivery.resent.Load() == 0 {
				t.Error("nobody came back to a message")
			}
		})
	}
}
