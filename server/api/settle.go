package api

import (
	"sync"
	"time"
)

const (
	throng      = 500              // connections, whose handshakes leave some MiB
	settleAfter = 2 * time.Second  // without another handshake
	settleLast  = 30 * time.Second // though others come
)

// settling gives back to the machine what the handshakes of a crowd left, once no more of
// them come: some five KiB for each connection (measured with ten thousand), which would
// otherwise stay until the next crowd. Safe for concurrent use.
type settling struct {
	give func()

	mu    sync.Mutex // guards what follows
	came  int        // of the crowd
	begun time.Time  // when it was one
	last  time.Time
	timer *time.Timer // runs while there is a crowd
}

func newSettling(give func()) *settling { return &settling{give: give} }

// come counts a connection. Those that come one by one are no crowd.
func (s *settling) come() {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil && now.Sub(s.last) > settleAfter {
		s.came = 0
	}
	s.last = now
	if s.came++; s.came == throng {
		s.begun = now
		s.timer = time.AfterFunc(settleAfter, s.settle)
	}
}

func (s *settling) settle() {
	s.mu.Lock()
	rest := settleAfter - time.Since(s.last)
	if rest > 0 && time.Since(s.begun) < settleLast {
		s.timer.Reset(rest)
		s.mu.Unlock()
		return
	}
	s.came, s.timer = 0, nil
	s.mu.Unlock()
	s.give()
}
