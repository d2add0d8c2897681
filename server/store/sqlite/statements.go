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
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	return prepare(func(q string) (*sql.Stmt, error) { return conn.PrepareContext(ctx, q) }, []query{
		{&s.log, "INSERT INTO log (last, first, time, samples) VALUES (?, ?, ?, ?)"},
		{&s.meta, "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"},
		{&s.create, `INSERT INTO metrics (num, id, kind, title, unit, floor, ceiling, time, seq, value, flushed, cells)
			VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, x'')`},
		{&s.declare, "UPDATE metrics SET kind = ?, title = ?, unit = ?, floor = ?, ceiling = ? WHERE num = ?"},
		{&s.remove, "DELETE FROM metrics WHERE num = ?"},
		{&s.gone, "INSERT INTO gone (num) VALUES (?)"},
		{&s.key, "SELECT time, digest, outcomes FROM keys WHERE key = ?"},
		{&s.keep, "INSERT OR REPLACE INTO keys (key, time, digest, outcomes) VALUES (?, ?, ?, ?)"},
		{&s.cells, "SELECT cells FROM metrics WHERE num = ?"},
		{&s.flush, "UPDATE metrics SET time = ?, seq = ?, value = ?, flushed = ?, cells = ? WHERE num = ?"},
		{&s.chunk, "SELECT cells FROM chunk WHERE key = ?"},
		{&s.putChunk, "INSERT OR REPLACE INTO chunk (key, cells) VALUES (?, ?)"},
		{&s.pruneLog, `DELETE FROM log WHERE last IN
			(SELECT last FROM (SELECT last, time FROM log WHERE last <= ? ORDER BY last LIMIT ?) WHERE time <= ?)`},
		{&s.pruneKeys, `DELETE FROM keys WHERE n IN
			(SELECT n FROM (SELECT n, time FROM keys ORDER BY n LIMIT ?) WHERE time <= ?)`},
		{&s.pruneChunks, "DELETE FROM chunk WHERE key IN (SELECT key FROM chunk WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?)"},
		{&s.nextGone, "SELECT num FROM gone LIMIT 1"},
		{&s.buried, "DELETE FROM gone WHERE num = ?"},
	})
}

// queries are the readers'; any of their connections runs them.
type queries struct{ rows, log, oldest *sql.Stmt }

func (q *queries) prepare(db *sql.DB) error {
	return prepare(db.Prepare, []query{
		// One statement, so that a metric's open cells and chunks are of one moment.
		{&q.rows, `SELECT -1, flushed, cells FROM metrics WHERE num = ?1
			UNION ALL SELECT key, 0, cells FROM chunk WHERE key BETWEEN ?2 AND ?3`},
		{&q.log, "SELECT first, time, samples FROM log WHERE last > ? ORDER BY last"},
		{&q.oldest, "SELECT first FROM log ORDER BY last LIMIT 1"},
	})
}

type query struct {
	into **sql.Stmt
	text string
}

func prepare(with func(string) (*sql.Stmt, error), list []query) (err error) {
	for _, q := range list {
		if *q.into, err = with(q.text); err != nil {
			return err
		}
	}
	return nil
}
