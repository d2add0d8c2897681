package sqlite

import (
	"context"
	"errors"
	"fmt"

	"telltale/server/store/rollup"
	"telltale/shared/metric"
)

// load brings the metrics into memory and replays the log after the last flush.
func (s *Store) load(ctx context.Context) error {
	meta := map[string]any{}
	err := s.each(ctx, "SELECT name, value FROM meta", nil, func(scan func(...any) error) error {
		var name string
		var value any
		err := scan(&name, &value)
		meta[name] = value
		return err
	})
	if err != nil {
		return err
	}
	epoch, ok := meta[metaEpoch].(string)
	flushed, ok2 := meta[metaFlushed].(int64)
	forgotten, ok3 := meta[metaForgotten].(int64)
	if !ok || !ok2 || !ok3 {
		return fmt.Errorf("%w: its epoch or a seq is missing", ErrCorrupt)
	}
	s.epoch, s.flushed, s.forgotten = epoch, uint64(flushed), uint64(forgotten)
	s.seq, s.round.mark = s.flushed, s.flushed
	if passed, ok := meta[metaPassed].(int64); ok {
		s.rooms.passed = uint64(passed)
	}
	if err := s.loadRooms(ctx); err != nil {
		return err
	}
	if err := s.loadRuns(ctx); err != nil {
		return err
	}
	if err := s.loadBoards(ctx); err != nil {
		return err
	}
	if err := s.loadMetrics(ctx); err != nil {
		return err
	}
	return s.replay(ctx)
}

func (s *Store) loadMetrics(ctx context.Context) error {
	err := s.each(ctx, "SELECT num, id, kind, title, unit, floor, ceiling, time, seq, value, flushed FROM metrics ORDER BY id", nil,
		func(scan func(...any) error) error {
			e := &entry{}
			m, h := &e.decided, &e.stored
			err := scan(&e.num, &m.ID, &m.Kind, &m.Title, &m.Unit, &m.Floor, &m.Ceiling, &h.Time, &h.Seq, &h.Value, &e.taken)
			m.Head = *h
			e.metric = *m
			s.sorted = append(s.sorted, e)
			s.metrics[m.ID], s.byNum[e.num] = e, e
			return err
		})
	if err != nil {
		return fmt.Errorf("read the metrics: %w", err)
	}
	return s.each(ctx, "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'metrics'", nil,
		func(scan func(...any) error) error { return scan(&s.next) })
}

// replay folds in the samples that no flush has taken.
func (s *Store) replay(ctx context.Context) error {
	return s.each(ctx, "SELECT last, first, time, samples FROM log WHERE last > ? ORDER BY last", []any{int64(s.flushed)},
		func(scan func(...any) error) error {
			var last, seq uint64
			var time int64
			var blob []byte
			if err := scan(&last, &seq, &time, &blob); err != nil {
				return err
			}
			err := rollup.Samples(blob, time, func(p rollup.Sample) bool {
				s.replaySample(p, seq)
				seq++
				return true
			})
			if err == nil && seq != last+1 {
				err = rollup.ErrCorrupt
			}
			s.seq = last
			if errors.Is(err, rollup.ErrCorrupt) {
				err = fmt.Errorf("%w: the log's batch that ends with seq %d cannot be read: %w", ErrCorrupt, last, err)
			}
			return err
		})
}

func (s *Store) replaySample(p rollup.Sample, seq uint64) {
	e := s.byNum[p.Num]
	if e == nil || seq <= e.taken {
		return // deleted since, or flushed
	}
	e.decided.Head.Apply(metric.Sample{Seq: seq, Time: p.Time, Value: p.Value, Add: p.Add})
	s.remember(e, sample{seq, p.Time, p.Value, p.Add})
}

// each calls row for every row of a query of the writer's.
func (s *Store) each(ctx context.Context, query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
