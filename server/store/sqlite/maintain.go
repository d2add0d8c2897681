package sqlite

import (
	"context"
	"fmt"
	"time"
)

// How often the store looks after itself.
const (
	lookEvery   = time.Second // whether to write again where the last write failed, and to copy the journal
	flushEvery  = 4 * time.Second
	retainEvery = time.Minute
	retainShare = 60 // each time one of so many shares of the metrics has its chunks looked at
)

// keepUp flushes, retains and probes until the store is closed.
func (s *Store) keepUp(ctx context.Context) {
	defer close(s.done)
	look, flush, retain := time.NewTicker(lookEvery), time.NewTicker(flushEvery), time.NewTicker(retainEvery)
	defer look.Stop()
	defer flush.Stop()
	defer retain.Stop()
	for {
		// Failures are kept for Writable, and tried again the next time.
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			s.probe()
			_ = s.copyJournal(ctx)
		case <-flush.C:
			_ = s.flush()
		case <-s.wake:
			_ = s.flush()
		case <-retain.C:
			_ = s.retain(ctx, retainShare)
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

// Pages of the journal.
const (
	copyAfter = 1000 // they are copied into the file beside the mutations
	holdAfter = 8000 // what is left is copied while mutations wait, so that the journal begins anew
)

// copyJournal copies the write-ahead log into the database file (a checkpoint),
// on a connection of its own: SQLite would do it within some mutation's commit.
func (s *Store) copyJournal(ctx context.Context) error {
	pages, copied, err := s.checkpoint(ctx, "NOOP")
	if err != nil || pages-copied < copyAfter {
		return err
	}
	if pages, _, err = s.checkpoint(ctx, "PASSIVE"); err != nil || pages < holdAfter {
		return err
	}
	s.w.Lock()
	defer s.w.Unlock()
	_, _, err = s.checkpoint(ctx, "PASSIVE")
	return err
}

// checkpoint answers how many pages the journal has and how many are copied.
func (s *Store) checkpoint(ctx context.Context, mode string) (pages, copied int, err error) {
	var busy bool
	err = s.copier.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &copied)
	if err != nil {
		err = fmt.Errorf("copy the journal: %w", err)
	}
	return pages, copied, err
}
