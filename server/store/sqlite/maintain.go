package sqlite

import (
	"context"
	"time"
)

// How often the store looks after itself.
const (
	probeEvery  = time.Second // tries to write, where the last write failed
	flushEvery  = 4 * time.Second
	retainEvery = time.Minute
	retainShare = 60 // each time one of so many shares of the metrics has its chunks looked at
)

// keepUp flushes, retains and probes until the store is closed.
func (s *Store) keepUp(ctx context.Context) {
	probe, flush, retain := time.NewTicker(probeEvery), time.NewTicker(flushEvery), time.NewTicker(retainEvery)
	defer probe.Stop()
	defer flush.Stop()
	defer retain.Stop()
	for {
		// Failures are kept for Writable, and tried again the next time.
		select {
		case <-ctx.Done():
			return
		case <-probe.C:
			s.probe()
		case <-flush.C:
			_ = s.flush()
		case <-s.wake:
			_ = s.flush()
		case <-retain.C:
			_ = s.retain(ctx, retainShare)
			_ = s.retainRooms(ctx)
		case <-s.full:
			_ = s.retainRooms(ctx)
		}
	}
}

// Maintain does at once, and to the end, what the store otherwise does bit by
// bit: it flushes what it may and removes what is older than its tier keeps.
func (s *Store) Maintain(ctx context.Context) error {
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.retain(ctx, 1); err != nil {
		return err
	}
	if err := s.retainRooms(ctx); err != nil {
		return err
	}
	return s.copyJournal(ctx)
}

// probe tries to write where the last write failed.
func (s *Store) probe() {
	s.mu.RLock()
	broken := s.broken
	s.mu.RUnlock()
	if broken == nil {
		return
	}
	s.w.Lock()
	defer s.w.Unlock()
	_ = s.transaction(func() error {
		_, err := s.sql.meta.Exec(metaProbe, s.now())
		return err
	})
}
