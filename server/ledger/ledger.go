package ledger

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"

	"telltale/shared/metric"
)

// Bounds of the group commit.
const (
	MaxBatch   = 2048    // items of one commit, unless one entry alone is larger
	MaxWaiting = 1 << 16 // items that may wait; more are refused with ErrUnavailable
)

// Publisher hears what became true. It is called by one goroutine at a time, must
// not keep the slice, and must not call the Ledger.
type Publisher interface {
	// Publish tells the samples of one commit, in order of seq.
	Publish(samples []metric.Sample)
	// Refresh says that the metric was declared: it may be new, or be called
	// otherwise than before.
	Refresh(id metric.ID)
	// Forget says that the metric is gone, with its history.
	Forget(id metric.ID)
}

// Ledger puts mutations in order, commits them in groups, and publishes them.
// Its Reader is the store's. All methods are safe for concurrent use.
type Ledger struct {
	Reader
	store     Store
	publisher Publisher

	commit  sync.Mutex      // held while the store changes and what changed is published
	samples []metric.Sample // of the commit under way; guarded by commit

	mu      sync.Mutex // guards what follows
	queue   []*call
	waiting int  // items in queue
	led     bool // a leader runs, or has been told to
}

// call is an entry on its way. Its fields are written under mu, or by the leader
// that took it off the queue, before wake is signalled.
type call struct {
	entry    Entry
	wake     chan struct{} // signalled when answered, or when told to lead
	lead     bool
	outcomes []Outcome
	err      error
}

// New makes the ledger of a store.
func New(store Store, publisher Publisher) *Ledger {
	return &Ledger{Reader: store, store: store, publisher: publisher}
}

// Epoch names the life of the store; a seq means something only within it.
func (l *Ledger) Epoch() string { return l.store.Epoch() }

// Apply decides the entry's items, one outcome each, and returns once the
// accepted ones are durable and published. An error means that nothing of the
// entry happened: it wraps ErrUnavailable, or is ctx's where ctx ended before the
// commit began; once that has begun Apply waits for it, so that its answer is true.
//
// An entry of more than MaxBatch items that is neither atomic nor keyed goes
// into several commits; where one of them fails, the items from there on carry
// the error in their outcomes and Apply answers nil.
func (l *Ledger) Apply(ctx context.Context, e Entry) ([]Outcome, error) {
	if len(e.Items) <= MaxBatch || e.Atomic || e.Key != "" {
		return l.apply(ctx, e)
	}
	outcomes := make([]Outcome, 0, len(e.Items))
	for len(outcomes) < len(e.Items) {
		items := e.Items[len(outcomes):]
		some, err := l.apply(ctx, Entry{Items: items[:min(len(items), MaxBatch)]})
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

func (l *Ledger) apply(ctx context.Context, e Entry) ([]Outcome, error) {
	c := &call{entry: e, wake: make(chan struct{}, 1)}
	if err := l.enqueue(c); err != nil {
		return nil, err
	}
	select {
	case <-c.wake:
	case <-ctx.Done():
		if l.withdraw(c) {
			return nil, ctx.Err()
		}
		<-c.wake
	}
	if c.lead {
		l.leadOne()
	}
	return c.outcomes, c.err
}

// enqueue lets the call wait, and tells it to lead where nobody does.
func (l *Ledger) enqueue(c *call) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) > 0 && l.waiting+len(c.entry.Items) > MaxWaiting {
		return fmt.Errorf("%w: %d mutations wait for the disk already", ErrUnavailable, l.waiting)
	}
	l.queue = append(l.queue, c)
	l.waiting += len(c.entry.Items)
	if !l.led {
		l.passLead()
	}
	return nil
}

// withdraw takes the call off the queue; false where it is off it already and
// its commit under way.
func (l *Ledger) withdraw(c *call) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, o := range l.queue {
		if o == c {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			l.waiting -= len(c.entry.Items)
			if c.lead {
				l.passLead()
			}
			return true
		}
	}
	return false
}

// passLead tells the longest waiting call to lead. Its caller holds mu and the lead.
func (l *Ledger) passLead() {
	l.led = len(l.queue) > 0
	if l.led {
		l.queue[0].lead = true
		l.queue[0].wake <- struct{}{}
	}
}

// leadOne commits one batch, of which the leader's own call is the first, passes
// the lead on and answers all others of the batch.
func (l *Ledger) leadOne() {
	// Callers that the last batch answered are about to come back. Two turns for
	// them make a batch of 56 out of 64 such callers, none one of 31; where nobody
	// is about to come they cost a microsecond.
	runtime.Gosched()
	runtime.Gosched()
	l.commit.Lock()
	calls := l.take()
	l.commitBatch(calls)
	l.commit.Unlock()

	l.mu.Lock()
	l.passLead()
	l.mu.Unlock()
	for _, c := range calls[1:] {
		c.wake <- struct{}{}
	}
}

// take takes the next batch off the queue.
func (l *Ledger) take() []*call {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, items := 0, 0
	for n < len(l.queue) {
		items += len(l.queue[n].entry.Items)
		if n > 0 && items > MaxBatch {
			items -= len(l.queue[n].entry.Items)
			break
		}
		n++
	}
	calls := l.queue[:n:n]
	l.queue = l.queue[n:]
	l.waiting -= items
	return calls
}

// commitBatch applies and publishes the calls. Its caller holds commit.
func (l *Ledger) commitBatch(calls []*call) {
	batch := make([]Entry, len(calls))
	for i, c := range calls {
		batch[i] = c.entry
	}
	// The batch belongs to all its callers: the end of one must not stop it.
	outcomes, err := l.store.Apply(context.Background(), batch)
	if err != nil {
		for _, c := range calls {
			c.err = err
		}
		return
	}
	l.samples = l.samples[:0]
	for i, c := range calls {
		c.outcomes = outcomes[i]
		for _, o := range c.outcomes {
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
	l.commit.Lock()
	defer l.commit.Unlock()
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
	l.commit.Lock()
	defer l.commit.Unlock()
	err := l.store.Delete(ctx, id)
	if err == nil {
		l.publisher.Forget(id)
	}
	return err
}
