package sqlite

import (
	"context"
	"fmt"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

// Declare replaces what is said of a metric. Where the declaration leaves the
// kind open, the one decided before stays.
func (s *Store) Declare(_ context.Context, id metric.ID, d metric.Declaration) (metric.Metric, error) {
	s.w.Lock()
	defer s.w.Unlock()
	if err := d.Check(); err != nil {
		return metric.Metric{}, err
	}
	e, found := s.metrics[id]
	if !found {
		var err error
		if e, err = s.newEntry(id, 0); err != nil {
			return metric.Metric{}, err
		}
	}
	before := e.decided
	if d.Kind == metric.Undecided {
		d.Kind = before.Kind
	}
	if err := within(before.Head, id, d); err != nil {
		return metric.Metric{}, err
	}
	e.decided.Declaration = d
	err := s.transaction(func() error {
		if !found {
			return s.writeMetric(e)
		}
		_, err := s.sql.declare.Exec(declaration(e)...)
		return err
	})
	if err != nil {
		e.decided = before
		return metric.Metric{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.metric.ID, e.metric.Declaration = id, d
	if !found {
		s.insert(e)
	}
	return e.metric, nil
}

// within refuses bounds that the present value lies outside of.
func within(h metric.Head, id metric.ID, d metric.Declaration) error {
	floor, ceiling := d.Bounds()
	switch {
	case h.Seq > 0 && h.Value < floor:
		return fmt.Errorf("%w: %s is %v now, the floor would be %v", metric.ErrFloor, id, h.Value, floor)
	case h.Seq > 0 && h.Value > ceiling:
		return fmt.Errorf("%w: %s is %v now, the ceiling would be %v", metric.ErrCeiling, id, h.Value, ceiling)
	}
	return nil
}

// Delete removes a metric at once; its chunks are removed in small steps later.
func (s *Store) Delete(_ context.Context, id metric.ID) error {
	s.w.Lock()
	defer s.w.Unlock()
	e := s.metrics[id]
	if e == nil {
		return ledger.ErrUnknown
	}
	err := s.transaction(func() error {
		if _, err := s.sql.remove.Exec(e.num); err != nil {
			return err
		}
		if _, err := s.sql.gone.Exec(e.num); err != nil {
			return err
		}
		_, err := s.sql.meta.Exec(metaForgotten, int64(s.seq))
		return err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, _ := s.find(id)
	s.sorted = append(s.sorted[:i], s.sorted[i+1:]...)
	delete(s.metrics, id)
	delete(s.byNum, e.num)
	s.tails -= len(e.tail)
	s.forgotten = s.seq
	e.tail, e.gone = nil, true
	return nil
}

// writeMetric writes the row of a new metric; its caller is in a transaction.
func (s *Store) writeMetric(e *entry) error {
	d := e.decided.Declaration
	_, err := s.sql.create.Exec(e.num, string(e.decided.ID), int(d.Kind), d.Title, d.Unit, d.Floor, d.Ceiling)
	if err != nil {
		return fmt.Errorf("create a metric: %w", err)
	}
	return nil
}

// declaration are the arguments of the statement declare.
func declaration(e *entry) []any {
	d := e.decided.Declaration
	return []any{int(d.Kind), d.Title, d.Unit, d.Floor, d.Ceiling, e.num}
}
