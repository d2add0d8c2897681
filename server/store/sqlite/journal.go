package sqlite

import (
	"context"
	"fmt"
	"os"
)

// openJournal opens the write-ahead log once more, to sync it. SQLite's own way,
// synchronous=FULL, is fsync, which also waits for the file's times to be
// written: on a busy disk that took twice as long. No lock lies on that file.
func (s *Store) openJournal(name string) (err error) {
	s.journal, err = os.Open(name)
	return err
}

// syncJournal makes all that was committed durable. Once it fails nobody knows
// what is on disk: the kernel may have dropped what it could not write. Nothing is
// written any more until a start reads what there is.
func (s *Store) syncJournal() error {
	if err := s.sync(s.journal); err != nil {
		s.lost = fmt.Errorf("the disk failed to sync, and may have lost what was not acknowledged; restart telltale: %w", err)
	}
	return s.lost
}

// lookEvery is how many commits lie between two looks at the journal.
const lookEvery = 256

// keepCopying copies the journal, SQLite's write-ahead log, into the database
// file (a checkpoint) beside the mutations, on a connection of its own. SQLite
// would do it within some mutation's commit.
func (s *Store) keepCopying(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.grown:
			_ = s.copyJournal(ctx) // tried again some commits later
		}
	}
}

// copyJournal copies the bulk of the journal while mutations go on. Where it has
// grown large it then copies, while they wait, the few pages that they have added
// meanwhile, so that the next commit begins the journal anew: over blocks that
// the disk has already, which syncs in half the time that growing it takes.
func (s *Store) copyJournal(ctx context.Context) error {
	pages, copied, err := s.checkpoint(ctx, "NOOP")
	if err != nil || pages-copied < s.bounds.copyAfter {
		return err
	}
	if _, _, err = s.checkpoint(ctx, "PASSIVE"); err != nil || pages < s.bounds.holdAfter {
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
