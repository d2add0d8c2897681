// Package redistest starts a real Redis for a test: on a free port, in a folder of its
// own, syncing each write, and ended with the test. It is the redis-server that is installed, or what
// REDIS_SERVER names: a valkey-server, or another version's.
package redistest

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Server is a redis-server that the test owns.
type Server struct {
	t       testing.TB
	dir     string
	port    int
	options []string
	first   []string   // words before the options; those of a server with AOF where there are none
	secure  *Authority // nil: it speaks in the clear
	process *exec.Cmd
	done    chan struct{} // closed when the process has ended
}

// Start starts a server with AOF, synced with each write, unless options, as redis-server
// takes them, say otherwise. Where none is installed the test fails.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	return (*Authority)(nil).Start(t, options...)
}

// Start is the package's, with TLS alone.
func (a *Authority) Start(t testing.TB, options ...string) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), options: options, secure: a}
	s.start()
	return s
}

// Sentinel starts one that watches over a server, and promotes a replica half a second after
// that is gone. Its name for them is board.
func Sentinel(t testing.TB, master *Server) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), secure: master.secure}
	file := filepath.Join(s.dir, "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor board 127.0.0.1 %d 1\nsentinel down-after-milliseconds board 500\nsentinel failover-timeout board 3000\n", master.port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.first = []string{file, "--sentinel"}
	s.start()
	return s
}

// Replica starts a server that follows another one.
func Replica(t testing.TB, master *Server) *Server {
	t.Helper()
	return master.secure.Start(t, "--replicaof", fmt.Sprintf("127.0.0.1 %d", master.port))
}

// Program is the program of a Redis that does something: server, or benchmark, which lies beside it.
func Program(does string) string {
	return strings.TrimSuffix(cmp.Or(os.Getenv("REDIS_SERVER"), "redis-server"), "server") + does
}

// start begins it on a free port.
func (s *Server) start() {
	s.t.Helper()
	s.port = freePort(s.t)
	s.Begin()
	s.t.Cleanup(s.Kill)
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// Addr is host:port.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL is its address.
func (s *Server) URL() string {
	if s.secure != nil {
		return "rediss://" + s.Addr()
	}
	return "redis://" + s.Addr()
}

// Begin starts it again, after Kill, with what it has on disk.
func (s *Server) Begin() {
	s.t.Helper()
	program, err := exec.LookPath(Program("server"))
	if err != nil {
		s.t.Fatalf("the tests of the store in Redis need %s: %v", Program("server"), err)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	args := slices.Concat(s.first, s.secure.ports(s.port), []string{"--bind", "127.0.0.1", "--dir", s.dir})
	if s.first == nil {
		args = append(append(args, "--save", "", "--appendonly", "yes", "--appendfsync", "always"), s.options...)
	}
	s.process = exec.Command(program, args...)
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.done = make(chan struct{})
	go func(process *exec.Cmd, done chan struct{}) {
		_ = process.Wait()
		close(done)
	}(s.process, s.done)
	s.awaitAnswer()
}

// patience is for a machine that has much else to do, where a server reads a large file as it begins.
const patience = 3 * time.Minute

// awaitAnswer waits until it takes commands.
func (s *Server) awaitAnswer() {
	s.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if s.ping() {
			return
		}
		select {
		case <-s.done:
			text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			s.t.Fatalf("redis-server has ended: %s", text)
		case <-time.After(10 * time.Millisecond):
		}
	}
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	s.t.Fatalf("redis-server does not answer: %s", text[max(0, len(text)-2000):])
}

func (s *Server) ping() bool { return strings.HasPrefix(s.say("PING"), "+PONG") }

// say gives it one command, and answers as much of what it says as comes at once; "" where it says nothing.
func (s *Server) say(command string) string {
	conn, err := s.secure.dial(s.Addr())
	if err != nil {
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return ""
	}
	answer := make([]byte, 64<<10)
	n, _ := conn.Read(answer)
	return string(answer[:n])
}

// Kill ends it at once, as a failing machine would; Begin starts it again.
func (s *Server) Kill() {
	_ = s.process.Process.Kill()
	<-s.done
}

// Copy copies what it has on disk, while it is killed; restore puts that back, while it is
// killed, as a replica that has missed what came since would.
func (s *Server) Copy() (restore func()) {
	s.t.Helper()
	kept, folder := filepath.Join(s.t.TempDir(), "kept"), filepath.Join(s.dir, "appendonlydir")
	if err := os.CopyFS(kept, os.DirFS(folder)); err != nil {
		s.t.Fatal(err)
	}
	return func() {
		s.t.Helper()
		err := os.RemoveAll(folder)
		if err == nil {
			err = os.CopyFS(folder, os.DirFS(kept))
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}
