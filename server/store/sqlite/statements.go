package sqlite

import (
	"context"
	"database/sql"
)

// statements are the writer's; all run on its one connection.
type statements struct {
	log, meta                        *sql.Stmt
	create, declare, remove, gone    *sql.Stmt
	key, keep                        *sql.Stmt
	cells, flush                     *sql.Stmt
	chunk, putChunk                  *sql.Stmt
	pruneLog, pruneKeys, pruneChunks *sql.Stmt
	nextGone, buried                 *sql.Stmt

	createRoom, leaveRoom, left        *sql.Stmt
	say, pruneMessages, pruned, oldest *sql.Stmt
	nextLeft, pruneLeft, emptied       *sql.Stmt

	keepRun, leaveRun, runRows *sql.Stmt
	rowSizes, removeMessages   *sql.Stmt

	putBoard, removeBoard *sql.Stmt
}

func (s *Store) prepareWriter(ctx context.Context) error {
	return s.prepare(func(q string) (*sql.Stmt, error) { return s.conn.PrepareContext(ctx, q) }, []query{
		{&s.sql.log, "INSERT INTO log (last, first, time, samples) VALUES (?, ?, ?, ?)"},
		{&s.sql.meta, "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"},
		{&s.sql.create, `INSERT INTO metrics (num, id, kind, title, unit, floor, ceiling, time, seq, value, flushed, cells)
			VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, x'')`},
		{&s.sql.declare, "UPDATE metrics SET kind = ?, title = ?, unit = ?, floor = ?, ceiling = ? WHERE num = ?"},
		{&s.sql.remove, "DELETE FROM metrics WHERE num = ?"},
		{&s.sql.gone, "INSERT INTO gone (num) VALUES (?)"},
		{&s.sql.key, "SELECT time, digest, outcomes FROM keys WHERE key = ?"},
		{&s.sql.keep, "INSERT OR REPLACE INTO keys (key, time, digest, outcomes) VALUES (?, ?, ?, ?)"},
		{&s.sql.cells, "SELECT cells FROM metrics WHERE num = ?"},
		{&s.sql.flush, "UPDATE metrics SET time = ?, seq = ?, value = ?, flushed = ?, cells = ? WHERE num = ?"},
		{&s.sql.chunk, "SELECT cells FROM chunk WHERE key = ?"},
		{&s.sql.putChunk, "INSERT OR REPLACE INTO chunk (key, cells) VALUES (?, ?)"},
		{&s.sql.pruneLog, `DELETE FROM log WHERE last IN
			(SELECT last FROM (SELECT last, time FROM log WHERE last <= ? ORDER BY last LIMIT ?) WHERE time <= ?)`},
		{&s.sql.pruneKeys, `DELETE FROM keys WHERE n IN
			(SELECT n FROM (SELECT n, time FROM keys ORDER BY n LIMIT ?) WHERE time <= ?)`},
		{&s.sql.pruneChunks, "DELETE FROM chunk WHERE key IN (SELECT key FROM chunk WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?)"},
		{&s.sql.nextGone, "SELECT num FROM gone LIMIT 1"},
		{&s.sql.buried, "DELETE FROM gone WHERE num = ?"},
		{&s.sql.createRoom, "INSERT INTO rooms (num, name, pruned, time) VALUES (?, ?, ?, ?)"},
		{&s.sql.leaveRoom, "DELETE FROM rooms WHERE num = ?"},
		{&s.sql.left, "INSERT INTO left_rooms (num) VALUES (?)"},
		{&s.sql.say, "INSERT INTO messages (key, first, time, lines) VALUES (?, ?, ?, ?)"},
		{&s.sql.pruneMessages, `DELETE FROM messages WHERE key IN
			(SELECT key FROM (SELECT key, time FROM messages WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?5) WHERE key < ?3 OR time <= ?4)
			RETURNING key, time`},
		{&s.sql.pruned, "UPDATE rooms SET pruned = ?, time = ? WHERE num = ?"},
		{&s.sql.oldest, "SELECT time FROM messages WHERE key BETWEEN ? AND ? ORDER BY key LIMIT 1"},
		{&s.sql.nextLeft, "SELECT num FROM left_rooms LIMIT 1"},
		{&s.sql.pruneLeft, "DELETE FROM messages WHERE key IN (SELECT key FROM messages WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?)"},
		{&s.sql.emptied, "DELETE FROM left_rooms WHERE num = ?"},
		{&s.sql.keepRun, "INSERT OR REPLACE INTO runs (num, run, taken, rows) VALUES (?, ?, ?, ?)"},
		{&s.sql.leaveRun, "DELETE FROM runs WHERE num = ?"},
		{&s.sql.runRows, "UPDATE runs SET rows = ? WHERE num = ?"},
		{&s.sql.rowSizes, "SELECT key, time, length(lines) FROM messages WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?"},
		{&s.sql.removeMessages, "DELETE FROM messages WHERE key BETWEEN ? AND ?"},
		{&s.sql.putBoard, "INSERT OR REPLACE INTO boards (id, title, panels, revision, time, document) VALUES (?, ?, ?, ?, ?, ?)"},
		{&s.sql.removeBoard, "DELETE FROM boards WHERE id = ?"},
	})
}

// queries are the readers'; any of their connections runs them.
type queries struct{ rows, newest, log, messages, rowOf *sql.Stmt }

func (s *Store) prepareReaders() error {
	return s.prepare(s.readers.Prepare, []query{
		// One statement, so that a metric's open cells and chunks are of one moment.
		{&s.query.rows, `SELECT -1, flushed, cells FROM metrics WHERE num = ?1
			UNION ALL SELECT key, 0, cells FROM chunk WHERE key BETWEEN ?2 AND ?3`},
		// Of two chunks the older begins before the time that is asked for.
		{&s.query.newest, `SELECT -1, flushed, cells FROM metrics WHERE num = ?1
			UNION ALL SELECT * FROM (SELECT key, 0, cells FROM chunk WHERE key BETWEEN ?2 AND ?3 ORDER BY key DESC LIMIT 2)`},
		{&s.query.log, "SELECT first, time, samples FROM log WHERE last > ? ORDER BY last"},
		{&s.query.messages, "SELECT first, time, lines FROM messages WHERE key BETWEEN ? AND ? ORDER BY key"},
		{&s.query.rowOf, "SELECT key, first, time FROM messages WHERE key BETWEEN ? AND ? ORDER BY key LIMIT 1"},
	})
}

type query struct {
	into **sql.Stmt
	text string
}

// prepare also notes the statements, to be closed before their connections: a
// connection with an open statement lives on after its Close.
func (s *Store) prepare(with func(string) (*sql.Stmt, error), list []query) error {
	for _, q := range list {
		stmt, err := with(q.text)
		if err != nil {
			return err
		}
		*q.into = stmt
		s.prepared = append(s.prepared, stmt)
	}
	return nil
}
