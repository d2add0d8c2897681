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

// ValuesAt answers what did not change since from memory, and reads a chunk or two of
// the finest tier that reaches back so far for what did.
func (s *Store) ValuesAt(ctx context.Context, ids []metric.ID, time int64) (map[metric.ID]series.Point, error) {
	values := make(map[metric.ID]series.Point, len(ids))
	for _, id := range ids {
		p, found, err := s.valueAt(ctx, id, time)
		if err != nil {
			return nil, err
		}
		if found {
			values[id] = p
		}
	}
	return values, nil
}

func (s *Store) valueAt(ctx context.Context, id metric.ID, time int64) (series.Point, bool, error) {
	s.mu.RLock()
	e := s.metrics[id]
	var head metric.Head
	var tail []sample
	if e != nil {
		head, tail = e.metric.Head, e.tail
	}
	s.mu.RUnlock()
	if head.Seq == 0 {
		return series.Point{}, false, nil
	}
	if head.Time <= time {
		return series.Point{Time: head.Time, Value: head.Value}, true, nil
	}
	now := s.now()
	at := moment{time: time}
	for i, tier := range s.options.Tiers {
		since := horizon(now, tier.Keep)
		if since >= time {
			continue
		}
		if err := s.lookBack(ctx, e.num, i, tail, &at); err != nil {
			return series.Point{}, false, err
		}
		if at.found && at.newest.Time > since {
			break // what is older than a tier keeps is in coarser ones alone
		}
	}
	return at.newest, at.found, nil
}

// moment is the newest sample up to a time, of those it was shown.
type moment struct {
	time   int64
	newest series.Point
	found  bool
}

// see takes what comes later in order of seq, or has another time.
func (m *moment) see(time int64, value float64) {
	if time <= m.time && (!m.found || time >= m.newest.Time) {
		m.newest, m.found = series.Point{Time: time, Value: value}, true
	}
}

// lookBack shows a moment what a tier and the tail have of a metric up to its time.
func (s *Store) lookBack(ctx context.Context, num uint32, tier int, tail []sample, at *moment) error {
	step := s.options.Tiers[tier].Step
	first, _ := rollup.Keys(num, tier)
	rows, err := s.query.newest.QueryContext(ctx, num, first, rollup.Key(num, tier, step, max(at.time, metric.MinTime)))
	if err != nil {
		return fmt.Errorf("read a value of the past: %w", err)
	}
	defer rows.Close()
	var open []rollup.Cell
	var taken uint64
	for rows.Next() {
		var key int64
		var flushed uint64
		var blob sql.RawBytes
		if err := rows.Scan(&key, &flushed, &blob); err != nil {
			return fmt.Errorf("read a value of the past: %w", err)
		}
		if key < 0 {
			taken = flushed
			if open, err = openTier(blob, s.options.Tiers[:tier+1]); err != nil {
				return err
			}
			continue
		}
		if _, err := rollup.EachCell(blob, step, func(c *rollup.Cell) { at.see(c.Time, c.Last) }); err != nil {
			return err
		}
	}
	for i := range open {
		at.see(open[i].Time, open[i].Last)
	}
	for _, p := range tail {
		if p.seq > taken {
			at.see(p.time, p.value)
		}
	}
	return rows.Err()
}

var _ ledger.Moments = (*Store)(nil)
