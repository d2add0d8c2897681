package capture

import (
	"context"
	"time"
)

// Of what waits to be reported, bytes: where it is more than a flood and less than it
// is time to hurry for, the command goes first.
const (
	flood = 2 << 20
	hurry = 128 << 20
)

// mostYield is the longest time that who follows a flood sees nothing.
const mostYield = 250 * time.Millisecond

// Yield leaves the machine to a command that pours out more than can be followed
// anyway, by whoever reports it and took so long for the last piece: reporting has a
// tenth of the time, until over is closed, when the command has ended.
func (s *Spool) Yield(ctx context.Context, took time.Duration, over <-chan struct{}) {
	s.mu.Lock()
	waits := s.ends - s.base
	s.mu.Unlock()
	if waits < flood || waits > hurry {
		return
	}
	timer := time.NewTimer(min(9*took, mostYield))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-over:
	case <-ctx.Done():
	}
}
