package tokens

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"telltale/server/store/dump"
	"telltale/shared/access"
)

const fileName = "access.db"

// version is PRAGMA user_version of what schema makes.
const version = 1

const schema = `
CREATE TABLE tokens (
	id      TEXT PRIMARY KEY,
	name    TEXT NOT NULL UNIQUE,
	user    TEXT NOT NULL,
	scopes  TEXT NOT NULL,
	hash    BLOB NOT NULL UNIQUE,
	created INTEGER NOT NULL, -- ms since 1970
	expires INTEGER NOT NULL, -- 0 never
	board   TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE changes (n INTEGER NOT NULL);
INSERT INTO changes (n) VALUES (1);
CREATE TABLE audit (
	seq   INTEGER PRIMARY KEY AUTOINCREMENT,
	time  INTEGER NOT NULL, -- ms since 1970
	user  TEXT NOT NULL,
	token TEXT NOT NULL,
	place TEXT NOT NULL,
	did   TEXT NOT NULL,
	about TEXT NOT NULL,
	more  TEXT NOT NULL
);
PRAGMA user_version = 1;
`

// Store is access.Store in a file. It is safe for concurrent use, also by several processes.
type Store struct {
	db     *sql.DB
	now    func() time.Time
	events int // kept at least
}

// Options are what tests choose otherwise.
type Options struct {
	Now       func() time.Time // nil for time.Now
	MaxEvents int              // 0 for access.MaxEvents
	Importing bool             // also where an import has not ended: it is this one
}

// The ways Open refuses, besides those of the file system, and dump.ErrHalf.
var (
	ErrNewer   = errors.New("was written by a newer telltale")
	ErrCorrupt = errors.New("is damaged")
)

// Open opens the store in a directory, which it makes where there is none.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := dump.Half(dir); err != nil && !o.Importing {
		return nil, fmt.Errorf("the data directory %s %w", dir, err)
	}
	file := filepath.Join(dir, fileName)
	// SQLite gives the files beside it the same mode.
	made, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", file, err)
	}
	_ = made.Close()
	where := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: "_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"}
	db, err := sql.Open("sqlite", where.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db, now: o.Now, events: o.MaxEvents}
	if s.now == nil {
		s.now = time.Now
	}
	if s.events == 0 {
		s.events = access.MaxEvents
	}
	if err := s.within(ctx, migrate); err != nil {
		_ = db.Close()
		var of *sqlite.Error
		if errors.As(err, &of) && (of.Code()&0xff == lib.SQLITE_NOTADB || of.Code()&0xff == lib.SQLITE_CORRUPT) {
			err = fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return s, nil
}

func migrate(ctx context.Context, tx *sql.Tx) error {
	var have int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	switch {
	case have > version:
		return ErrNewer
	case have == version:
		return nil
	}
	_, err := tx.ExecContext(ctx, schema)
	return err
}

// Close ends this opening.
func (s *Store) Close() error { return s.db.Close() }

// within does all of do in one transaction, or nothing.
func (s *Store) within(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(ctx, tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// changing is within for what Tokens shows.
func (s *Store) changing(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	return s.within(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := do(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE changes SET n = n + 1")
		return err
	})
}

// Version implements access.Store.
func (s *Store) Version(ctx context.Context) (n uint64, err error) {
	if err = s.db.QueryRowContext(ctx, "SELECT n FROM changes").Scan(&n); err != nil {
		return 0, fmt.Errorf("read the version of the tokens: %w", err)
	}
	return n, nil
}
