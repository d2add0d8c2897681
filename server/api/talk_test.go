package api

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/wire"
)

// stage is a whole server whose wires are in memory and hold nothing, and whose
// time is virtual: it stands still while anything is under way.
type stage struct {
	t     *testing.T
	api   *API
	store *sqlite.Store
	wires *wires
	who   map[string]*talker
	seen  sync.Map // types, codes and close codes that went over the wire

	headers []string // of who connects next
	user    string   // that their token names
}

// act runs a test on a stage.
func act(t *testing.T, keep sqlite.Options, policy SlowClient, test func(s *stage)) {
	t.Helper()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store, err := sqlite.Open(t.Context(), folder, keep)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		h := hub.New(store.Epoch(), 0, nil)
		s := &stage{t: t, store: store, wires: &wires{conns: make(chan net.Conn), done: make(chan struct{})}, who: map[string]*talker{},
			api: New(Options{Ledger: ledger.New(store, h), Hub: h, Writable: store.Writable, Pages: http.NotFoundHandler(), Assets: http.NotFoundHandler(),
				Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "v0", SlowClient: policy})}
		server := &http.Server{Handler: s.api.Routes()}
		go func() { _ = server.Serve(s.wires) }()
		defer server.Close()
		defer func() {
			for _, k := range s.who {
				_ = k.Close()
			}
			synctest.Wait()
			if open := s.api.Sockets(); open != 0 {
				t.Errorf("%d sockets are left", open)
			}
			if rooms := h.Rooms(); len(rooms) != 0 {
				t.Errorf("somebody is still in %v", rooms)
			}
		}()
		test(s)
	})
}

// dial opens a connection and does nothing with it.
func (s *stage) dial() *talker {
	ours, theirs := net.Pipe()
	s.wires.conns <- theirs
	return &talker{stage: s, bare: shake(s.t, ours, "/ws", s.headers...), rand: rand.New(rand.NewPCG(1, 2))}
}

// play plays a script: "alice> text" is sent by alice, who connects with her first
// line, "alice< text" is the next that she gets; … stands for anything.
func (s *stage) play(script string) {
	s.t.Helper()
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		at := strings.IndexAny(line, "<>")
		if line == "" || at < 0 {
			continue
		}
		name, text := strings.TrimSpace(line[:at]), strings.TrimSpace(line[at+1:])
		k := s.who[name]
		if k == nil {
			k = s.dial()
			k.name = name
			s.who[name] = k
			k.hears(`{"type":"welcome","session":"…","epoch":"` + s.store.Epoch() + `","time":…,"version":"v0","user":"` + s.user + `"}`)
		}
		if line[at] == '>' {
			k.say(text)
		} else {
			k.hears(text)
		}
	}
}

// silent checks that nobody gets anything more.
func (s *stage) silent() {
	s.t.Helper()
	for name, k := range s.who {
		for opcode := byte(opPing); opcode == opPing; {
			_ = k.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			var payload []byte
			var err error
			opcode, payload, err = k.frame()
			_ = k.SetReadDeadline(time.Time{})
			switch {
			case err == nil && opcode == opPing:
				k.write(pongOf(string(payload)))
			case !errors.Is(err, os.ErrDeadlineExceeded):
				s.t.Errorf("%s got %s, %v besides", name, payload, err)
			}
		}
	}
}

// post says something in a room as somebody who is not there does.
func (s *stage) post(room, sender string, contents ...string) uint64 {
	s.t.Helper()
	p := ledger.Post{Room: room, Sender: sender}
	for _, c := range contents {
		p.Lines = append(p.Lines, ledger.Line{Content: c})
	}
	posted, err := s.api.Ledger.Post(s.t.Context(), p)
	if err != nil || posted.Err != nil {
		s.t.Fatal(err, posted.Err)
	}
	return posted.Last
}

// talker is a client that answers pings and otherwise reads when it is told to.
type talker struct {
	bare
	stage *stage
	name  string
	rand  *rand.Rand
}

func (k *talker) say(message string) {
	k.stage.t.Helper()
	k.write(textOf(message))
	if e, err := wire.Open([]byte(message)); err == nil {
		k.stage.seen.Store("> "+e.Type, true)
	}
}

func (k *talker) write(f rawFrame) {
	k.stage.t.Helper()
	if _, err := k.Write(f.bytes(k.rand)); err != nil {
		k.stage.t.Errorf("%s: %v", k.name, err)
	}
}

// next is the next message, or "closed CODE".
func (k *talker) next() string {
	k.stage.t.Helper()
	for {
		opcode, payload, err := k.frame()
		switch {
		case err != nil:
			k.stage.t.Fatalf("%s: %v", k.name, err)
		case opcode == opPing:
			k.write(pongOf(string(payload)))
		case opcode == opClose:
			closed := fmt.Sprintf("closed %d", binary.BigEndian.Uint16(payload))
			k.stage.seen.Store(closed, true)
			return closed
		case opcode == opText:
			k.note(payload)
			return string(payload)
		}
	}
}

func (k *talker) note(message []byte) {
	var e wire.Error
	envelope, err := wire.Open(message)
	if err == nil {
		err = wire.Decode(message, &e)
	}
	if err != nil {
		k.stage.t.Fatalf("%s got %s: %v", k.name, message, err)
	}
	k.stage.seen.Store("< "+envelope.Type, true)
	if envelope.Type == wire.TypeError {
		k.stage.seen.Store(e.Code, true)
		if len(e.Detail) < 10 {
			k.stage.t.Errorf("%s is told no more than %s", k.name, message)
		}
	}
}

func (k *talker) hears(want string) {
	k.stage.t.Helper()
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*")
	if got := k.next(); !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
		k.stage.t.Fatalf("%s got  %s\nwant %s", k.name, got, want)
	}
}
