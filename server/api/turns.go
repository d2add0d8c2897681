package api

import (
	"runtime"
	"sync"
)

// turns are what sockets and streams write by: so few of them at once that what
// comes in is soon served. Without, each step of a request stands behind one write
// for each viewer (measured: five hundred viewers, 20 ms a step). Who has something to
// write stands in line, and a writer, of which there are fewer than processors, goes
// through it: a socket that is idle has no goroutine that would write, and ten thousand
// that are given a message are not woken, one after the other (measured: a wake-up costs
// a sixth of a write).
type turns struct {
	mu          sync.Mutex
	free        int // writers that may begin
	first, last *turn
}

// turn is a place in the line: of a socket, or of who waits for it to come.
type turn struct {
	socket *socket
	came   chan struct{}
	behind *turn
}

func newTurns() turns { return turns{free: max(1, runtime.GOMAXPROCS(0)-1)} }

// line puts a turn at the end, where somebody will come to it.
func (t *turns) line(one *turn) {
	t.mu.Lock()
	if t.last == nil {
		t.first = one
	} else {
		t.last.behind = one
	}
	t.last = one
	begin := t.free > 0
	if begin {
		t.free--
	}
	t.mu.Unlock()
	if begin {
		go t.write()
	}
}

// wait returns when all who stood in line before have had their turn.
func (t *turns) wait() {
	one := &turn{came: make(chan struct{})}
	t.line(one)
	<-one.came
}

// polite is how many sockets are written to, some 10 µs each, before all that is ready to run
// goes first. That wakes another thread to look for it (measured: with 8 a twentieth of what a
// delivery costs), and mostly a processor is free for it anyhow.
const polite = 64

// write goes through the line until nobody is left, or until it had to wait for a peer.
func (t *turns) write() {
	for n := 1; ; n++ {
		t.mu.Lock()
		one := t.first
		if one == nil {
			t.free++
			t.mu.Unlock()
			return
		}
		if t.first = one.behind; t.first == nil {
			t.last = nil
		}
		one.behind = nil
		t.mu.Unlock()
		if one.socket == nil {
			close(one.came)
		} else if !one.socket.turned() {
			return
		}
		if n%polite == 0 {
			runtime.Gosched()
		}
	}
}

// leave is called by a writer that has to wait: another may take its place.
func (t *turns) leave() {
	t.mu.Lock()
	begin := t.first != nil
	if !begin {
		t.free++
	}
	t.mu.Unlock()
	if begin {
		go t.write()
	}
}
