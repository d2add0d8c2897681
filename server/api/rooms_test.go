package api

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/wire"
)

// numbered are n contents.
func numbered(n int) (contents []string) {
	for i := range n {
		contents = append(contents, fmt.Sprintf("line %d", i+1))
	}
	return contents
}

// inOneWrite is more of such messages than one write has.
const inOneWrite = writeBytes / 80

// replays hears the messages from to to of a room, in order.
func (k *talker) replays(room string, from, to uint64) {
	k.stage.t.Helper()
	for seq := from; seq <= to; seq++ {
		k.hears(fmt.Sprintf(`{"type":"broadcast","room_id":%q,…,"seq":%d,"time":…}`, room, seq))
	}
}

func TestSinceSaysWhatFollowsJoined(t *testing.T) {
	act(t, sqlite.Options{Limits: ledger.Limits{RoomMessages: 1000}}, Catchup, func(s *stage) {
		s.post("r", "", numbered(500)...)
		s.post("r", "", numbered(500)...)
		s.post("r", "", numbered(500)...) // 1 to 500 are not kept
		for i, c := range []struct {
			since    string
			gap      string
			from, to uint64
		}{
			{``, "", 1, 0},
			{`,"since":1500`, "", 1, 0},
			{`,"since":1499`, "", 1500, 1500},
			{`,"since":"all"`, "", 501, 1500},
			{`,"since":0`, "", 501, 1500},
			{`,"since":500`, "", 501, 1500},
			{`,"since":499`, `"from":500,"to":500`, 501, 1500},
			{`,"since":1`, `"from":2,"to":500`, 501, 1500},
			{`,"since":1501`, "", 501, 1500}, // another life
			{`,"since":18446744073709551615`, "", 501, 1500},
		} {
			name := fmt.Sprintf("user %d", i)
			s.play(name + `> {"type":"join","room_id":"r","user_id":"ann"` + c.since + `}
				` + name + `< {"type":"joined","room_id":"r","seq":1500,"members":1}`)
			k := s.who[name]
			if c.gap != "" {
				k.hears(`{"type":"gap","room_id":"r",` + c.gap + `}`)
			}
			k.replays("r", c.from, c.to)
			s.silent()
		}
		s.post("r", "", "live")
		for _, k := range s.who {
			k.replays("r", 1501, 1501)
		}
		s.silent()
	})
}

func TestARoomOfWhichNothingIsKeptNamesWhatIsGone(t *testing.T) {
	act(t, sqlite.Options{Limits: ledger.Limits{RoomAge: time.Hour}}, Catchup, func(s *stage) {
		s.post("r", "", numbered(5)...)
		time.Sleep(3 * time.Hour)
		s.play(`
			a> {"type":"join","room_id":"r","user_id":"ann","since":2}
			a< {"type":"joined","room_id":"r","seq":5,"members":1}
			a< {"type":"gap","room_id":"r","from":3,"to":5}
			b> {"type":"join","room_id":"r","user_id":"bob","since":"all"}
			b< {"type":"joined","room_id":"r","seq":5,"members":2}
			a< {"type":"member_joined","room_id":"r","user_id":"bob"}`)
		s.post("r", "", "new")
		s.who["a"].replays("r", 6, 6)
		s.who["b"].replays("r", 6, 6)
		s.silent()
	})
}

func TestJoiningAgainMovesAMember(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		s.post("r", "", numbered(5)...)
		s.play(`
			b> {"type":"join","room_id":"r","user_id":"bob"}
			b< {"type":"joined","room_id":"r","seq":5,"members":1}
			a> {"type":"join","room_id":"r","user_id":"ann"}
			a< {"type":"joined","room_id":"r","seq":5,"members":2}
			b< {"type":"member_joined","room_id":"r","user_id":"ann"}
			a> {"type":"join","room_id":"r","since":3}
			a< {"type":"joined","room_id":"r","seq":5,"members":2}`)
		s.who["a"].replays("r", 4, 5)
		s.play(`a> {"type":"join","room_id":"r","user_id":"ann","since":"all"}
			a< {"type":"joined","room_id":"r","seq":5,"members":2}`)
		s.who["a"].replays("r", 1, 5)
		s.silent() // nobody came, nobody left
	})
}

func TestLeavingEndsAReplay(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		for range 5 {
			s.post("r", "", numbered(1000)...)
		}
		s.play(`
			a> {"type":"join","room_id":"r","user_id":"ann","since":"all"}
			a< {"type":"joined","room_id":"r","seq":5000,"members":1}`)
		a := s.who["a"]
		a.replays("r", 1, 10)
		a.say(`{"type":"broadcast","id":"late","room_id":"r","content":"x"}`) // which comes after all of that
		a.say(`{"type":"leave","room_id":"r"}`)
		synctest.Wait()
		given := 0
		for got := a.next(); got != `{"type":"left","room_id":"r"}`; got = a.next() {
			given++
		}
		if given > inOneWrite {
			t.Errorf("%d messages came before left", given)
		}
		s.post("r", "", "more")
		s.silent()
		s.play(`
			a> {"type":"join","room_id":"r","since":4999}
			a< {"type":"joined","room_id":"r","seq":5002,"members":1}`)
		a.replays("r", 5000, 5002)
	})
}

func TestAnIDComesBackOnTheMessageItself(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		s.play(`
			a> {"type":"join","room_id":"r","user_id":"ann"}
			a< {"type":"joined","room_id":"r","seq":0,"members":1}
			b> {"type":"join","room_id":"r","user_id":"ann"}
			b< {"type":"joined","room_id":"r","seq":0,"members":1}`)
		a, b := s.who["a"], s.who["b"]
		for n := range uint64(50) { // the same content by the same user at the same time
			go a.say(fmt.Sprintf(`{"type":"broadcast","id":"a%d","room_id":"r","content":"same"}`, n))
			go b.say(fmt.Sprintf(`{"type":"broadcast","id":"b%d","room_id":"r","content":"same"}`, n))
			first := []string{a.next(), a.next()}
			second := []string{b.next(), b.next()}
			for _, c := range []struct {
				got []string
				id  string
			}{{first, fmt.Sprintf("a%d", n)}, {second, fmt.Sprintf("b%d", n)}} {
				var ids []string
				for i, message := range c.got {
					var m wire.Said
					if err := wire.Decode([]byte(message), &m); err != nil || m.Seq != 2*n+uint64(i)+1 {
						t.Fatalf("%s, %v", message, err)
					}
					ids = append(ids, m.ID)
				}
				slices.Sort(ids)
				if !slices.Equal(ids, []string{"", c.id}) {
					t.Errorf("ids %q, want %q once", ids, c.id)
				}
			}
		}
		s.silent()
	})
}

// ann joins the room r, in which nothing was said.
func (s *stage) ann() *talker {
	s.play(`
		a> {"type":"join","room_id":"r","user_id":"ann"}
		a< {"type":"joined","room_id":"r","seq":0,"members":1}`)
	return s.who["a"]
}

func TestABroadcastIsAnsweredBeforeItsMembershipEnds(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		a := s.ann()
		for n := range 20 {
			go func() {
				a.say(fmt.Sprintf(`{"type":"broadcast","id":"%d","room_id":"r","content":"x"}`, n))
				a.say(`{"type":"leave","room_id":"r"}`)
				a.say(`{"type":"join","room_id":"r"}`)
				a.say(fmt.Sprintf(`{"type":"broadcast","id":"again %d","room_id":"r","content":"x"}`, n))
				a.say(`{"type":"join","room_id":"r"}`)
			}()
			a.hears(fmt.Sprintf(`{"type":"broadcast","id":"%d",…}`, n))
			a.hears(`{"type":"left","room_id":"r"}`)
			a.hears(fmt.Sprintf(`{"type":"joined","room_id":"r","seq":%d,"members":1}`, 2*n+1))
			a.hears(fmt.Sprintf(`{"type":"broadcast","id":"again %d",…}`, n))
			a.hears(fmt.Sprintf(`{"type":"joined","room_id":"r","seq":%d,"members":1}`, 2*n+2))
		}
		s.silent()
	})
}

func TestABroadcastSentAgainWithItsKeyIsSaidOnce(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		s.play(`
			a> {"type":"join","room_id":"r","user_id":"ann"}
			a< {"type":"joined","room_id":"r","seq":0,"members":1}
			a> {"type":"broadcast","id":"1","room_id":"r","content":"x","key":"k"}
			a< {"type":"broadcast","id":"1","room_id":"r","content":"x","sender":"ann","seq":1,"time":…}
			again> {"type":"join","room_id":"r","user_id":"ann","since":0}
			again< {"type":"joined","room_id":"r","seq":1,"members":1}
			again< {"type":"broadcast","room_id":"r","content":"x","sender":"ann","seq":1,"time":…}
			again> {"type":"broadcast","id":"1","room_id":"r","content":"x","key":"k"}
			again< {"type":"broadcast","id":"1","room_id":"r","content":"x","sender":"ann","seq":1,"time":…}
			again> {"type":"broadcast","room_id":"r","content":"x","key":"k"}
			b> {"type":"join","room_id":"r","user_id":"bob"}
			b< {"type":"joined","room_id":"r","seq":1,"members":2}
			a< {"type":"member_joined","room_id":"r","user_id":"bob"}
			again< {"type":"member_joined","room_id":"r","user_id":"bob"}
			b> {"type":"broadcast","id":"2","room_id":"r","content":"x","key":"k"}
			b< {"type":"error","id":"2","code":"refused","detail":"…key…"}`)
		s.silent()
	})
}

func TestAKeyThatComesAgainBeforeItsMessageIsAnsweredEachTime(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		a := s.ann()
		s.post("r", "", "1", "2", "3")
		for n := range 3 {
			a.say(fmt.Sprintf(`{"type":"broadcast","id":"%d","room_id":"r","content":"mine","key":"k"}`, n))
			synctest.Wait()
		}
		s.post("r", "", "5")
		a.replays("r", 1, 3)
		a.hears(`{"type":"broadcast","id":"0","room_id":"r","content":"mine","sender":"ann","seq":4,"time":…}`)
		others := []string{a.next(), a.next(), a.next()}
		slices.Sort(others)
		for i, want := range []string{`"id":"1"`, `"id":"2"`, `"seq":5`} {
			if !strings.Contains(others[i], want) {
				t.Errorf("%s has no %s", others[i], want)
			}
		}
		s.silent()
		a.say(`{"type":"leave","room_id":"r"}`) // which nothing holds up
		a.hears(`{"type":"left","room_id":"r"}`)
	})
}

func TestDirectMessagesComeInOrderAndNobodyWaitsForWhoDoesNotRead(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		s.play(`
			a> {"type":"join","room_id":"a","user_id":"ann"}
			a< {"type":"joined","room_id":"a","seq":0,"members":1}
			b> {"type":"join","room_id":"b","user_id":"bob"}
			b< {"type":"joined","room_id":"b","seq":0,"members":1}`)
		a, b := s.who["a"], s.who["b"]
		sent := 0
		for refused := false; !refused; sent++ { // bob reads nothing
			a.say(fmt.Sprintf(`{"type":"direct","id":"d","user_id":"bob","content":"%d"}`, sent))
			a.say(`{"type":"ping"}`)
			answer := a.next()
			if refused = strings.Contains(answer, `"code":"refused"`); refused {
				a.hears(`{"type":"pong"}`)
			}
		}
		// Besides those that wait one write is under way, which took what was there at its turn.
		if taken := sent - 1; taken <= hub.MaxMessages || taken > 2*hub.MaxMessages {
			t.Errorf("%d were taken", taken)
		}
		s.play(`
			more> {"type":"join","room_id":"b","user_id":"bob"}
			more< {"type":"joined","room_id":"b","seq":0,"members":1}
			a> {"type":"direct","user_id":"bob","content":"one of two"}
			more< {"type":"direct","sender":"ann","content":"one of two","time":…}`)
		for n := range sent - 1 {
			b.hears(fmt.Sprintf(`{"type":"direct","sender":"ann","content":"%d","time":…}`, n))
		}
		a.say(`{"type":"direct","user_id":"ann","content":"myself"}`)
		a.hears(`{"type":"direct","sender":"ann","content":"myself","time":…}`)
		s.silent()
	})
}

func TestASlowReaderIsToldByThePolicy(t *testing.T) {
	for _, policy := range []SlowClient{Catchup, Drop, Close} {
		t.Run(string(policy), func(t *testing.T) {
			act(t, sqlite.Options{}, policy, func(s *stage) {
				s.play(`
					slow> {"type":"join","room_id":"r","user_id":"slow"}
					slow< {"type":"joined","room_id":"r","seq":0,"members":1}
					quick> {"type":"join","room_id":"r","user_id":"quick"}
					quick< {"type":"joined","room_id":"r","seq":0,"members":2}
					slow< {"type":"member_joined","room_id":"r","user_id":"quick"}
					quick> {"type":"broadcast","room_id":"r","content":"1"}`)
				slow, quick := s.who["slow"], s.who["quick"]
				quick.replays("r", 1, 1)
				slow.replays("r", 1, 1)
				for seq := uint64(2); seq < 1000; seq += 37 {
					quick.replays("r", seq, s.post("r", "", numbered(37)...))
					synctest.Wait()
				}
				slow.replays("r", 2, 38) // were being written all the time
				switch policy {
				case Catchup:
					slow.hears(`{"type":"gap","room_id":"r","from":39,"to":1000}`)
					slow.replays("r", 39, 1000)
				case Drop:
					slow.hears(`{"type":"gap","room_id":"r","from":39,"to":1000}`)
				case Close:
					slow.hears("closed 1013")
					delete(s.who, "slow")
					slow.Close()
					quick.hears(`{"type":"member_left","room_id":"r","user_id":"slow"}`)
				}
				s.post("r", "", "live")
				for _, k := range s.who {
					k.replays("r", 1001, 1001)
				}
				s.silent()
				if got := s.api.delivery.fell.Load(); got != 1 {
					t.Errorf("%d fell", got)
				}
				if got := s.api.delivery.dropped.Load(); (got == 962) != (policy == Drop) || got > 962 {
					t.Errorf("%d were dropped", got)
				}
			})
		})
	}
}

// Under drop, who is slower than the room is told of each fall, and is not read for.
func TestWhoFallsAgainBeforeItHasCaughtUpIsDroppedAgain(t *testing.T) {
	act(t, sqlite.Options{}, Drop, func(s *stage) {
		a := s.ann()
		s.post("r", "", "1")
		synctest.Wait()
		s.post("r", "", numbered(400)...)
		a.replays("r", 1, 1)
		synctest.Wait()
		for n := range uint64(5) { // a gap is being written
			s.post("r", "", numbered(400)...)
			time.Sleep(8 * time.Second) // soon enough for its pong
			a.hears(fmt.Sprintf(`{"type":"gap","room_id":"r","from":%d,"to":%d}`, 400*n+2, 400*n+401))
			synctest.Wait()
		}
		a.hears(`{"type":"gap","room_id":"r","from":2002,"to":2401}`)
		s.post("r", "", "live")
		a.replays("r", 2402, 2402)
		s.silent()
	})
}

// Under drop, the answer of a broadcast is not dropped with the message.
func TestAnIDComesBackAlsoWhereTheMessageWasDropped(t *testing.T) {
	act(t, sqlite.Options{}, Drop, func(s *stage) {
		a := s.ann()
		s.post("r", "", "1")
		synctest.Wait()
		a.say(`{"type":"broadcast","id":"i","room_id":"r","content":"mine"}`)
		synctest.Wait()
		s.post("r", "", numbered(500)...)
		a.replays("r", 1, 1)
		a.hears(`{"type":"gap","room_id":"r","from":2,"to":502}`)
		a.hears(`{"type":"broadcast","id":"i","room_id":"r","content":"mine","sender":"ann","seq":2,"time":…}`)
		s.silent()
	})
}

func TestAReaderThatTakesNothingIsClosedAndDelaysNobody(t *testing.T) {
	for _, policy := range []SlowClient{Catchup, Drop, Close} {
		act(t, sqlite.Options{}, policy, func(s *stage) {
			s.play(`
				quick> {"type":"join","room_id":"r","user_id":"quick"}
				quick< {"type":"joined","room_id":"r","seq":0,"members":1}
				dead> {"type":"join","room_id":"r","user_id":"dead"}
				dead< {"type":"joined","room_id":"r","seq":0,"members":2}
				quick< {"type":"member_joined","room_id":"r","user_id":"dead"}`)
			quick, begun := s.who["quick"], time.Now()
			for seq := uint64(1); seq < 1000; seq += 37 {
				quick.replays("r", seq, s.post("r", "", numbered(37)...))
			}
			if took := time.Since(begun); took > 0 {
				t.Errorf("%s: a reader waited %v for another", policy, took)
			}
			quick.hears(`{"type":"member_left","room_id":"r","user_id":"dead"}`)
			if took := time.Since(begun); took < hub.Patience || took > hub.Patience+10*time.Second {
				t.Errorf("%s: who takes nothing was there for %v", policy, took)
			}
		})
	}
}

// Who reads next to nothing is not kept for ever; who reads on is, though more is said.
func TestAReaderThatTakesLessThanARingInItsPatienceIsClosed(t *testing.T) {
	for _, c := range []struct {
		aSecond int // messages that it reads
		closed  bool
	}{{1, true}, {5, true}, {20, false}} {
		act(t, sqlite.Options{}, Catchup, func(s *stage) {
			s.play(`
				slow> {"type":"join","room_id":"r","user_id":"slow"}
				slow< {"type":"joined","room_id":"r","seq":0,"members":1}`)
			slow, begun, said, closed := s.who["slow"], time.Now(), uint64(0), false
			for time.Since(begun) < 100*time.Second && !closed {
				said = s.post("r", "", slices.Repeat([]string{strings.Repeat("x", 1000)}, 100)...)
				time.Sleep(time.Second)
				for range c.aSecond {
					got := slow.next()
					if closed = got == "closed 1013"; closed {
						break
					} else if strings.HasPrefix(got, "closed") {
						t.Fatal(got)
					}
				}
			}
			if age := time.Since(begun); closed != c.closed || closed && age < hub.Patience {
				t.Errorf("%d a second: closed %v after %v and %d messages", c.aSecond, closed, age, said)
			}
		})
	}
}

func TestAHalfOpenPeerIsMissedWithin45s(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		s.play(`
			quick> {"type":"join","room_id":"r","user_id":"quick"}
			quick< {"type":"joined","room_id":"r","seq":0,"members":1}
			gone> {"type":"join","room_id":"r","user_id":"gone"}
			gone< {"type":"joined","room_id":"r","seq":0,"members":2}
			quick< {"type":"member_joined","room_id":"r","user_id":"gone"}`)
		begun := time.Now()
		go func() { _, _ = io.Copy(io.Discard, s.who["gone"].Reader) }() // its machine takes, it does not answer
		s.who["quick"].hears(`{"type":"member_left","room_id":"r","user_id":"gone"}`)
		if age := time.Since(begun); age < 35*time.Second || age > 45*time.Second {
			t.Errorf("after %v", age)
		}
	})
}

func TestABusyRoomLeavesFramesAndOtherRoomsTheirTurn(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		for range 4 {
			s.post("a", "", numbered(1000)...)
			s.post("b", "", numbered(1000)...)
		}
		s.play(`
			a> {"type":"watch","metrics":["*"],"rate":20}
			a< {"type":"snapshot",…}
			a> {"type":"join","room_id":"a","user_id":"ann","since":"all"}
			a< {"type":"joined","room_id":"a","seq":4000,"members":1}
			a> {"type":"join","room_id":"b","since":"all"}`)
		a, at, pages := s.who["a"], map[string]uint64{}, 0
		s.play(`
			poster> {"type":"mutate","metric":"orders","add":1}
			poster< {"type":"mutated",…}`)
		time.Sleep(time.Second)
		last, frame := "", 0
		for n := 1; at["a"]+at["b"] < 8000; n++ {
			message := a.next()
			var m wire.Said
			if err := json.Unmarshal([]byte(message), &m); err != nil {
				t.Fatal(err)
			}
			switch {
			case strings.HasPrefix(message, `{"type":"frame"`):
				frame = n
			case strings.HasPrefix(message, `{"type":"broadcast"`):
				if at[m.RoomID]++; m.Seq != at[m.RoomID] {
					t.Fatalf("%s after %d", message, at[m.RoomID]-1)
				}
				if m.RoomID != last {
					last, pages = m.RoomID, pages+1
				}
			}
		}
		if frame == 0 || frame > 2*inOneWrite {
			t.Errorf("the frame was message %d", frame)
		}
		if pages < 4 || pages > 40 { // one block is held at a time, and the rooms take turns
			t.Errorf("the rooms took %d turns", pages)
		}
		s.silent()
	})
}

// Whoever comes back then, and says since when, goes on where it was.
func TestAReplayThatCannotBeReadOnIsClosedWith1013(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		for range 5 {
			s.post("r", "", numbered(1000)...)
		}
		s.play(`
			a> {"type":"join","room_id":"r","user_id":"ann","since":"all"}
			a< {"type":"joined","room_id":"r","seq":5000,"members":1}`)
		a, given := s.who["a"], 0
		for got := a.next(); got != "closed 1013"; got = a.next() {
			if given == 0 {
				if err := s.store.Close(); err != nil {
					t.Error(err)
				}
			}
			if given++; !strings.Contains(got, fmt.Sprintf(`"seq":%d,`, given)) {
				t.Fatalf("message %d is %s", given, got)
			}
		}
		if given >= 5000 {
			t.Errorf("%d messages were given", given)
		}
	})
}

func TestAReaderThatNeverReadsHoldsNoMoreThanItsBounds(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		long := slices.Repeat([]string{strings.Repeat("x", 1000)}, 1000)
		for room := range 4 {
			s.post(fmt.Sprint("r", room), "", long...)
		}
		heap := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		const readers = 50
		before := heap()
		for n := range readers {
			name := fmt.Sprint("reader ", n)
			s.play(name + `> {"type":"join","room_id":"r0","user_id":"ann","since":"all"}` + "\n" + name + `< {"type":"joined",…}`)
			for room := 1; room < 4; room++ {
				s.who[name].say(fmt.Sprintf(`{"type":"join","room_id":"r%d","since":"all"}`, room))
			}
		}
		for room := range 4 {
			s.post(fmt.Sprint("r", room), "", long...)
			s.post(fmt.Sprint("r", room), "", long...)
		}
		synctest.Wait()
		each := (heap() - before) / readers
		t.Logf("%d KiB each", each>>10)
		if each > 96<<10 { // a page, what any connection takes, and its part of the rings
			t.Errorf("%d readers that never read hold %d KiB each", readers, each>>10)
		}
	})
}
