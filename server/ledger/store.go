package ledger

import (
	"context"
	"errors"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// The ways a store refuses. A refused item's Outcome wraps one of these or one
// of package metric's errors; a call's own error means that nothing was done,
// unless it is ErrFate.
var (
	ErrTooMany     = errors.New("too many metrics")                               // --max-metrics reached; existing metrics go on
	ErrUnknown     = errors.New("no such metric")                                 //
	ErrKeyReused   = errors.New("the idempotency key was used with another body") //
	ErrPassed      = errors.New("the store is past that seq")                     // take a fresh boundary and ask again
	ErrPruned      = errors.New("the samples after that seq are no longer kept")  // or are more than the limit
	ErrUnavailable = errors.New("the store cannot be written")                    // disk full, read-only, closed, out of reach
	ErrUnreadable  = errors.New("the store is out of reach")                      // and memory does not have what was asked for
)

// ErrFate says of a call that the store was lost before it answered, and stayed away for as
// long as anybody waits: it may have happened. An error that wraps it wraps ErrUnavailable
// too. Only a store over a network has it; who sends the call again with the same
// idempotency key makes it happen once.
var ErrFate = errors.New("the store was lost before it answered, so it is not known whether this happened")

// Item is one mutation of an entry, with the idempotency key of its own row.
type Item struct {
	metric.Mutation
	Key    string // "" for none; already scoped to the caller's token
	Digest uint64 // of the body that came with Key
}

// Entry is what one request asks: one mutation or many.
type Entry struct {
	Key    string // the request's Idempotency-Key, scoped to the caller's token; "" for none
	Digest uint64 // of the request's body
	Atomic bool   // the first refusal refuses all, and nothing changes
	Items  []Item
}

// Outcome is what became of one item: a sample, or the reason it was refused.
// Repeat says it is the first answer to the same key, given again.
type Outcome struct {
	Sample metric.Sample
	Err    error
	Repeat bool
}

// Store keeps the truth. The contract, which storetest enforces line by line:
//
//  1. Apply decides the entries in order, each item by metric.Decide, and gives
//     accepted items consecutive seqs in that order; a refused item takes none.
//  2. What Apply answered is durable when it returns: it survives a kill of the
//     process at any moment, and of the machine once the disk says it has synced.
//  3. Apply is all or nothing: an error means that no entry of the batch happened;
//     but where it wraps ErrFate either all of them happened, or none.
//  4. An atomic entry with a refused item changes nothing, and its outcomes all
//     carry an ItemError of the first refusal; the others of the batch are not touched.
//  5. Floors and ceilings hold under any number of concurrent callers.
//  6. A key seen within 24 h answers its first outcome again, refusals too, over
//     restarts, twice in one batch too; with another digest it is ErrKeyReused. The
//     keys of a refused atomic entry's items are not seen.
//  7. A metric that nobody declared exists from its first accepted item on, up to
//     the store's bound; beyond it new ones are refused with ErrTooMany.
//  8. Metrics and Metric give each metric's head, as of one seq.
//  9. Rows as of seq N, which some Apply has answered, holds exactly the samples with
//     seq ≤ N in range, folded by step; it answers ErrPassed where the store can no
//     longer tell them apart, which it can for some seconds at least.
//  10. After gives the samples with since < seq ≤ upTo in order of seq, or ErrPruned.
//     A metric deleted after since is ErrPruned too: samples could not tell of it.
//  11. Retention removes what is older than its tier keeps, and never holds an
//     Apply up for longer than a small step of it takes. A sample older than a tier
//     keeps goes to the finest tier that still covers it, and to all coarser ones.
//  12. A deleted metric is gone with its history and its declaration; its name may
//     begin anew. Declaring keeps head and history.
//  13. Epoch names the store's life: it stays over restarts, and a new store has
//     another one.
//  14. Opening takes a time that does not grow with the history.
//
// All methods are safe for concurrent use.
type Store interface {
	Epoch() string // of this life, see 13
	// Apply does a batch in one commit, and answers each entry's outcomes in its place; see 1 to 8.
	Apply(ctx context.Context, batch []Entry) ([][]Outcome, error)
	// Declare replaces what is said of a metric and answers it as it then is; a
	// kind that was decided stays where the declaration names none. A head
	// outside the new bounds is refused with metric.ErrFloor or ErrCeiling.
	Declare(ctx context.Context, id metric.ID, d metric.Declaration) (metric.Metric, error)
	// Delete answers ErrUnknown where there is nothing to delete.
	Delete(ctx context.Context, id metric.ID) error
	Rooms
	Boards
	Reader
}

// Reader is the half of a Store that changes nothing.
type Reader interface {
	// Metric answers ErrUnknown for a metric that does not exist.
	Metric(ctx context.Context, id metric.ID) (metric.Metric, error)
	// Metrics are all metrics, sorted by ID, and the seq they are as of.
	Metrics(ctx context.Context) ([]metric.Metric, uint64, error)
	// Rows answers one history for each of q.IDs that exists, empty steps left out.
	Rows(ctx context.Context, q Range) (map[metric.ID][]series.Row, error)
	// After answers at most limit samples of the metrics that match names.
	After(ctx context.Context, since, upTo uint64, match func(metric.ID) bool, limit int) ([]metric.Sample, error)
	RoomReader
	Runs
	Moments
	BoardReader
}

// Range asks for history: steps of Step ms, a multiple of a tier's, that touch
// From..To (ms since 1970, both inside), at most series.MaxPoints of them. The
// coarsest tier that divides Step answers, as far back as it is kept. AsOf 0 means
// all that is known now. Until, where it is not 0, leaves out what came later than that
// time, ms since 1970 (line 31).
type Range struct {
	IDs      []metric.ID
	From, To int64
	Step     int64
	AsOf     uint64
	Until    int64
}
