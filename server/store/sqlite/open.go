package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/shared/metric"
)

// The ways Open refuses. Each error is one sentence that names the path.
var (
	ErrUnwritable = errors.New("cannot be written")
	ErrLocked     = errors.New("is in use by another telltale process")
	ErrCorrupt    = errors.New("is damaged")
	ErrNewer      = errors.New("was written by a newer telltale")
)

const (
	fileName = "telltale.db"
	lockName = "telltale.lock"
)

// Open opens the store in a directory, which it makes where there is none, and
// which no other process may have open. Its errors wrap ErrUnwritable, ErrLocked,
// ErrCorrupt, ErrNewer or dump.ErrHalf where it is one of these.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	s := newStore(o)
	if err := s.open(ctx, dir); err != nil {
		_ = s.closeFiles()
		return nil, err
	}
	ctx, s.stop = context.WithCancel(context.Background())
	s.tasks.Go(func() { s.keepUp(ctx) })
	s.tasks.Go(func() { s.keepCopying(ctx) })
	return s, nil
}

func newStore(o Options) *Store {
	return &Store{options: o.withDefaults(), bounds: usual, sync: datasync, metrics: map[metric.ID]*entry{}, byNum: map[uint32]*entry{},
		rooms: rooms{byName: map[string]*roomEntry{}}, runs: runs{byID: map[string]*runEntry{}}, boards: boards{byID: map[string]ledger.Board{}},
		wake: make(chan struct{}, 1), grown: make(chan struct{}, 1), full: make(chan struct{}, 1)}
}

func (o Options) withDefaults() Options {
	o.Limits = o.Limits.WithDefaults()
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func (s *Store) open(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the data directory %s %w: %w", dir, ErrUnwritable, err)
	}
	if err := s.openLock(ctx, dir); err != nil {
		return err
	}
	if err := dump.Half(dir); err != nil {
		return fmt.Errorf("the data directory %s %w", dir, err)
	}
	file := filepath.Join(dir, fileName)
	if err := keepPrivate(file); err != nil {
		return fmt.Errorf("the data directory %s %w: %w", dir, ErrUnwritable, err)
	}
	if err := s.openWriter(ctx, file); err != nil {
		return explain(file, err)
	}
	if err := s.openReaders(file); err != nil {
		return explain(file, err)
	}
	if err := s.openJournal(file + "-wal"); err != nil {
		return explain(file, err)
	}
	if err := s.load(ctx); err != nil {
		return explain(file, err)
	}
	return nil
}

// keepPrivate makes a new database one that nobody but its owner reads, whatever the directory lets them see; SQLite
// gives the files beside it the same mode. One that is there keeps its own.
func keepPrivate(file string) error {
	made, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return made.Close()
}

// openLock holds a lock on the directory for as long as this process lives: an
// empty database in an exclusive transaction, which SQLite's file locks, given
// back by every kernel when a process dies, keep from all others.
func (s *Store) openLock(ctx context.Context, dir string) (err error) {
	if s.lock, err = sql.Open("sqlite", dsn(filepath.Join(dir, lockName), "_pragma=journal_mode(MEMORY)")); err != nil {
		return err
	}
	s.lock.SetMaxOpenConns(1)
	if _, err = s.lock.ExecContext(ctx, "BEGIN EXCLUSIVE"); err == nil {
		return nil
	}
	if code(err) == lib.SQLITE_BUSY {
		return fmt.Errorf("the data directory %s %w", dir, ErrLocked)
	}
	return fmt.Errorf("the data directory %s %w: %w", dir, ErrUnwritable, err)
}

func dsn(file, query string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: query}
	return u.String()
}

func (s *Store) openWriter(ctx context.Context, file string) (err error) {
	s.writer, err = sql.Open("sqlite", dsn(file,
		"_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=wal_autocheckpoint(0)"))
	if err != nil {
		return err
	}
	if s.conn, err = s.writer.Conn(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.prepareWriter(ctx)
}

// migrate brings the file to this build's schema; a new one gets its epoch.
func (s *Store) migrate(ctx context.Context) error {
	var have int
	if err := s.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if have > version {
		return ErrNewer
	}
	if have == version {
		return nil
	}
	return s.commit(func() error {
		for _, step := range migrations[have:] {
			if err := s.exec(step); err != nil {
				return err
			}
		}
		if have == 0 {
			const begin = "INSERT INTO meta (name, value) VALUES (?, ?), (?, 0), (?, 0)"
			if _, err := s.conn.ExecContext(ctx, begin, metaEpoch, rand.Text()[:16], metaFlushed, metaForgotten); err != nil {
				return err
			}
		}
		return s.exec(fmt.Sprintf("PRAGMA user_version = %d", version))
	})
}

func (s *Store) openReaders(file string) (err error) {
	if s.copier, err = sql.Open("sqlite", dsn(file, "_pragma=busy_timeout(5000)")); err != nil {
		return err
	}
	s.copier.SetMaxOpenConns(1)
	s.readers, err = sql.Open("sqlite", dsn(file, "mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)"))
	if err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(4)
	s.readers.SetMaxIdleConns(4)
	return s.prepareReaders()
}

// Close ends the store; what was acknowledged is on disk already. Calls that
// come later get ledger.ErrUnavailable.
func (s *Store) Close() error {
	s.stop()
	s.tasks.Wait()
	s.w.Lock()
	defer s.w.Unlock()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.closeFiles()
}

func (s *Store) closeFiles() error {
	var errs []error
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.journal != nil {
		errs = append(errs, s.journal.Close())
	}
	for _, db := range []*sql.DB{s.readers, s.copier, s.writer, s.lock} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// code is SQLite's primary result code of an error; 0 where it has none.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// explain names the file in the error of opening it, and says what ails it.
func explain(file string, err error) error {
	switch code(err) {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_FULL, lib.SQLITE_PERM, lib.SQLITE_IOERR:
		err = fmt.Errorf("%w: %w", ErrUnwritable, err)
	case lib.SQLITE_BUSY:
		err = fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return fmt.Errorf("the database %s %w", file, err)
}
