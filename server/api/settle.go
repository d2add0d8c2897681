package api

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	throng      = 500             // connections, whose handshakes leave some MiB
	settleAfter = 2 * time.Second // without another handshake
)

// settling gives back to the machine what the handshakes of a crowd left, once no more of
// them come: some five KiB for each connection (measured with ten thousand), which would
// otherwise stay until the next crowd. Safe for concurrent use.
type settling struct {
	came  atomic.Int64
	timer *time.Timer
}

func newSettling() *settling {
	s := &settling{}
	s.timer = time.AfterFunc(settleAfter, func() {
		s.came.Store(0)
		debug.FreeOSMemory()
	})
	s.timer.Stop()
	return s
}

// come counts a connection.
func (s *settling) come() {
	if s.came.Add(1) >= throng {
		s.timer.Reset(settleAfter)
	}
}
