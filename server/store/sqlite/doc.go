// Package sqlite is the embedded store: one SQLite file in the data directory,
// through the pure-Go modernc.org/sqlite.
//
// What lies where:
//
//   - log: one row a committed batch: first and last seq, when it was committed,
//     its samples as a blob. Appending it is all that a mutation waits for.
//   - metrics: a row a metric: number, name, declaration; and, as of the seq in
//     flushed: its head and the open cells of each tier.
//   - chunk: a row for each stretch of a tier of a metric: many cells in a blob.
//   - keys: idempotency keys with the outcomes they were given.
//   - rooms: a row a room: number, name, and up to which seq retention has removed
//     its messages.
//   - messages: a row for each room of a committed batch of posts, or several where
//     it has over 64 KiB: first and last seq, when it was committed, its messages as
//     a blob. The rows of a room lie together, in order.
//   - runs: a row a run, of the number of its room: how it stands, and the bytes of
//     its room's rows.
//   - boards: a row a board, its document in it.
//   - meta: epoch; flushed: every sample up to that seq is in metrics or chunk;
//     passed: the highest seq of any room that made place.
//
// While the file telltale.import stands beside it, none of it is a store: an import has not ended.
// An export is one transaction, of which another process can have one beside this one's.
//
// Samples since a metric's last flush, its tail, are in memory as well. A flush
// moves tails into the open cells, a group of metrics a transaction, each
// with the seq of the last sample it took. A metric's history as of seq N is
// therefore its chunks, its open cells and those samples of its tail that lie
// after its flushed seq and not after N. Once a tier's open cells are many, all
// but the newest are moved to their chunks. A start reads the metrics and replays
// the log after meta's flushed, leaving out what a metric has already; so a
// kill in the middle of a flush neither loses nor doubles.
//
// A flush leaves out the samples of the last round, so that a reader who
// was told of seq N a moment ago finds a store that can still tell it apart.
//
// Of a room memory has its extent alone. A start takes it from the keys of the
// room's first and last row; posting therefore writes nothing but the messages.
// Retention removes whole rows; what is beyond a bound within a row that stays, or
// until retention comes by, the extent hides: by count it is arithmetic, by age a
// search among the rows, whose times rise, remembered until more is too old.
// The rows of a room that made place are removed later too: its number is not used
// again, and a new room of that name has another one.
//
// Of a run memory has how it stands. The bounds of rooms do not hold for its room,
// of which whole rows are removed where the rest is still as much as its bound.
//
// Boards are in memory as they are in their table, at most ledger.MaxBoardsSize.
//
// A commit is durable once SQLite's write-ahead log, the journal, is synced, which
// this package does itself (journal.go). Flushes and retention are not synced: the
// journal keeps their order, so they are durable with the next mutation, and a
// start does without them.
//
// Invariants:
//   - One writer connection, used under the lock w alone; readers have their own.
//   - What readers see in memory is durable: it changes after the commit.
//   - Memory for a metric is its entry and its tail; all tails together hold at
//     most maxTail samples and one batch.
//   - Numbers of metrics are never used again, and those of rooms not before four
//     million were, and nothing of the one before is left; so what a deleted one
//     leaves in the log, in chunks and in messages can be removed later, in small steps.
//
// Lock order: w, then mu. w is held over a transaction, mu for moments only.
//
// It must not know who asks, and hears of no one: publishing is the ledger's.
//
// Rejected: a row a sample (a fifth of the throughput); a row a bucket (7 ms for
// a year of hours); chunks rewritten at each flush (40,000 of them every few
// seconds at 10,000 metrics); first and last sample times in the log, which
// nothing asks for: it is pruned by the time of its commit; a key of room and seq
// for messages (SQLite reads a long row whole to compare such a key: opening
// 10,000 rooms took 600 ms, with one number as the key 67); a room's extent in
// its row (a page more in each commit).
package sqlite
