package redis

import (
	"context"
	"errors"
	"math"

	"telltale/server/ledger"
	"telltale/server/store/rollup"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// ValuesAt answers what did not change since from memory, and reads a chunk or two of
// the finest tier that reaches back so far for what did.
func (s *Store) ValuesAt(ctx context.Context, ids []metric.ID, time int64) (map[metric.ID]series.Point, error) {
	values := make(map[metric.ID]series.Point, len(ids))
	var back []metric.ID
	s.mu.RLock()
	for _, id := range ids {
		e := s.metrics.byID[id]
		switch {
		case e == nil || e.metric.Head.Seq == 0:
		case e.metric.Head.Time <= time:
			values[id] = series.Point{Time: e.metric.Head.Time, Value: e.metric.Head.Value}
		default:
			back = append(back, id)
		}
	}
	s.mu.RUnlock()
	now := s.now()
	for i, tier := range s.options.Tiers {
		since := horizon(now, tier.Keep)
		if since >= time || len(back) == 0 {
			continue
		}
		var open []metric.ID // to be looked for in coarser tiers
		for len(back) > 0 {
			n := min(len(back), readGroup)
			more, err := s.lookBack(ctx, back[:n], i, time, since, values)
			if errors.Is(err, ledger.ErrUnreadable) && s.recallAt(append(open, back...), time, values) {
				return values, nil
			}
			if err != nil {
				return nil, err
			}
			open, back = append(open, more...), back[n:]
		}
		back = open
	}
	return values, nil
}

// lookBack finds what a tier and the tails have of some metrics up to a time, and
// answers those that have nothing newer there than since.
func (s *Store) lookBack(ctx context.Context, ids []metric.ID, tier int, time, since int64, values map[metric.ID]series.Point) (open []metric.ID, err error) {
	step := s.options.Tiers[tier].Step
	var pasts []past
	var calls []asked
	s.mu.RLock()
	for _, id := range ids {
		if e := s.metrics.byID[id]; e != nil {
			pasts = append(pasts, past{id: id, lately: e.lately()})
			calls = append(calls, asked{e.num, tier, "newest", math.MinInt32, rollup.Chunk(max(time, metric.MinTime), step)})
		}
	}
	s.mu.RUnlock()
	if len(pasts) == 0 {
		return nil, nil
	}
	found, err := s.stored(ctx, calls)
	if err != nil {
		return nil, err
	}
	for i, p := range pasts {
		at := moment{time: time}
		at.newest, at.found = values[p.id]
		if err := found[i].each(step, func(c *rollup.Cell) { at.see(c.Time, c.Last) }); err != nil {
			return nil, err
		}
		for _, t := range p.tail {
			if t.seq > found[i].taken {
				at.see(t.time, t.value)
			}
		}
		if at.found {
			values[p.id] = at.newest
		}
		if !at.found || at.newest.Time <= since {
			open = append(open, p.id) // what is older than a tier keeps is in coarser ones alone
		}
	}
	return open, nil
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

var _ ledger.Moments = (*Store)(nil)
