package sqlite

import (
	"context"
	"errors"
	"fmt"

	"telltale/server/ledger"
	"telltale/server/store/rollup"
	"telltale/shared/metric"
)

// Apply decides the batch, writes it as one row of the log, and lets readers see
// it. It does not stop for ctx: the batch belongs to many callers.
func (s *Store) Apply(_ context.Context, batch []ledger.Entry) ([][]ledger.Outcome, error) {
	s.w.Lock()
	defer s.w.Unlock()
	if err := s.makeRoom(); err != nil {
		return nil, err
	}
	items := 0
	for i := range batch {
		items += len(batch[i].Items)
	}
	now := s.now()
	d := &decision{store: s, now: now, keys: keySet{store: s, now: now}, seq: s.seq, blob: make([]byte, 0, 16*items),
		outcomes: make([]ledger.Outcome, items), accepted: make([]accepted, 0, items)}
	outcomes := make([][]ledger.Outcome, len(batch))
	for i := range batch {
		var err error
		if outcomes[i], err = d.entry(&batch[i]); err != nil {
			d.forget()
			return nil, err
		}
	}
	if err := d.write(); err != nil {
		d.forget()
		return nil, err
	}
	d.show()
	return outcomes, nil
}

// decision is a batch being decided: nothing of it is seen by readers yet.
type decision struct {
	store    *Store
	now      int64
	seq      uint64
	outcomes []ledger.Outcome // room for those of the entries to come
	blob     []byte
	accepted []accepted
	created  map[metric.ID]*entry
	kinds    []*entry // existing metrics whose kind is decided now
	keys     keySet
	undo     []undo // of the atomic entry being decided
	atomic   bool
}

type accepted struct {
	entry  *entry
	sample sample
}

type undo struct {
	entry *entry
	kind  metric.Kind
	head  metric.Head
}

// entry decides one entry; its error means that the store could not be read.
func (d *decision) entry(e *ledger.Entry) ([]ledger.Outcome, error) {
	if e.Key != "" {
		if first, err := d.answered(e.Key, e.Digest, e.Items); first != nil || err != nil {
			return first, err
		}
	}
	outcomes := d.outcomes[:len(e.Items):len(e.Items)]
	d.outcomes = d.outcomes[len(e.Items):]
	before := d.mark()
	d.atomic = e.Atomic
	for i := range e.Items {
		if err := d.item(&e.Items[i], &outcomes[i]); err != nil {
			return nil, err
		}
		if err := outcomes[i].Err; err != nil && e.Atomic {
			d.rewind(before)
			refused := ledger.Outcome{Err: &ledger.ItemError{Item: i, Err: err}}
			for j := range outcomes {
				outcomes[j] = refused
			}
			break
		}
	}
	if e.Key != "" {
		d.keys.keep(e.Key, e.Digest, ledger.AppendOutcomes(nil, outcomes))
	}
	return outcomes, nil
}

func (d *decision) item(it *ledger.Item, out *ledger.Outcome) error {
	if it.Key != "" {
		first, err := d.answered(it.Key, it.Digest, []ledger.Item{*it})
		if err != nil {
			return err
		}
		if first != nil {
			*out = first[0]
			return nil
		}
	}
	out.Sample, out.Err = d.mutate(&it.Mutation)
	if it.Key != "" {
		d.keys.keep(it.Key, it.Digest, ledger.AppendOutcomes(nil, []ledger.Outcome{*out}))
	}
	return nil
}

// answered gives the outcomes that were first given to the key; nil where it is
// new. A key that came with another digest is refused.
func (d *decision) answered(key string, digest uint64, items []ledger.Item) ([]ledger.Outcome, error) {
	row, err := d.keys.row(key)
	if row == nil || err != nil {
		return nil, err
	}
	outcomes, err := []ledger.Outcome(nil), ledger.ErrKeyReused
	if row.digest == digest {
		outcomes, err = ledger.ReadOutcomes(row.kept, items)
	}
	if errors.Is(err, ledger.ErrKeyReused) {
		outcomes = make([]ledger.Outcome, len(items))
		for i := range outcomes {
			outcomes[i].Err = ledger.ErrKeyReused
		}
		return outcomes, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	return outcomes, nil
}

// mutate decides one mutation and takes its sample into the batch.
func (d *decision) mutate(mu *metric.Mutation) (metric.Sample, error) {
	e := d.lookup(mu.Metric)
	known := metric.Metric{ID: mu.Metric}
	if e != nil {
		known = e.decided
	}
	sample, kind, err := metric.Decide(known, *mu, d.now)
	if err != nil {
		return metric.Sample{}, err
	}
	if e == nil {
		if e, err = d.create(mu.Metric); err != nil {
			return metric.Sample{}, err
		}
	}
	if d.atomic {
		d.undo = append(d.undo, undo{e, e.decided.Kind, e.decided.Head})
	}
	if e.decided.Kind == metric.Undecided && d.created[mu.Metric] == nil {
		d.kinds = append(d.kinds, e)
	}
	d.seq++
	sample.Seq = d.seq
	e.decided.Kind = kind
	e.decided.Head.Apply(sample)
	d.accepted = append(d.accepted, accepted{e, sampleOf(sample)})
	d.blob = rollup.AppendSample(d.blob, d.now, rollup.Sample{Num: e.num, Time: sample.Time, Value: sample.Value, Add: sample.Add})
	return sample, nil
}

func sampleOf(s metric.Sample) sample { return sample{s.Seq, s.Time, s.Value, s.Add} }

func (d *decision) lookup(id metric.ID) *entry {
	if e := d.store.metrics[id]; e != nil {
		return e
	}
	return d.created[id]
}

func (d *decision) create(id metric.ID) (*entry, error) {
	e, err := d.store.newEntry(id, len(d.created))
	if err != nil {
		return nil, err
	}
	if d.created == nil {
		d.created = map[metric.ID]*entry{}
	}
	d.created[id] = e
	return e, nil
}

// newEntry makes an entry that nobody knows yet, beside others that are as new.
func (s *Store) newEntry(id metric.ID, others int) (*entry, error) {
	if len(s.metrics)+others >= s.options.MaxMetrics {
		return nil, fmt.Errorf("%w: %d exist, the most that --max-metrics allows", ledger.ErrTooMany, s.options.MaxMetrics)
	}
	if s.next > rollup.MaxNum {
		return nil, fmt.Errorf("%w: this store has numbered %d in its life and can number no more", ledger.ErrTooMany, s.next)
	}
	e := &entry{num: s.next, decided: metric.Metric{ID: id}}
	s.next++
	return e, nil
}

// mark is how far a batch was decided.
type mark struct {
	seq                   uint64
	blob, accepted, kinds int
	keys                  int
}

func (d *decision) mark() mark {
	d.undo = d.undo[:0]
	return mark{d.seq, len(d.blob), len(d.accepted), len(d.kinds), len(d.keys.rows)}
}

// rewind takes back what was decided since m, the start of an atomic entry.
func (d *decision) rewind(m mark) {
	for i := len(d.undo) - 1; i >= 0; i-- {
		u := d.undo[i]
		u.entry.decided.Kind, u.entry.decided.Head = u.kind, u.head
		if u.kind == metric.Undecided && u.head.Seq == 0 && d.created[u.entry.decided.ID] == u.entry {
			delete(d.created, u.entry.decided.ID)
		}
	}
	d.keys.shorten(m.keys)
	d.seq, d.blob, d.accepted = m.seq, d.blob[:m.blob], d.accepted[:m.accepted]
	d.kinds = d.kinds[:m.kinds]
}

// forget takes back the whole decision; what is committed stands in entry.metric.
func (d *decision) forget() {
	for _, a := range d.accepted {
		a.entry.decided = a.entry.metric
	}
}

// write makes the batch durable: one row of the log, and in the same transaction
// what it brought besides.
func (d *decision) write() error {
	s := d.store
	switch {
	case len(d.created)+len(d.kinds)+len(d.keys.rows) > 0:
		return s.transaction(func() error {
			if err := d.writeMetrics(); err != nil {
				return err
			}
			if err := d.keys.write(); err != nil {
				return err
			}
			return d.writeLog()
		})
	case len(d.accepted) > 0:
		return s.wrote(d.append())
	}
	return nil
}

// append is writeLog as a transaction of its own: one statement, then the disk.
func (d *decision) append() error {
	if d.store.lost != nil {
		return d.store.lost
	}
	if err := d.writeLog(); err != nil {
		return err
	}
	return d.store.syncJournal()
}

func (d *decision) writeMetrics() error {
	for _, e := range d.created {
		if err := d.store.writeMetric(e); err != nil {
			return err
		}
	}
	for _, e := range d.kinds {
		if _, err := d.store.sql.declare.Exec(declaration(e)...); err != nil {
			return fmt.Errorf("note a metric's kind: %w", err)
		}
	}
	return nil
}

func (d *decision) writeLog() error {
	if len(d.accepted) == 0 {
		return nil
	}
	if _, err := d.store.sql.log.Exec(int64(d.seq), int64(d.store.seq+1), d.now, d.blob); err != nil {
		return fmt.Errorf("append to the log: %w", err)
	}
	return nil
}

// show lets readers see the batch, which is durable now.
func (d *decision) show() {
	s := d.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range d.created {
		e.metric = e.decided
		s.insert(e)
	}
	for _, a := range d.accepted {
		s.remember(a.entry, a.sample)
	}
	s.seq = d.seq
	if s.seq-s.round.mark >= uint64(s.bounds.flushAfter) {
		tell(s.wake)
	}
}

// remember puts a durable sample into its metric's tail; its caller holds w and mu.
func (s *Store) remember(e *entry, p sample) {
	e.metric.Kind, e.metric.Head = e.decided.Kind, e.decided.Head
	e.tail = append(e.tail, p)
	s.tails++
	if !e.dirty {
		e.dirty = true
		s.round.dirty = append(s.round.dirty, e)
	}
}
