package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"telltale/server/ledger"
	"telltale/server/store/rollup"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// Metric answers ledger.ErrUnknown for a metric that does not exist.
func (s *Store) Metric(_ context.Context, id metric.ID) (metric.Metric, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.metrics[id]
	if e == nil {
		return metric.Metric{}, ledger.ErrUnknown
	}
	return e.metric, nil
}

// Metrics are all metrics, sorted by ID, and the seq they are as of.
func (s *Store) Metrics(context.Context) ([]metric.Metric, uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]metric.Metric, len(s.sorted))
	for i, e := range s.sorted {
		all[i] = e.metric
	}
	return all, s.seq, nil
}

// Rows answers one history for each of q.IDs that exists. Whatever the range,
// it reads a few chunks of the coarsest tier that makes up q.Step.
func (s *Store) Rows(ctx context.Context, q ledger.Range) (map[metric.ID][]series.Row, error) {
	tier := rollup.Tier(s.options.Tiers[:], q.Step)
	if tier < 0 {
		return nil, fmt.Errorf("no roll-up makes up steps of %d ms", q.Step)
	}
	now := s.now()
	q.From, q.To = max(q.From, metric.MinTime), min(q.To, now+2*metric.MaxAhead)
	all := make(map[metric.ID][]series.Row, len(q.IDs))
	for _, id := range q.IDs {
		rows, err := s.history(ctx, id, q, tier, horizon(now, s.options.Tiers[tier].Keep))
		for err == ledger.ErrPassed && q.AsOf == 0 {
			rows, err = s.history(ctx, id, q, tier, horizon(now, s.options.Tiers[tier].Keep))
		}
		if err != nil {
			return nil, err
		}
		if rows != nil {
			all[id] = rows.Rows()
		}
	}
	return all, nil
}

// history folds one metric's chunks, open cells and tail; nil where there is none.
// The tail is taken first: what a flush takes off it meanwhile, the row says.
func (s *Store) history(ctx context.Context, id metric.ID, q ledger.Range, tier int, since int64) (*rollup.Rows, error) {
	rows, err := rollup.NewRows(q.From, q.To, q.Step, since)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	e, asOf := s.metrics[id], s.seq
	var tail []sample
	if e != nil {
		tail = e.tail
	}
	s.mu.RUnlock()
	if e == nil || q.To < q.From {
		return nil, nil
	}
	if q.AsOf != 0 {
		asOf = q.AsOf
	}
	taken, err := s.stored(ctx, e.num, q, tier, rows)
	if err != nil {
		return nil, err
	}
	if taken > asOf {
		return nil, ledger.ErrPassed
	}
	step := s.options.Tiers[tier].Step
	for _, p := range tail {
		if p.seq > taken && p.seq <= asOf && (q.Until == 0 || p.time <= q.Until) {
			b := p.bucket()
			rows.Add(series.Floor(p.time, step), step, &b)
		}
	}
	return rows, nil
}

// stored folds a metric's open cells and chunks, and answers the seq they reach to.
func (s *Store) stored(ctx context.Context, num uint32, q ledger.Range, tier int, into *rollup.Rows) (taken uint64, err error) {
	step := s.options.Tiers[tier].Step
	found, err := s.query.rows.QueryContext(ctx, num,
		rollup.Key(num, tier, step, series.Floor(q.From, q.Step)),
		rollup.Key(num, tier, step, series.Floor(q.To, q.Step)+q.Step-1))
	if err != nil {
		return 0, fmt.Errorf("read a history: %w", err)
	}
	defer found.Close()
	add := func(c *rollup.Cell) {
		if q.Until == 0 || c.Time <= q.Until {
			into.Add(c.Start, step, &c.Bucket)
		}
	}
	var open []rollup.Cell // folded last: their samples are the newest
	for found.Next() {
		var key int64
		var flushed uint64
		var blob sql.RawBytes
		if err := found.Scan(&key, &flushed, &blob); err != nil {
			return 0, err
		}
		if key < 0 {
			taken = flushed
			if open, err = openTier(blob, s.options.Tiers[:tier+1]); err != nil {
				return 0, err
			}
			continue
		}
		if _, err := rollup.EachCell(blob, step, add); err != nil {
			return 0, err
		}
	}
	for i := range open {
		add(&open[i])
	}
	return taken, found.Err()
}

// openTier reads the open cells of the last of the tiers.
func openTier(blob []byte, tiers []series.Tier) (cells []rollup.Cell, err error) {
	for _, t := range tiers {
		if cells, blob, err = openOf(blob, t.Step); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// After answers ledger.ErrPruned also where more than ledger.MaxScan samples lie
// between since and upTo, a metric was deleted since, or since is yet to come.
func (s *Store) After(ctx context.Context, since, upTo uint64, match func(metric.ID) bool, limit int) ([]metric.Sample, error) {
	s.mu.RLock()
	seq, forgotten := s.seq, s.forgotten
	s.mu.RUnlock()
	upTo, err := ledger.Missed(since, upTo, seq, forgotten)
	if err != nil || since == upTo {
		return nil, err
	}
	found, err := s.query.log.QueryContext(ctx, int64(since))
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	defer found.Close()
	var out []metric.Sample
	for next := since + 1; next <= upTo; {
		var seq uint64
		var time int64
		var blob sql.RawBytes
		if !found.Next() {
			if err := found.Err(); err != nil {
				return nil, fmt.Errorf("read the log: %w", err)
			}
			return nil, ledger.ErrPruned
		}
		if err := found.Scan(&seq, &time, &blob); err != nil {
			return nil, err
		}
		if seq > next {
			return nil, ledger.ErrPruned
		}
		if out, next, err = s.matching(out, blob, time, seq, since, upTo, match); err != nil {
			return nil, err
		}
		if len(out) > limit {
			return nil, ledger.ErrPruned
		}
	}
	return out, nil
}

// matching appends those samples of a batch that After asks for, and answers the
// seq after the batch.
func (s *Store) matching(out []metric.Sample, blob []byte, time int64, seq, since, upTo uint64,
	match func(metric.ID) bool) ([]metric.Sample, uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	err := rollup.Samples(blob, time, func(p rollup.Sample) bool {
		if e := s.byNum[p.Num]; e != nil && seq > since && seq <= upTo && match(e.metric.ID) {
			out = append(out, sample{seq, p.Time, p.Value, p.Add}.of(e.metric.ID))
		}
		seq++
		return true
	})
	return out, seq, err
}
