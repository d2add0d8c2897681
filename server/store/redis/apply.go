package redis

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

//go:embed lua/apply.lua
var applyBody string

var apply = changing(applyBody)

// Apply has Redis decide the batch in one call. It does not stop for ctx: the batch
// belongs to many callers.
func (s *Store) Apply(_ context.Context, batch []ledger.Entry) ([][]ledger.Outcome, error) {
	e, err := s.commit(&s.values, apply, s.request(batch)...)
	if err != nil {
		return nil, err
	}
	outcomes, err := readOutcomes(e, batch)
	if err != nil {
		return nil, s.unavailable(err)
	}
	return outcomes, nil
}

// The bits of an entry's flags, and of an item's.
const (
	entryAtomic = 1
	entryKeyed  = 2

	itemSet   = 1
	itemTimed = 2
	itemKeyed = 4
)

// request is a batch as lua/apply.lua reads it.
func (s *Store) request(batch []ledger.Entry) []string {
	items := 0
	for i := range batch {
		items += len(batch[i].Items)
	}
	args := make([]string, 2, 2+min(items, 64))
	places := make(map[metric.ID]uint32, min(items, 64))
	b := make([]byte, 0, 16*items+16*len(batch))
	for i := range batch {
		e := &batch[i]
		var flags byte
		if e.Atomic {
			flags |= entryAtomic
		}
		if e.Key != "" {
			flags |= entryKeyed
		}
		b = binary.LittleEndian.AppendUint32(append(b, flags), uint32(len(e.Items)))
		size := len(b)
		b = append(b, 0, 0, 0, 0)
		if e.Key != "" {
			b = appendKey(b, e.Key, e.Digest)
		}
		start := len(b)
		for k := range e.Items {
			it := &e.Items[k]
			place, known := places[it.Metric]
			if !known {
				args = append(args, string(it.Metric))
				place = uint32(len(args) - 2)
				places[it.Metric] = place
			}
			b = appendItem(b, it, place)
		}
		binary.LittleEndian.PutUint32(b[size:], uint32(len(b)-start))
	}
	args[0], args[1] = strconv.Itoa(s.options.MaxMetrics), string(b)
	return args
}

func appendItem(b []byte, it *ledger.Item, place uint32) []byte {
	var flags byte
	if it.Op == metric.Set {
		flags |= itemSet
	}
	if it.Time != 0 {
		flags |= itemTimed
	}
	if it.Key != "" {
		flags |= itemKeyed
	}
	b = appendNumber(binary.LittleEndian.AppendUint32(append(b, flags), place), it.Value)
	if it.Time != 0 {
		b = appendNumber(b, float64(it.Time))
	}
	if it.Key != "" {
		b = appendKey(b, it.Key, it.Digest)
	}
	return b
}

func appendKey(b []byte, key string, digest uint64) []byte {
	b = binary.LittleEndian.AppendUint64(b, digest)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(key)))
	return append(b, key...)
}

// readOutcomes reads what became of a batch.
func readOutcomes(e event, batch []ledger.Entry) ([][]ledger.Outcome, error) {
	items := 0
	for i := range batch {
		items += len(batch[i].Items)
	}
	all := make([]ledger.Outcome, items)
	out := make([][]ledger.Outcome, len(batch))
	a := answers{reading: reading{b: e.payload}, now: e.time}
	a.seq = a.told(func(uint32, metric.Kind, metric.ID) {})
	for i := range batch {
		n := len(batch[i].Items)
		out[i], all = all[:n:n], all[n:]
		a.entry(batch[i].Items, out[i])
	}
	if a.err == nil && len(a.b) > 0 {
		a.err = errEvent
	}
	return out, a.err
}

// answers are outcomes being read.
type answers struct {
	reading
	now    int64
	seq    uint64 // of the next that is accepted
	repeat bool   // they were kept with a key
	blank  bool   // nothing is known of the items
}

// entry reads those of one entry.
func (a *answers) entry(items []ledger.Item, out []ledger.Outcome) {
	switch {
	case len(items) == 0 && (a.b == "" || a.b[0] != outAgain):
		return
	case a.repeat && a.moved(items, out):
	case a.b != "" && a.b[0] == outAgain:
		a.byte()
		if a.byte() == outReused {
			for i := range out {
				out[i].Err = ledger.ErrKeyReused
			}
			return
		}
		kept := a.kept()
		kept.entry(items, out)
		a.err = kept.err
	case a.b != "" && a.b[0] == outAtomic:
		a.byte()
		i := int(a.uint32())
		if i >= len(items) {
			a.err = errEvent
			return
		}
		refused := ledger.Outcome{Err: &ledger.ItemError{Item: i, Err: a.outcome(&items[i]).Err}, Repeat: a.repeat}
		for k := range out {
			out[k] = refused
		}
	default:
		for i := range items {
			out[i] = a.outcome(&items[i])
		}
	}
}

// kept is what was first answered to a key.
func (a *answers) kept() *answers {
	k := &answers{reading: reading{b: a.bytes(int(a.uint32())), err: a.err}, repeat: true, blank: a.blank}
	k.now, k.seq = int64(k.number()), uint64(k.number())
	return k
}

// outcome reads that of one item.
func (a *answers) outcome(it *ledger.Item) (o ledger.Outcome) {
	o.Repeat = a.repeat
	switch code := a.byte(); code {
	case outFull, outSet, outWhole:
		_, p := a.sample(code, a.now)
		p.seq = a.seq
		a.seq++
		o.Sample = p.of(it.Metric)
	case outRefused:
		o.Err = a.refusal(it)
	case outMany:
		o.Err = tooMany(a.number())
	case outNumbers:
		o.Err = errNumbers
	case outReused:
		o.Err = ledger.ErrKeyReused
	case outKept:
		k := a.kept()
		var first [1]ledger.Outcome
		k.entry([]ledger.Item{*it}, first[:])
		o, a.err = first[0], k.err
	case outAtomic:
		o.Err = &ledger.ItemError{Item: int(a.uint32()), Err: a.outcome(it).Err}
	default:
		a.err = fmt.Errorf("%w: an outcome of form %d", errEvent, code)
	}
	return o
}

// refusal lets metric.Decide say why it refuses what the script refused.
func (a *answers) refusal(it *ledger.Item) error {
	stood := &ledger.Stood{Now: a.now}
	m := &stood.Metric
	kind, flags := a.byte(), a.byte()
	value, floor, ceiling := a.number(), a.number(), a.number()
	if kind > byte(metric.Gauge) {
		a.err = errEvent
		return errEvent
	}
	m.Kind = metric.Kind(kind)
	if flags&hasFloor != 0 {
		m.Floor = &floor
	}
	if flags&hasCeiling != 0 {
		m.Ceiling = &ceiling
	}
	if flags&hasHead != 0 {
		m.Head = metric.Head{Seq: 1, Value: value}
	}
	if a.blank {
		return stood
	}
	err := stood.Why(it.Mutation)
	if errors.Is(err, ledger.ErrKeyReused) && !a.repeat {
		a.err = fmt.Errorf("%w: Redis refused %+v of %+v", errEvent, it.Mutation, *m)
	}
	return err
}

func tooMany(exist float64) error {
	return fmt.Errorf("%w: %.0f exist, the most that --max-metrics allows", ledger.ErrTooMany, exist)
}

var errNumbers = fmt.Errorf("%w: this store has numbered a billion in its life and can number no more", ledger.ErrTooMany)
