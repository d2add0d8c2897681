package sqlite

// version is PRAGMA user_version of what schema makes. A later one appends its
// steps to migrations.
const version = 4

// migrations[i] brings a database from version i to i+1, in one transaction.
var migrations = [version]string{`
CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE metrics (
	num     INTEGER PRIMARY KEY AUTOINCREMENT,
	id      TEXT NOT NULL UNIQUE,
	kind    INTEGER NOT NULL,
	title   TEXT NOT NULL,
	unit    TEXT NOT NULL,
	floor   REAL,
	ceiling REAL,
	time    INTEGER NOT NULL, -- head, as of flushed
	seq     INTEGER NOT NULL,
	value   REAL NOT NULL,
	flushed INTEGER NOT NULL, -- seq of the newest sample in cells and chunks
	cells   BLOB NOT NULL     -- open cells of each tier
);
CREATE TABLE gone (num INTEGER PRIMARY KEY); -- deleted metrics whose chunks are still to be removed
CREATE TABLE log (
	last    INTEGER PRIMARY KEY, -- seq
	first   INTEGER NOT NULL,    -- seq
	time    INTEGER NOT NULL,    -- of the commit, ms since 1970
	samples BLOB NOT NULL
);
CREATE TABLE chunk (key INTEGER PRIMARY KEY, cells BLOB NOT NULL); -- rollup.Key
CREATE TABLE keys (
	n        INTEGER PRIMARY KEY, -- rises with time
	key      TEXT NOT NULL UNIQUE,
	time     INTEGER NOT NULL,
	digest   INTEGER NOT NULL,
	outcomes BLOB NOT NULL
);
`, `
CREATE TABLE rooms (
	num    INTEGER PRIMARY KEY AUTOINCREMENT,
	name   TEXT NOT NULL UNIQUE,
	pruned INTEGER NOT NULL, -- every message up to this seq is removed
	time   INTEGER NOT NULL  -- of the newest of these, ms since 1970
);
CREATE TABLE left_rooms (num INTEGER PRIMARY KEY); -- rooms that made place, whose messages are still to be removed
CREATE TABLE messages (
	key   INTEGER PRIMARY KEY, -- messageKey of the room and the last seq
	first INTEGER NOT NULL,    -- seq
	time  INTEGER NOT NULL,    -- of the commit, ms since 1970
	lines BLOB NOT NULL        -- lines.Append
);
`, `
CREATE TABLE runs (
	num   INTEGER PRIMARY KEY, -- that of its room
	run   TEXT NOT NULL,       -- run.Run as JSON
	taken INTEGER NOT NULL,    -- bytes of its output
	rows  INTEGER NOT NULL     -- bytes of the rows of its room
);
`, `
CREATE TABLE boards (
	num      INTEGER PRIMARY KEY,
	id       TEXT NOT NULL UNIQUE,
	title    TEXT NOT NULL,
	panels   INTEGER NOT NULL,
	revision TEXT NOT NULL,
	time     INTEGER NOT NULL, -- when it was put, ms since 1970
	document BLOB NOT NULL
);
`}

// Names in meta.
const (
	metaEpoch     = "epoch"
	metaFlushed   = "flushed"   // every sample up to this seq is in metrics or chunk
	metaForgotten = "forgotten" // seq at which a metric was last deleted
	metaPassed    = "passed"    // highest seq of any room that made place
	metaProbe     = "probe"     // when writing was last tried without a mutation
)
