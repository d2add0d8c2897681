package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/rollup"
	"telltale/shared/run"
	"telltale/shared/series"
)

// ErrTaken says that there is a store already where one is to be made.
var ErrTaken = errors.New("is not empty")

// importBytes is how much of an import one transaction takes.
const importBytes = 8 << 20

// Import makes a store in a directory out of records. Until End nobody else opens what is there,
// whatever becomes of this process; the next import begins anew. It is for one goroutine.
type Import struct {
	store *Store // of which the lock and the writer are used
	dir   string
	tx    *sql.Tx
	bytes int // of the transaction
	sql   map[string]*sql.Stmt

	seq    uint64
	metric uint32 // number of the newest
	runs   map[string]ledger.Standing
	room   int64 // number of the newest
	last   string
	rows   int64 // bytes of its messages
}

// Begin begins an import into a directory, which it makes where there is none. It answers
// ErrTaken where there is a store, and otherwise what Open does.
func Begin(ctx context.Context, dir string, o Options) (*Import, error) {
	i := &Import{store: newStore(o), dir: dir, sql: map[string]*sql.Stmt{}, runs: map[string]ledger.Standing{}}
	if err := i.begin(ctx); err != nil {
		_ = i.store.closeFiles()
		return nil, err
	}
	return i, nil
}

func (i *Import) begin(ctx context.Context) error {
	if err := os.MkdirAll(i.dir, 0o700); err != nil {
		return fmt.Errorf("the data directory %s %w: %w", i.dir, ErrUnwritable, err)
	}
	if err := i.store.openLock(ctx, i.dir); err != nil {
		return err
	}
	if dump.Half(i.dir) != nil {
		if err := i.clear(); err != nil {
			return fmt.Errorf("the data directory %s %w: %w", i.dir, ErrUnwritable, err)
		}
	}
	for _, name := range kept {
		if _, err := os.Lstat(filepath.Join(i.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the data directory %s %w", i.dir, errors.Join(ErrTaken, err))
		}
	}
	if err := i.mark(); err != nil {
		return fmt.Errorf("the data directory %s %w: %w", i.dir, ErrUnwritable, err)
	}
	if err := i.create(ctx); err != nil {
		if left := i.Abandon(); left != nil {
			err = errors.Join(dump.ErrHalf, err, left)
		}
		return err
	}
	return nil
}

// create makes the database.
func (i *Import) create(ctx context.Context) error {
	file := filepath.Join(i.dir, fileName)
	if err := keepPrivate(file); err != nil {
		return fmt.Errorf("the data directory %s %w: %w", i.dir, ErrUnwritable, err)
	}
	// Nothing of it counts before the end, where all of it is synced.
	db, err := sql.Open("sqlite", dsn(file, "_pragma=journal_mode(MEMORY)&_pragma=synchronous(OFF)"))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(2) // the transaction, and one that reads
	i.store.writer = db
	if i.store.conn, err = db.Conn(ctx); err == nil {
		err = errors.Join(i.store.migrate(ctx), i.store.conn.Close())
		i.store.conn = nil
	}
	if err != nil {
		return explain(file, err)
	}
	return nil
}

// kept are the files of a store.
var kept = []string{fileName, "access.db"}

// mark says that what is in the directory is no store yet.
func (i *Import) mark() error {
	file, err := os.OpenFile(filepath.Join(i.dir, dump.HalfFile), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	return SyncDir(i.dir)
}

// clear removes what an import has left, and last the mark.
func (i *Import) clear() error {
	for _, name := range kept {
		for _, beside := range []string{"", "-wal", "-shm", "-journal"} {
			if err := os.Remove(filepath.Join(i.dir, name+beside)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return i.unmark()
}

func (i *Import) unmark() error {
	if err := SyncDir(i.dir); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(i.dir, dump.HalfFile)); err != nil {
		return err
	}
	return SyncDir(i.dir)
}

// SyncDir brings the names in a directory to disk, where a system lets it.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return syncFile(dir)
}

// syncFile brings a file to disk.
func syncFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// Put takes the next record that a dump.Reader has checked; those of tokens and of the audit are not its.
func (i *Import) Put(ctx context.Context, r dump.Record) (err error) {
	switch {
	case r.Store != nil:
		err = i.putStore(ctx, r.Store)
	case r.Metric != nil:
		i.metric++
		m := r.Metric
		err = i.exec(ctx, "INSERT INTO metrics (num, id, kind, title, unit, floor, ceiling, time, seq, value, flushed, cells) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'')",
			i.metric, string(m.ID), int(m.Kind), m.Title, m.Unit, m.Floor, m.Ceiling, m.Time, int64(m.Seq), m.Value, int64(i.seq))
	case r.Cells != nil:
		step := series.Tiers[r.Cells.Tier].Step
		start := int64(0)
		_, err = rollup.EachCell(r.Cells.Cells, step, func(c *rollup.Cell) { start = c.Start })
		if err == nil {
			i.bytes += len(r.Cells.Cells)
			err = i.exec(ctx, "INSERT INTO chunk (key, cells) VALUES (?, ?)", rollup.Key(i.metric, r.Cells.Tier, step, start), r.Cells.Cells)
		}
	case r.Samples != nil:
		b := r.Samples
		i.bytes += len(b.Samples)
		err = i.exec(ctx, "INSERT INTO log (last, first, time, samples) VALUES (?, ?, ?, ?)", int64(b.Last), int64(b.First), b.Time, b.Samples)
	case r.Run != nil:
		i.runs[r.Run.Run.ID] = r.Run.Standing()
	case r.Room != nil:
		err = i.putRoom(ctx, r.Room)
	case r.Messages != nil:
		m := r.Messages
		i.rows += int64(len(m.Lines))
		i.bytes += len(m.Lines)
		err = i.exec(ctx, "INSERT INTO messages (key, first, time, lines) VALUES (?, ?, ?, ?)", messageKey(i.room, m.Last), int64(m.First), m.Time, m.Lines)
	case r.Board != nil:
		b := r.Board
		i.bytes += len(b.Document)
		err = i.exec(ctx, "INSERT INTO boards (id, title, panels, revision, time, document) VALUES (?, ?, ?, ?, ?, ?)", b.ID, b.Title, b.Panels, b.Revision, b.Time, b.Document)
	case r.Key != nil:
		i.bytes += len(r.Key.Answer)
		err = i.exec(ctx, "INSERT INTO keys (key, time, digest, outcomes) VALUES (?, ?, ?, ?)", string(r.Key.Key), r.Key.Time, int64(r.Key.Digest), r.Key.Answer)
	}
	if err == nil && i.bytes >= importBytes {
		err = i.commit()
	}
	if err != nil {
		return explain(filepath.Join(i.dir, fileName), err)
	}
	return nil
}

func (i *Import) putStore(ctx context.Context, s *dump.Store) error {
	i.seq = s.Seq
	for name, n := range map[string]uint64{metaFlushed: s.Seq, metaForgotten: s.Forgotten, metaPassed: s.Passed} {
		if name == metaPassed && n == 0 {
			continue
		}
		if err := i.exec(ctx, "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, int64(n)); err != nil {
			return err
		}
	}
	return nil
}

func (i *Import) putRoom(ctx context.Context, r *dump.Room) error {
	if err := i.endRoom(ctx); err != nil {
		return err
	}
	i.room++
	i.last, i.rows = r.Name, 0
	return i.exec(ctx, "INSERT INTO rooms (num, name, pruned, time) VALUES (?, ?, ?, ?)", i.room, r.Name, int64(r.Pruned), r.Time)
}

// endRoom keeps the run whose room has come to its end.
func (i *Import) endRoom(ctx context.Context) error {
	id, is := strings.CutPrefix(i.last, run.Prefix)
	standing, known := i.runs[id]
	if !is || !known {
		return nil
	}
	delete(i.runs, id)
	text, err := json.Marshal(standing.Run)
	if err != nil {
		return err
	}
	return i.exec(ctx, "INSERT INTO runs (num, run, taken, rows) VALUES (?, ?, ?, ?)", i.room, string(text), int64(standing.Taken), i.rows)
}

// exec runs a statement within the transaction.
func (i *Import) exec(ctx context.Context, query string, args ...any) (err error) {
	if i.tx == nil {
		if i.tx, err = i.store.writer.BeginTx(context.WithoutCancel(ctx), nil); err != nil {
			return err
		}
	}
	stmt := i.sql[query]
	if stmt == nil {
		if stmt, err = i.tx.PrepareContext(ctx, query); err != nil {
			return err
		}
		i.sql[query] = stmt
	}
	i.bytes += 64
	_, err = stmt.ExecContext(ctx, args...)
	return err
}

func (i *Import) commit() error {
	if i.tx == nil {
		return nil
	}
	err := i.tx.Commit()
	i.tx, i.bytes = nil, 0
	clear(i.sql) // they end with it
	return err
}

// Export is the source of what was put so far. No more may be put.
func (i *Import) Export(ctx context.Context, put dump.Put) error {
	if err := errors.Join(i.endRoom(ctx), i.commit()); err != nil {
		return explain(filepath.Join(i.dir, fileName), err)
	}
	return i.store.export(ctx, i.store.writer, put)
}

// End makes what was put a store, durably: from then on it may be opened. Its caller has closed
// what else it has made in the directory.
func (i *Import) End(ctx context.Context) error {
	err := errors.Join(i.endRoom(ctx), i.commit(), i.store.writer.Close())
	i.store.writer = nil
	for _, name := range kept {
		if err == nil {
			if err = syncFile(filepath.Join(i.dir, name)); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
	}
	if err == nil {
		err = i.unmark()
	}
	if err != nil {
		err = fmt.Errorf("the data directory %s %w: %w", i.dir, ErrUnwritable, err)
	}
	return errors.Join(err, i.store.closeFiles())
}

// Abandon removes what was put, where End was not reached.
func (i *Import) Abandon() error {
	if i.tx != nil {
		_ = i.tx.Rollback()
	}
	if i.store.writer != nil {
		_ = i.store.writer.Close()
		i.store.writer = nil
	}
	return errors.Join(i.clear(), i.store.closeFiles())
}
