package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/server/store/rollup"
	"telltale/shared/metric"
	"telltale/shared/series"
)

var (
	//go:embed lua/read.lua
	readBody  string
	readCalls = rueidis.NewLuaScriptReadOnly(readBody)
)

// readGroup is how many metrics are read in one call.
const readGroup = 32

// stored is what Redis has of a tier of a metric.
type stored struct {
	taken  uint64 // the seq that it reaches to
	open   []rollup.Cell
	chunks []string // pieces of cells
}

// asked is what is asked of Redis.
type asked struct {
	num         uint32
	tier        int
	what        string // "range", or "newest" for the two newest chunks
	first, last int64  // indexes of chunks
}

// stored reads what is asked, all as of one moment.
func (s *Store) stored(ctx context.Context, all []asked) ([]stored, error) {
	args := make([]string, 0, 5*len(all))
	for _, a := range all {
		args = append(args, strconv.FormatUint(uint64(a.num), 10), strconv.Itoa(a.tier), a.what, strconv.FormatInt(a.first, 10), strconv.FormatInt(a.last, 10))
	}
	s.mu.RLock()
	away, closed := s.away, s.closed
	s.mu.RUnlock()
	if away != nil || closed {
		return nil, unreadable(away)
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	answer, err := s.run(ctx, readCalls, args).ToArray()
	if err != nil {
		return nil, unreadable(err)
	}
	out := make([]stored, len(all))
	for i := range answer {
		found, err := answer[i].AsStrSlice()
		if err != nil || len(found) == 0 {
			return nil, errors.Join(errEvent, err)
		}
		var blob []byte
		if out[i].taken, blob, err = readCells(found[0]); err != nil {
			return nil, err
		}
		for t := 0; t <= all[i].tier; t++ {
			if out[i].open, blob, err = openOf(blob, s.options.Tiers[t].Step); err != nil {
				return nil, err
			}
		}
		out[i].chunks = found[1:]
	}
	return out, nil
}

// unreadable is the error of a read; cause is nil for a closed store.
func unreadable(cause error) error {
	if cause == nil {
		return ledger.ErrUnreadable
	}
	return fmt.Errorf("%w: %w", ledger.ErrUnreadable, cause)
}

// each calls yield for all cells: of chunks, then open.
func (st *stored) each(step int64, yield func(*rollup.Cell)) error {
	for _, chunk := range st.chunks {
		for blob := []byte(chunk); len(blob) > 0; {
			var err error
			if blob, err = rollup.EachCell(blob, step, yield); err != nil {
				return err
			}
		}
	}
	for i := range st.open {
		yield(&st.open[i])
	}
	return nil
}

// Rows answers one history for each of q.IDs that exists. Whatever the range, it reads a few
// chunks of the coarsest tier that makes up q.Step.
func (s *Store) Rows(ctx context.Context, q ledger.Range) (map[metric.ID][]series.Row, error) {
	tier := rollup.Tier(s.options.Tiers[:], q.Step)
	if tier < 0 {
		return nil, fmt.Errorf("no roll-up makes up steps of %d ms", q.Step)
	}
	now := s.now()
	q.From, q.To = max(q.From, metric.MinTime), min(q.To, now+2*metric.MaxAhead)
	all := make(map[metric.ID][]series.Row, len(q.IDs))
	for ids := q.IDs; len(ids) > 0; {
		n := min(len(ids), readGroup)
		err := s.histories(ctx, ids[:n], q, tier, now, all)
		for err == ledger.ErrPassed && q.AsOf == 0 {
			err = s.histories(ctx, ids[:n], q, tier, now, all)
		}
		if err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return all, nil
}

// past is a metric whose history is being read.
type past struct {
	id metric.ID
	lately
	rows *rollup.Rows
}

// histories folds the chunks, open cells and tails of some metrics. The tails are taken
// first: what a flush takes off them meanwhile is in what is read.
func (s *Store) histories(ctx context.Context, ids []metric.ID, q ledger.Range, tier int, now int64, into map[metric.ID][]series.Row) error {
	step := s.options.Tiers[tier].Step
	var pasts []past
	var calls []asked
	s.mu.RLock()
	asOf := s.metrics.seq
	for _, id := range ids {
		if e := s.metrics.byID[id]; e != nil && q.To >= q.From {
			pasts = append(pasts, past{id: id, lately: e.lately()})
			calls = append(calls, asked{e.num, tier, "range", rollup.Chunk(series.Floor(q.From, q.Step), step), rollup.Chunk(series.Floor(q.To, q.Step)+q.Step-1, step)})
		}
	}
	s.mu.RUnlock()
	if q.AsOf != 0 {
		asOf = q.AsOf
	}
	for i := range pasts {
		var err error
		if pasts[i].rows, err = rollup.NewRows(q.From, q.To, q.Step, horizon(now, s.options.Tiers[tier].Keep)); err != nil {
			return err
		}
	}
	if len(pasts) == 0 {
		return nil
	}
	found, err := s.stored(ctx, calls)
	if errors.Is(err, ledger.ErrUnreadable) && recalled(pasts, q, step, asOf) {
		for _, p := range pasts {
			into[p.id] = p.rows.Rows()
		}
		return nil
	}
	if err != nil {
		return err
	}
	for i, p := range pasts {
		if found[i].taken > asOf {
			return ledger.ErrPassed
		}
		err := found[i].each(step, func(c *rollup.Cell) {
			if q.Until == 0 || c.Time <= q.Until {
				p.rows.Add(c.Start, step, &c.Bucket)
			}
		})
		if err != nil {
			return err
		}
		for _, t := range p.tail {
			if t.seq > found[i].taken && t.seq <= asOf && (q.Until == 0 || t.time <= q.Until) {
				b := t.bucket()
				p.rows.Add(series.Floor(t.time, step), step, &b)
			}
		}
		into[p.id] = p.rows.Rows()
	}
	return nil
}

// After answers ledger.ErrPruned also where more than ledger.MaxScan samples lie between since and
// upTo, a metric was deleted since, or since is yet to come.
func (s *Store) After(ctx context.Context, since, upTo uint64, match func(metric.ID) bool, limit int) ([]metric.Sample, error) {
	s.mu.RLock()
	seq, forgotten, away := s.metrics.seq, s.metrics.forgotten, s.away
	s.mu.RUnlock()
	upTo, err := ledger.Missed(since, upTo, seq, forgotten)
	if err != nil || since == upTo {
		return nil, err
	}
	if away != nil {
		return s.recallAfter(since, upTo, match, limit)
	}
	var out []metric.Sample
	next := since + 1
	err = s.events(ctx, since, "+", func(e event) (bool, error) {
		if e.kind != sampled {
			return true, nil
		}
		first := next
		s.mu.RLock()
		defer s.mu.RUnlock()
		err := eachSample(e, func(uint32, metric.Kind, metric.ID) {}, func(num uint32, p sample) {
			first = min(first, p.seq)
			if known := s.metrics.byNum[num]; known != nil && p.seq > since && p.seq <= upTo && match(known.metric.ID) {
				out = append(out, p.of(known.metric.ID))
			}
		})
		if r := (&reading{b: e.payload}); err == nil && uint64(r.number()) > next || len(out) > limit {
			return false, ledger.ErrPruned
		}
		next = e.at.seq + 1
		return next <= upTo, err
	})
	if err == nil && next <= upTo {
		err = ledger.ErrPruned
	}
	if err != nil {
		if !errors.Is(err, ledger.ErrPruned) {
			return s.recallAfter(since, upTo, match, limit)
		}
		return nil, err
	}
	return out, nil
}
