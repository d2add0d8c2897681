package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"math"

	"telltale/server/store/rollup"
	"telltale/shared/metric"
)

// bounds of what waits in memory and in the journal.
type bounds struct {
	flushAfter   int   // samples since the last round that start the next one early
	maxTail      int   // samples in memory; beyond it mutations wait for the flush
	groupMetrics int   // of one transaction
	groupSamples int   // of one transaction, unless one metric has more
	openCells    int   // of a tier in a metric's row; with more, all but the newest go to chunks
	rowStep      int   // rows of messages that a step of retention removes
	roomNum      int64 // up to which rooms get numbers that were never used
	copyAfter    int   // pages of the journal that are worth copying
	holdAfter    int   // pages with which it is to begin anew
}

var usual = bounds{flushAfter: 1 << 16, maxTail: 1 << 19, groupMetrics: 64, groupSamples: 1 << 14, openCells: 64,
	rowStep: 16, roomNum: maxRoomNum, copyAfter: 1000, holdAfter: 4000}

// round is a flush under way: every sample up to target goes to metrics and
// chunks, a group of metrics a transaction. Guarded by Store.w.
type round struct {
	dirty   []*entry // metrics with a tail, but for those in pending
	pending []*entry // those still to be flushed in this round
	target  uint64
	mark    uint64 // seq when this round began: the target of the next
}

// makeRoom keeps the tails within their bound; its caller holds w. It flushes
// only where the flush of its own accord does not keep up.
func (s *Store) makeRoom() error {
	if s.closed {
		return s.Writable()
	}
	for s.tails >= s.bounds.maxTail {
		if _, err := s.flushGroup(); err != nil {
			return err
		}
	}
	return nil
}

// flush runs one whole round, giving the writer up between groups.
func (s *Store) flush() error {
	for {
		s.w.Lock()
		more, err := s.flushGroup()
		s.w.Unlock()
		if !more || err != nil {
			return err
		}
	}
}

// flushGroup flushes the next group of metrics, and says whether the round has
// more of them. Its caller holds w.
func (s *Store) flushGroup() (more bool, err error) {
	r := &s.round
	if len(r.pending) == 0 {
		r.target, r.mark = r.mark, s.seq
		if r.target <= s.flushed {
			return false, nil
		}
		r.pending, r.dirty = r.dirty, nil
	}
	n := r.group(s.bounds)
	group := r.pending[:n]
	taken := make([]flushed, len(group))
	err = s.lazily(func() error {
		for i, e := range group {
			if taken[i], err = s.flushMetric(e, r.target); err != nil {
				return fmt.Errorf("flush %s: %w", e.decided.ID, err)
			}
		}
		if n < len(r.pending) {
			return nil
		}
		_, err := s.sql.meta.Exec(metaFlushed, int64(r.target))
		return err
	})
	if err != nil {
		return false, err
	}
	s.shorten(group, taken)
	if r.pending = r.pending[n:]; len(r.pending) == 0 {
		r.pending, s.flushed = nil, r.target
		return false, nil
	}
	return true, nil
}

// group is how many of the pending metrics go into the next transaction.
func (r *round) group(b bounds) (n int) {
	for samples := 0; n < min(len(r.pending), b.groupMetrics) && samples < b.groupSamples; n++ {
		samples += len(r.pending[n].tail)
	}
	return n
}

// flushed is how a metric stands in its row after a flush.
type flushed struct {
	samples int // taken from its tail
	seq     uint64
	head    metric.Head
}

// shorten takes what is durable as cells off the tails.
func (s *Store) shorten(group []*entry, taken []flushed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range group {
		e.dirty = false
		if e.gone {
			continue
		}
		e.stored, e.taken = taken[i].head, taken[i].seq
		s.tails -= taken[i].samples
		if e.tail = e.tail[taken[i].samples:]; len(e.tail) == 0 {
			e.tail = nil
			continue
		}
		e.dirty = true
		s.round.dirty = append(s.round.dirty, e)
	}
}

// flushMetric moves a metric's samples up to target into its row, and where they
// have become many, its open cells into chunks.
func (s *Store) flushMetric(e *entry, target uint64) (flushed, error) {
	f := flushed{seq: e.taken, head: e.stored}
	for f.samples < len(e.tail) && e.tail[f.samples].seq <= target {
		p := e.tail[f.samples]
		f.head.Apply(p.of(""))
		f.seq = p.seq
		f.samples++
	}
	if f.samples == 0 || e.gone {
		return f, nil
	}
	var blob []byte
	if err := s.sql.cells.QueryRow(e.num).Scan(&blob); err != nil {
		return f, err
	}
	now, out := s.now(), make([]byte, 0, len(blob)+64)
	for i, tier := range s.options.Tiers {
		cells, rest, err := openOf(blob, tier.Step)
		if err != nil {
			return f, err
		}
		blob = rest
		since := horizon(now, tier.Keep)
		for _, p := range e.tail[:f.samples] {
			if p.time+tier.Step > since {
				cells = rollup.Fold(cells, tier.Step, p.bucket())
			}
		}
		if len(cells) > s.bounds.openCells {
			last := len(cells) - 1
			if err := s.spill(e.num, i, cells[:last]); err != nil {
				return f, err
			}
			cells = cells[last:]
		}
		out = rollup.AppendCells(out, tier.Step, cells)
	}
	_, err := s.sql.flush.Exec(f.head.Time, int64(f.head.Seq), f.head.Value, int64(f.seq), out, e.num)
	return f, err
}

// openOf reads the open cells of the next tier; a new metric's row has none.
func openOf(blob []byte, step int64) ([]rollup.Cell, []byte, error) {
	if len(blob) == 0 {
		return nil, nil, nil
	}
	return rollup.Cells(blob, step)
}

// horizon is the time up to which a tier has forgotten everything, in ms.
func horizon(now, keep int64) int64 {
	if keep == 0 {
		return math.MinInt64
	}
	return now - keep
}

// spill merges cells of a tier into the chunks they belong to.
func (s *Store) spill(num uint32, tier int, cells []rollup.Cell) error {
	step := s.options.Tiers[tier].Step
	for len(cells) > 0 {
		key, n := rollup.Key(num, tier, step, cells[0].Start), 1
		for n < len(cells) && rollup.Key(num, tier, step, cells[n].Start) == key {
			n++
		}
		var blob []byte
		if err := s.sql.chunk.QueryRow(key).Scan(&blob); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		earlier, _, err := openOf(blob, step)
		if err != nil {
			return err
		}
		blob = rollup.AppendCells(nil, step, rollup.Merge(earlier, cells[:n:n]))
		if _, err := s.sql.putChunk.Exec(key, blob); err != nil {
			return err
		}
		cells = cells[n:]
	}
	return nil
}
