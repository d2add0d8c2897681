package storetest

import (
	"context"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

// Store is what the suite asks of a store besides the contract.
type Store interface {
	ledger.Store
	// Maintain flushes and retains now, to the end.
	Maintain(ctx context.Context) error
	// Close ends this opening of the store; another may follow.
	Close() error
}

// Options are what the suite sets when it opens a store.
type Options struct {
	Now func() time.Time // the store's clock
	ledger.Limits
}

// Open opens one place of storage, again and again; the first time it is empty.
type Open func(Options) (Store, error)

// Run runs the suite; fresh makes a new empty place, which ends with its test.
func Run(t *testing.T, fresh func(t *testing.T) Open) {
	for _, line := range []struct {
		name string
		test func(*testing.T, *world)
	}{
		{"01 items are decided in order and take consecutive seqs", inOrder},
		{"02 what was answered survives", durable},
		{"03 a batch that fails changes nothing", allOrNothing},
		{"04 a refused atomic entry changes nothing", atomically},
		{"05 floors hold under concurrent callers", floors},
		{"06 a key answers its first outcome again", keys},
		{"07 metrics exist from their first item, up to the bound", bound},
		{"08 heads are as of one seq", heads},
		{"09 rows are as of a seq", rowsAsOf},
		{"09 rows are as of a seq while flushes run", rowsWhileFlushing},
		{"10 after gives the samples in order", after},
		{"11 retention forgets what its tier no longer keeps", retention},
		{"11 retention holds no mutation up", retentionInSteps},
		{"12 a deleted metric is gone, a declared one stays", deleteAndDeclare},
		{"13 the epoch names the store's life", epoch},
		{"14 opening does not grow with the history", opening},
		{"15 posts take consecutive seqs of their room", postsInOrder},
		{"16 what was posted survives", postsDurable},
		{"16 posts that fail say nothing", postsAllOrNothing},
		{"16 a key answers its first post again", postKeys},
		{"17 a room does not go back in time", postTimes},
		{"18 messages are what was posted", messages},
		{"18 messages are read while others are posted", messagesWhilePosting},
		{"19 rooms exist from their first message, up to the bound", roomBound},
		{"20 retention keeps the newest by count and by age", roomRetention},
		{"20 retention holds no post up", roomRetentionInSteps},
		{"21 news of a run is kept with what it says", runNews},
		{"21 news of a run is all there or not at all", runNewsAllOrNothing},
		{"21 a key begins one run", runKeys},
		{"22 a final state stays", finalStates},
		{"23 runs are as was told last", runsListed},
		{"24 a run keeps its output, up to its bound", runOutput},
		{"24 the oldest runs that ended make place", runBound},
		{"24 the last runs of each command stay longest", runsOfEach},
		{"30 a value at a moment is that of the newest sample up to it", valuesAt},
		{"25 boards are kept as they were put", boardsKept},
		{"26 a board is changed from the revision that was seen", boardConditions},
		{"27 a key answers its first change again", boardKeys},
		{"28 boards are bound by number and size", boardBound},
		{"any history is the plain fold over the samples", anyHistory},
		{"any room is what was posted in it and is not too old", anyRooms},
	} {
		t.Run(line.name, func(t *testing.T) {
			w := &world{t: t, fresh: fresh, place: fresh(t), now: start}
			w.open()
			t.Cleanup(func() { _ = w.Close() })
			line.test(t, w)
		})
	}
}

// start is when every world's clock begins.
var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMilli()

// world is a store under test, with its clock.
type world struct {
	Store
	t       *testing.T
	fresh   func(*testing.T) Open
	place   Open
	now     int64
	clock   func() time.Time // nil for now
	options Options
}

func (w *world) open() {
	w.t.Helper()
	if w.options.Now = w.clock; w.clock == nil {
		w.options.Now = func() time.Time { return time.UnixMilli(w.now) }
	}
	s, err := w.place(w.options)
	if err != nil {
		w.t.Fatalf("open: %v", err)
	}
	w.Store = s
}

func (w *world) reopen() {
	w.t.Helper()
	if err := w.Close(); err != nil {
		w.t.Fatalf("close: %v", err)
	}
	w.open()
}

func (w *world) maintain() {
	w.t.Helper()
	if err := w.Maintain(w.t.Context()); err != nil {
		w.t.Fatalf("maintain: %v", err)
	}
}

// batch applies entries; an error ends the test.
func (w *world) batch(entries ...ledger.Entry) [][]ledger.Outcome {
	w.t.Helper()
	out, err := w.Apply(w.t.Context(), entries)
	if err != nil {
		w.t.Fatalf("apply: %v", err)
	}
	if len(out) != len(entries) {
		w.t.Fatalf("%d entries got %d answers", len(entries), len(out))
	}
	for i := range out {
		if len(out[i]) != len(entries[i].Items) {
			w.t.Fatalf("%d items got %d outcomes", len(entries[i].Items), len(out[i]))
		}
	}
	return out
}

// one applies one item.
func (w *world) one(it ledger.Item) ledger.Outcome {
	w.t.Helper()
	return w.batch(ledger.Entry{Items: []ledger.Item{it}})[0][0]
}

// take applies one item, which must be accepted.
func (w *world) take(it ledger.Item) metric.Sample {
	w.t.Helper()
	o := w.one(it)
	if o.Err != nil {
		w.t.Fatalf("%+v: %v", it, o.Err)
	}
	return o.Sample
}

func add(id metric.ID, v float64) ledger.Item {
	return ledger.Item{Mutation: metric.Mutation{Metric: id, Op: metric.Add, Value: v}}
}

func set(id metric.ID, v float64) ledger.Item {
	return ledger.Item{Mutation: metric.Mutation{Metric: id, Op: metric.Set, Value: v}}
}

func at(time int64, it ledger.Item) ledger.Item {
	it.Time = time
	return it
}

func keyed(key string, digest uint64, it ledger.Item) ledger.Item {
	it.Key, it.Digest = key, digest
	return it
}

func entry(items ...ledger.Item) ledger.Entry { return ledger.Entry{Items: items} }

// state is everything a store says of its metrics, to be compared.
func (w *world) state() ([]metric.Metric, uint64) {
	w.t.Helper()
	all, seq, err := w.Metrics(w.t.Context())
	if err != nil {
		w.t.Fatalf("metrics: %v", err)
	}
	return all, seq
}
