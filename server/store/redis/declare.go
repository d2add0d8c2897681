package redis

import (
	"context"
	_ "embed"
	"fmt"
	"reflect"
	"strconv"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

var (
	//go:embed lua/declare.lua
	declareBody string
	//go:embed lua/delete.lua
	deleteBody string

	declare = changing(declareBody)
	remove  = changing(deleteBody)
)

// Declare replaces what is said of a metric. Where the declaration leaves the
// kind open, the one decided before stays.
func (s *Store) Declare(_ context.Context, id metric.ID, d metric.Declaration) (metric.Metric, error) {
	if err := d.Check(); err != nil {
		return metric.Metric{}, err
	}
	var flags byte
	var floor, ceiling float64
	if d.Floor != nil {
		flags, floor = flags|hasFloor, *d.Floor
	}
	if d.Ceiling != nil {
		flags, ceiling = flags|hasCeiling, *d.Ceiling
	}
	e, err := s.commit(&s.values, declare, strconv.Itoa(s.options.MaxMetrics), string(id), strconv.Itoa(int(d.Kind)), strconv.Itoa(int(flags)),
		string(appendNumber(appendNumber(nil, floor), ceiling)), string(appendTexts(nil, d)))
	if err != nil {
		return metric.Metric{}, err
	}
	r := reading{b: e.payload}
	switch r.byte() {
	case outRefused:
		d.Kind = metric.Kind(r.byte())
		return metric.Metric{}, within(r.number(), id, d)
	case outMany:
		return metric.Metric{}, tooMany(r.number())
	case outNumbers:
		return metric.Metric{}, errNumbers
	}
	_, m, err := readDeclared(e.payload)
	if err != nil {
		return m, s.unavailable(err)
	}
	return m, nil
}

// within says which of its bounds the present value lies outside of.
func within(value float64, id metric.ID, d metric.Declaration) error {
	floor, ceiling := d.Bounds()
	if value < floor {
		return fmt.Errorf("%w: %s is %v now, the floor would be %v", metric.ErrFloor, id, value, floor)
	}
	return fmt.Errorf("%w: %s is %v now, the ceiling would be %v", metric.ErrCeiling, id, value, ceiling)
}

// readDeclared reads what declare.lua appends.
func readDeclared(payload string) (num uint32, m metric.Metric, err error) {
	r := reading{b: payload}
	r.byte()
	id := metric.ID(r.bytes(int(r.uint16())))
	if r.err != nil {
		return 0, m, r.err
	}
	return readRecord(id, r.b)
}

func (s *Store) takeDeclared(e event) error {
	num, m, err := readDeclared(e.payload)
	if err != nil {
		return err
	}
	s.mu.Lock()
	_, known := s.metrics.byNum[num]
	entry := s.metrics.hear(num, m.ID)
	changed := !known || !reflect.DeepEqual(entry.metric.Declaration, m.Declaration)
	entry.metric.Declaration = m.Declaration
	s.mu.Unlock()
	if changed && s.publisher != nil {
		s.publisher.Refresh(m.ID)
	}
	return nil
}

// Delete removes a metric at once; its chunks are removed in small steps later.
func (s *Store) Delete(_ context.Context, id metric.ID) error {
	e, err := s.commit(&s.values, remove, string(id))
	if err == nil && e.payload == "" {
		return ledger.ErrUnknown
	}
	return err
}
