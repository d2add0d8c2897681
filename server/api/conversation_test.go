package api

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
)

// What the contract says of the WebSocket, line by line: every type of message,
// every error code, every close code.
func TestTheConversationIsAsTheContractSays(t *testing.T) {
	seen := map[string]bool{}
	for _, scene := range []struct {
		name string
		keep sqlite.Options
		play func(s *stage)
	}{
		{"rooms", sqlite.Options{}, playRooms},
		{"requests that are refused", sqlite.Options{}, playRefusals},
		{"metrics", sqlite.Options{}, playMetrics},
		{"messages no longer kept", sqlite.Options{Limits: ledger.Limits{RoomMessages: 3}}, playGap},
		{"one room too many", sqlite.Options{Limits: ledger.Limits{MaxRooms: 1}}, playTooMany},
		{"a store that fails", sqlite.Options{}, playUnavailable},
		{"closing", sqlite.Options{}, playClosing},
		{"draining", sqlite.Options{}, playDraining},
		{"access", sqlite.Options{}, playAccess},
	} {
		t.Run(scene.name, func(t *testing.T) {
			act(t, scene.keep, Catchup, func(s *stage) {
				scene.play(s)
				s.seen.Range(func(what, _ any) bool {
					seen[what.(string)] = true
					return true
				})
			})
		})
	}
	for name, value := range constants(t) {
		switch {
		case strings.HasPrefix(name, "Code") && !seen[value]:
			t.Errorf("nobody was answered with %s", value)
		case strings.HasPrefix(name, "Close") && !seen["closed "+value]:
			t.Errorf("nobody was closed with %s, %s", value, name)
		case strings.HasPrefix(name, "Type") && !seen["> "+value] && !seen["< "+value]:
			t.Errorf("no message was a %s", value)
		}
	}
}

// constants are those of package wire, by name.
func constants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../shared/wire/message.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, is := node.(*ast.ValueSpec)
		if !is {
			return true
		}
		for i, value := range spec.Values {
			if literal, is := value.(*ast.BasicLit); is {
				text := literal.Value
				if unquoted, err := strconv.Unquote(text); err == nil {
					text = unquoted
				}
				found[spec.Names[i].Name] = text
			}
		}
		return true
	})
	if len(found) < 30 {
		t.Fatalf("only %d constants found", len(found))
	}
	return found
}

func playRooms(s *stage) {
	s.play(`
		alice> {"type":"join","room_id":"game_lobby","user_id":"alice123"}
		alice< {"type":"joined","room_id":"game_lobby","seq":0,"members":1}
		alice> {"type":"broadcast","room_id":"game_lobby","content":"Hello everyone!"}
		alice< {"type":"broadcast","room_id":"game_lobby","content":"Hello everyone!","sender":"alice123","seq":1,"time":…}

		bob> {"type":"join","id":"j","room_id":"game_lobby","user_id":"bob","since":"all","new":{"field":1}}
		bob< {"type":"joined","id":"j","room_id":"game_lobby","seq":1,"members":2}
		bob< {"type":"broadcast","room_id":"game_lobby","content":"Hello everyone!","sender":"alice123","seq":1,"time":…}
		alice< {"type":"member_joined","room_id":"game_lobby","user_id":"bob"}

		bob> {"type":"broadcast","id":"b1","room_id":"game_lobby","content":""}
		bob< {"type":"broadcast","id":"b1","room_id":"game_lobby","content":"","sender":"bob","seq":2,"time":…}
		alice< {"type":"broadcast","room_id":"game_lobby","content":"","sender":"bob","seq":2,"time":…}

		bob at home> {"type":"join","room_id":"game_lobby","user_id":"bob","since":1}
		bob at home< {"type":"joined","room_id":"game_lobby","seq":2,"members":2}
		bob at home< {"type":"broadcast","room_id":"game_lobby","content":"","sender":"bob","seq":2,"time":…}

		alice> {"type":"presence","id":"p","room_id":"game_lobby"}
		alice< {"type":"presence","id":"p","room_id":"game_lobby","members":[{"user_id":"alice123","connections":1},{"user_id":"bob","connections":2}]}
		alice> {"type":"presence","room_id":"elsewhere"}
		alice< {"type":"presence","room_id":"elsewhere","members":[]}

		alice> {"type":"direct","id":"no answer","user_id":"bob","content":"psst"}
		bob< {"type":"direct","sender":"alice123","content":"psst","time":…}
		bob at home< {"type":"direct","sender":"alice123","content":"psst","time":…}

		bob> {"type":"leave","id":"l","room_id":"game_lobby"}
		bob< {"type":"left","id":"l","room_id":"game_lobby"}
		bob at home> {"type":"leave","room_id":"game_lobby"}
		bob at home< {"type":"left","room_id":"game_lobby"}
		alice< {"type":"member_left","room_id":"game_lobby","user_id":"bob"}

		alice> {"type":"join","room_id":"second"}
		alice< {"type":"joined","room_id":"second","seq":0,"members":1}
		alice> {"type":"broadcast","room_id":"second","content":"<b>\u2028</b>","key":"k"}
		alice< {"type":"broadcast","room_id":"second","content":"…","sender":"alice123","seq":1,"time":…}
		alice> {"type":"ping","id":"x"}
		alice< {"type":"pong","id":"x"}`)
	s.silent()
}

func playRefusals(s *stage) {
	for range [2]int{} { // the connection stays
		s.play(`
			a> {"type":"join"
			a< {"type":"error","code":"bad_message","detail":"…"}
			a> ["join"]
			a< {"type":"error","code":"bad_message","detail":"…"}
			a> {"type":"sing","id":"1"}
			a< {"type":"error","id":"1","code":"unknown_type","detail":"…"}
			a> {"type":"join","id":"1","user_id":"ann"}
			a< {"type":"error","id":"1","code":"bad_message","detail":"…"}
			a> {"type":"join","id":"1","room_id":"no/room","user_id":"ann"}
			a< {"type":"error","id":"1","code":"bad_name","detail":"…[A-Za-z0-9_]…"}
			a> {"type":"join","id":"1","room_id":"r","user_id":"\u202e"}
			a< {"type":"error","id":"1","code":"bad_name","detail":"…"}
			a> {"type":"join","id":"1","room_id":"r","user_id":7}
			a< {"type":"error","id":"1","code":"bad_message","detail":"…user_id…"}
			a> {"type":"join","id":"1","room_id":"r","user_id":"ann","since":"yesterday"}
			a< {"type":"error","id":"1","code":"bad_message","detail":"…since…"}
			a> {"type":"join","id":"1","room_id":"r","user_id":"ann","since":-1}
			a< {"type":"error","id":"1","code":"bad_message","detail":"…since…"}
			a> {"type":"leave","id":"1","room_id":"r"}
			a< {"type":"error","id":"1","code":"not_joined","detail":"…"}
			a> {"type":"leave","id":"1"}
			a< {"type":"error","id":"1","code":"bad_message","detail":"…"}
			a> {"type":"broadcast","id":"1","room_id":"r","content":"hi"}
			a< {"type":"error","id":"1","code":"not_joined","detail":"…"}
			a> {"type":"broadcast","id":"1","room_id":".","content":"hi"}
			a< {"type":"error","id":"1","code":"bad_name","detail":"…"}
			a> {"type":"presence","id":"1","room_id":"?"}
			a< {"type":"error","id":"1","code":"bad_name","detail":"…"}
			a> {"type":"direct","id":"1","user_id":"bob","content":"hi"}
			a< {"type":"error","id":"1","code":"not_joined","detail":"…"}`)
	}
	s.play(`
		a> {"type":"join","id":"1","room_id":"r"}
		a< {"type":"error","id":"1","code":"bad_message","detail":"…user_id…"}
		a> {"type":"join","room_id":"r","user_id":"ann"}
		a< {"type":"joined","room_id":"r","seq":0,"members":1}
		a> {"type":"join","id":"1","room_id":"q","user_id":"bob"}
		a< {"type":"error","id":"1","code":"user_mismatch","detail":"…"}
		a> {"type":"broadcast","id":"1","room_id":"r"}
		a< {"type":"error","id":"1","code":"bad_message","detail":"…content…"}
		a> {"type":"broadcast","id":"1","room_id":"r","content":{}}
		a< {"type":"error","id":"1","code":"bad_message","detail":"…content…"}
		a> {"type":"broadcast","id":"1","room_id":"r","content":"` + strings.Repeat("é", 2049) + `"}
		a< {"type":"error","id":"1","code":"too_large","detail":"…4096…"}
		a> {"type":"broadcast","id":"1","room_id":"r","content":"` + strings.Repeat("é", 2048) + `"}
		a< {"type":"broadcast","id":"1",…,"seq":1,"time":…}
		a> {"type":"broadcast","room_id":"r","content":"once","key":"k"}
		a< {"type":"broadcast","room_id":"r","content":"once","sender":"ann","seq":2,"time":…}
		a> {"type":"broadcast","id":"1","room_id":"r","content":"twice","key":"k"}
		a< {"type":"error","id":"1","code":"refused","detail":"…key…"}
		a> {"type":"broadcast","id":"1","room_id":"r","content":"x","key":"` + strings.Repeat("k", 256) + `"}
		a< {"type":"error","id":"1","code":"bad_message","detail":"…key…"}
		a> {"type":"direct","id":"1","user_id":"nobody","content":"hi"}
		a< {"type":"error","id":"1","code":"no_such_user","detail":"…"}
		a> {"type":"direct","id":"1","content":"hi"}
		a< {"type":"error","id":"1","code":"bad_message","detail":"…user_id…"}
		a> {"type":"direct","id":"1","user_id":"ann"}
		a< {"type":"error","id":"1","code":"bad_message","detail":"…content…"}
		a> {"type":"direct","id":"1","user_id":"ann","content":"` + strings.Repeat("x", 4097) + `"}
		a< {"type":"error","id":"1","code":"too_large","detail":"…"}`)
	for n := range 255 { // it is in r
		room := strconv.Itoa(n)
		s.play(`a> {"type":"join","room_id":"` + room + `"}` + "\n" + `a< {"type":"joined","room_id":"` + room + `","seq":0,"members":1}`)
	}
	s.play(`
		a> {"type":"join","id":"1","room_id":"one.more"}
		a< {"type":"error","id":"1","code":"rate_limited","detail":"…256…"}
		a> {"type":"join","room_id":"r"}
		a< {"type":"joined","room_id":"r","seq":2,"members":1}`)
	s.silent()
}

func playMetrics(s *stage) {
	s.play(`
		a> {"type":"watch","id":"w","metrics":["orders"],"rate":20}
		a< {"type":"snapshot","id":"w","epoch":"…","seq":0,"resumed":false,"values":{},"history":{}}
		b> {"type":"mutate","id":"m","metric":"orders","add":2}
		b< {"type":"mutated","id":"m","metric":"orders","value":2,"seq":1,"time":…}
		a< {"type":"frame","from":0,"seq":1,"time":…,"values":{"orders":[…,2,2,2,2,1]}}
		a> {"type":"unwatch"}
		a> {"type":"mutate","id":"m","metric":"orders","add":-9}
		a< {"type":"error","id":"m","code":"refused","detail":"…floor…"}`)
	s.silent()
}

func playGap(s *stage) {
	s.post("log", "", "one", "two")
	s.post("log", "", "three")
	s.post("log", "", "four", "five")
	s.play(`
		a> {"type":"join","room_id":"log","user_id":"ann","since":1}
		a< {"type":"joined","room_id":"log","seq":5,"members":1}
		a< {"type":"gap","room_id":"log","from":2,"to":2}
		a< {"type":"broadcast","room_id":"log","content":"three","sender":"","seq":3,"time":…}
		a< {"type":"broadcast","room_id":"log","content":"four","sender":"","seq":4,"time":…}
		a< {"type":"broadcast","room_id":"log","content":"five","sender":"","seq":5,"time":…}`)
	s.silent()
}

func playTooMany(s *stage) {
	s.play(`
		a> {"type":"join","room_id":"first","user_id":"ann"}
		a< {"type":"joined","room_id":"first","seq":0,"members":1}
		a> {"type":"join","room_id":"second"}
		a< {"type":"joined","room_id":"second","seq":0,"members":1}
		a> {"type":"broadcast","id":"1","room_id":"first","content":"hi"}
		a< {"type":"broadcast","id":"1","room_id":"first","content":"hi","sender":"ann","seq":1,"time":…}
		a> {"type":"broadcast","id":"2","room_id":"second","content":"hi"}
		a< {"type":"error","id":"2","code":"rate_limited","detail":"…rooms…"}`)
	s.silent()
}

func playUnavailable(s *stage) {
	s.play(`
		a> {"type":"join","room_id":"r","user_id":"ann"}
		a< {"type":"joined","room_id":"r","seq":0,"members":1}`)
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
	s.play(`
		a> {"type":"broadcast","id":"1","room_id":"r","content":"hi"}
		a< {"type":"error","id":"1","code":"unavailable","detail":"…"}
		a> {"type":"ping"}
		a< {"type":"pong"}`)
	s.silent()
}

func playClosing(s *stage) {
	for name, c := range map[string]struct {
		code  string
		write []rawFrame
	}{
		"binary":                         {"1003", frames(rawFrame{op: opBinary, payload: "{}"})},
		"not UTF-8":                      {"1007", frames(textOf("{\"type\":\"\xff\"}"))},
		"not UTF-8 only across a border": {"1007", frames(unfinished(textOf("{\"type\":\"\xe2\x82")), moreOf("\"}"))},
		"half a rune at the end":         {"1007", frames(textOf("\"\xe2\x82"))},
		"too large":                      {"1009", frames(textOf(strings.Repeat(" ", 64<<10+1)))},
		"too large in pieces":            {"1009", frames(unfinished(textOf(strings.Repeat(" ", 64<<10))), moreOf(" "))},
		"a reserved bit":                 {"1002", frames(reserved(4, textOf("{}")))},
		"the peer closes":                {"1000", frames(closeOf(1000, "bye"))},
		"the peer goes away":             {"1001", frames(closeOf(1001, ""))},
		"a code of its own":              {"4321", frames(closeOf(4321, ""))},
	} {
		s.play(name + `> {"type":"join","room_id":"r","user_id":"ann"}` + "\n" + name + `< {"type":"joined","room_id":"r","seq":0,"members":1}`)
		k := s.who[name]
		go func() {
			for _, f := range c.write {
				_, _ = k.Write(f.bytes(k.rand)) // it may be cut off by its answer
			}
		}()
		k.hears("closed " + c.code)
		delete(s.who, name)
		_ = k.Close()
		// The one who is gone is in the room no more.
		s.play("other> " + `{"type":"ping"}` + "\n" + `other< {"type":"pong"}`)
		time.Sleep(time.Second)
		s.play("other> " + `{"type":"presence","room_id":"r"}` + "\n" + `other< {"type":"presence","room_id":"r","members":[]}`)
	}
	// A reader that answers no ping is closed with 1008, one that takes nothing with 1013.
	s.play(`
		dead> {"type":"join","room_id":"r","user_id":"ann"}
		dead< {"type":"joined","room_id":"r","seq":0,"members":1}`)
	begun, dead := time.Now(), s.who["dead"]
	for closed := false; !closed; {
		opcode, payload, err := dead.frame()
		if err != nil {
			s.t.Fatal(err)
		}
		if closed = opcode == opClose; closed {
			s.seen.Store("closed "+strconv.Itoa(int(payload[0])<<8|int(payload[1])), true)
		}
	}
	if age := time.Since(begun); age > 36*time.Second {
		s.t.Errorf("a peer that answers no ping was closed after %v", age)
	}
	slow := s.dial()
	slow.name = "slow"
	s.who["slow"] = slow
	time.Sleep(31 * time.Second) // its welcome is not taken
	for got := ""; got != "closed 1013"; got = slow.next() {
		if strings.HasPrefix(got, "closed") {
			s.t.Fatal(got)
		}
	}
}

func playDraining(s *stage) {
	for range 10 {
		s.post("r", "", slices.Repeat([]string{"line"}, 1000)...)
	}
	s.play(`
		a> {"type":"join","room_id":"r","user_id":"ann","since":"all"}
		a< {"type":"joined","room_id":"r","seq":10000,"members":1}
		a< {"type":"broadcast",…,"seq":1,"time":…}`)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		s.api.Drain(ctx)
		if ctx.Err() != nil {
			s.t.Error("it was cut off")
		}
	}()
	synctest.Wait()
	a, before := s.who["a"], 0
	for message := a.next(); message != `{"type":"goodbye","retry_ms":1000}`; message = a.next() {
		before++
	}
	if before > inOneWrite {
		s.t.Errorf("%d messages of the replay came before goodbye", before)
	}
	a.hears("closed 1012")
	a.write(closeOf(1012, ""))
	<-drained
}
