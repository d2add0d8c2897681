package redis

import (
	"cmp"
	"math"
	"slices"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// latelySamples is how many samples that are in roll-ups a process holds in memory, the newest
// over all metrics: what it reads while Redis is away. They take 8 MiB.
const latelySamples = 1 << 18

// lately is what memory has of a metric: every sample of a time after begins, in order of seq.
type lately struct {
	begins int64 // ms since 1970
	past   []sample
	tail   []sample
}

func (e *entry) lately() lately { return lately{e.begins, e.past, e.tail} }

// heardBefore notes that nothing is known of how a metric came to its head. No sample is newer;
// where there is no head, all there may be are of before 1970, which do not move it.
func (e *entry) heardBefore() {
	if e.begins = e.metric.Head.Time; e.metric.Head.Seq == 0 {
		e.begins = -1
	}
}

// age takes the first n samples off the tail: memory goes on holding them, as far as they have room.
func (e *entry) age(n int) {
	e.past = append(e.past, e.tail[:n]...)
	if e.tail = e.tail[n:]; len(e.tail) == 0 {
		e.tail = nil
	}
}

// drop lets memory forget the samples up to a seq that are in roll-ups.
func (e *entry) drop(upTo uint64) {
	n := 0
	for ; n < len(e.past) && e.past[n].seq <= upTo; n++ {
		e.begins = max(e.begins, e.past[n].time)
	}
	if e.past = e.past[n:]; len(e.past) == 0 {
		e.past = nil
	}
}

// each calls yield for what memory has after one seq and up to another, in their order.
func (l lately) each(after, upTo uint64, yield func(sample)) {
	for _, part := range [...][]sample{l.past, l.tail} {
		i, _ := slices.BinarySearchFunc(part, after+1, func(p sample, seq uint64) int { return cmp.Compare(p.seq, seq) })
		for _, p := range part[i:] {
			if p.seq > upTo {
				return
			}
			yield(p)
		}
	}
}

// recalled is histories from memory alone; false where that does not have all of what is asked.
func recalled(pasts []past, q ledger.Range, step int64, asOf uint64) bool {
	from := series.Floor(q.From, q.Step)
	if slices.ContainsFunc(pasts, func(p past) bool { return p.begins >= from }) {
		return false
	}
	for _, p := range pasts {
		p.lately.each(0, asOf, func(t sample) {
			if q.Until == 0 || t.time <= q.Until {
				b := t.bucket()
				p.rows.Add(series.Floor(t.time, step), step, &b)
			}
		})
	}
	return true
}

// recallAt is ValuesAt from memory alone.
func (s *Store) recallAt(ids []metric.ID, time int64, values map[metric.ID]series.Point) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, id := range ids {
		e := s.metrics.byID[id]
		if e == nil {
			continue
		}
		at := moment{time: time}
		e.lately().each(0, math.MaxUint64, func(t sample) { at.see(t.time, t.value) })
		switch {
		case at.found && at.newest.Time > e.begins:
			values[id] = at.newest
		case e.begins < 0 && time >= 0: // it had none before, but for what there may be of before 1970
		case e.begins != math.MinInt64: // it is older than what memory has
			return false
		}
	}
	return true
}

// recallAfter is After from memory alone.
func (s *Store) recallAfter(since, upTo uint64, match func(metric.ID) bool, limit int) (out []metric.Sample, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m := &s.metrics
	if _, err := ledger.Missed(since, upTo, m.seq, m.forgotten); err != nil || since < m.held {
		return nil, ledger.ErrPruned // it may have changed since it was asked
	}
	for _, e := range m.sorted {
		if match(e.metric.ID) {
			e.lately().each(since, upTo, func(p sample) {
				if len(out) <= limit {
					out = append(out, p.of(e.metric.ID))
				}
			})
		}
	}
	if len(out) > limit {
		return nil, ledger.ErrPruned
	}
	slices.SortFunc(out, func(a, b metric.Sample) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, nil
}
