package ledger

import (
	"context"
	"errors"
	"reflect"

	"telltale/shared/metric"
	"telltale/shared/room"
)

// Bounds of the group commits. What is more than may wait is refused with
// ErrUnavailable.
const (
	MaxBatch        = 2048      // items of one commit, unless one entry alone is larger
	MaxWaiting      = 1 << 16   // items that may wait
	MaxPostBytes    = 256 << 10 // of the messages of one commit, unless one post alone is larger
	MaxWaitingBytes = 32 << 20  // of messages that may wait
)

// Publisher hears what became true. Say is called by one goroutine at a time, and
// so are the other three; it must not keep the slice, and must not call the Ledger.
type Publisher interface {
	// Say tells the messages of one commit; those of a room in order of seq.
	Say(messages []room.Message)
	// Publish tells the samples of one commit, in order of seq.
	Publish(samples []metric.Sample)
	// Refresh says that the metric was declared: it may be new, or be called
	// otherwise than before.
	Refresh(id metric.ID)
	// Forget says that the metric is gone, with its history.
	Forget(id metric.ID)
}

// Ledger puts mutations and messages in order, commits them in groups, and
// publishes them. Its Reader is the store's. All methods are safe for concurrent use.
type Ledger struct {
	Reader
	store     Store
	publisher Publisher

	entries group[Entry, []Outcome]
	posts   group[utterance, Posted]

	samples  []metric.Sample // of the commit under way; guarded by entries.commit
	saying   saying          // of the commit under way; guarded by posts.commit
	messages []room.Message  // of the commit under way; guarded by posts.commit
}

// New makes the ledger of a store. A Follower tells the publisher, the ledger nothing.
func New(store Store, publisher Publisher) *Ledger {
	if f, is := store.(Follower); is {
		f.Follow(publisher)
		publisher = nobody{}
	}
	l := &Ledger{Reader: store, store: store, publisher: publisher}
	// A batch belongs to all its callers: the end of one must not stop it.
	l.entries = group[Entry, []Outcome]{what: "mutations", most: MaxBatch, waiters: MaxWaiting,
		weigh:   func(e Entry) int { return len(e.Items) },
		write:   func(batch []Entry) ([][]Outcome, error) { return store.Apply(context.Background(), batch) },
		publish: l.publish}
	l.posts = group[utterance, Posted]{what: "bytes of messages", most: MaxPostBytes, waiters: MaxWaitingBytes,
		weigh: utterance.weight, write: l.write, publish: l.say}
	return l
}

// Epoch names the life of the store; a seq means something only within it.
func (l *Ledger) Epoch() string { return l.store.Epoch() }

// Apply decides the entry's items, one outcome each, and returns once the
// accepted ones are durable and published. An error means that nothing of the
// entry happened: it wraps ErrUnavailable, or is ctx's where ctx ended before the
// commit began; once that has begun Apply waits for it, so that its answer is true.
// One that wraps ErrFate too means that the entry may have happened.
//
// An entry of more than MaxBatch items that is neither atomic nor keyed goes
// into several commits; where one of them fails, the items from there on carry
// the error in their outcomes and Apply answers nil.
func (l *Ledger) Apply(ctx context.Context, e Entry) ([]Outcome, error) {
	if len(e.Items) <= MaxBatch || e.Atomic || e.Key != "" {
		return l.entries.do(ctx, e)
	}
	outcomes := make([]Outcome, 0, len(e.Items))
	for len(outcomes) < len(e.Items) {
		items := e.Items[len(outcomes):]
		some, err := l.entries.do(ctx, Entry{Items: items[:min(len(items), MaxBatch)]})
		if err != nil && len(outcomes) == 0 {
			return nil, err
		}
		outcomes = append(outcomes, some...)
		for err != nil && len(outcomes) < len(e.Items) {
			outcomes = append(outcomes, Outcome{Err: err})
		}
	}
	return outcomes, nil
}

// publish tells the samples of a commit.
func (l *Ledger) publish(_ []Entry, answers [][]Outcome) {
	l.samples = l.samples[:0]
	for _, outcomes := range answers {
		for _, o := range outcomes {
			if o.Err == nil && !o.Repeat {
				l.samples = append(l.samples, o.Sample)
			}
		}
	}
	if len(l.samples) > 0 {
		l.publisher.Publish(l.samples)
	}
}

// Declare replaces what is said of a metric and answers it as it then is. Who says
// again what was said before, as a job that declares and then counts does at each
// of its runs, costs the viewers no fresh snapshot.
func (l *Ledger) Declare(ctx context.Context, id metric.ID, d metric.Declaration) (metric.Metric, error) {
	l.entries.commit.Lock()
	defer l.entries.commit.Unlock()
	before, err := l.store.Metric(ctx, id)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return before, err
	}
	isNew := err != nil
	m, err := l.store.Declare(ctx, id, d)
	if err == nil && (isNew || !reflect.DeepEqual(m.Declaration, before.Declaration)) {
		l.publisher.Refresh(id)
	}
	return m, err
}

// Delete removes a metric and its history, or answers ErrUnknown.
func (l *Ledger) Delete(ctx context.Context, id metric.ID) error {
	l.entries.commit.Lock()
	defer l.entries.commit.Unlock()
	err := l.store.Delete(ctx, id)
	if err == nil {
		l.publisher.Forget(id)
	}
	return err
}
