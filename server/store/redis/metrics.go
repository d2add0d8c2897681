package redis

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"telltale/server/ledger"
	"telltale/server/store/rollup"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// metrics are this process's memory of all metrics, as of its place in the log.
type metrics struct {
	byID      map[metric.ID]*entry
	byNum     map[uint32]*entry
	sorted    []*entry // by ID
	seq       uint64   // of the newest sample
	forgotten uint64   // seq at which a metric was last deleted
	flushed   uint64   // every sample up to it is in roll-ups
	held      uint64   // memory has every sample after it, of metrics that exist
	tails     int      // samples in all tails
}

func newMetrics() metrics {
	return metrics{byID: map[metric.ID]*entry{}, byNum: map[uint32]*entry{}}
}

// entry is a metric in memory.
type entry struct {
	num    uint32
	metric metric.Metric
	tail   []sample // those that may not be in roll-ups yet; its elements never change
	past   []sample // those before them that memory still has; its elements never change
	begins int64    // memory has every sample of a later time, ms since 1970
}

// sample is a metric's sample in its tail.
type sample struct {
	seq        uint64
	time       int64
	value, add float64
}

func (s sample) of(id metric.ID) metric.Sample {
	return metric.Sample{Metric: id, Value: s.value, Seq: s.seq, Time: s.time, Add: s.add}
}

func (s sample) bucket() series.Bucket { return series.Of(s.of("")) }

func (m *metrics) find(id metric.ID) (int, bool) {
	return slices.BinarySearchFunc(m.sorted, id, func(e *entry, id metric.ID) int {
		return strings.Compare(string(e.metric.ID), string(id))
	})
}

// hear answers the entry of a metric, which may be new.
func (m *metrics) hear(num uint32, id metric.ID) *entry {
	if e := m.byNum[num]; e != nil {
		return e
	}
	e := &entry{num: num, metric: metric.Metric{ID: id}, begins: math.MinInt64}
	i, _ := m.find(id)
	m.sorted = slices.Insert(m.sorted, i, e)
	m.byID[id], m.byNum[num] = e, e
	return e
}

func (m *metrics) remember(e *entry, p sample) {
	e.tail = append(e.tail, p)
	m.tails++
}

// forget removes a metric, and answers whether there was one.
func (m *metrics) forget(id metric.ID) bool {
	e := m.byID[id]
	if e == nil {
		return false
	}
	i, _ := m.find(id)
	m.sorted = slices.Delete(m.sorted, i, i+1)
	delete(m.byID, id)
	delete(m.byNum, e.num)
	m.tails -= len(e.tail)
	return true
}

// shorten takes what is in roll-ups off the tails, and forgets the oldest of it.
func (m *metrics) shorten(flushed uint64) {
	m.flushed = flushed
	m.held = max(m.held, flushed-min(flushed, latelySamples))
	for _, e := range m.sorted {
		n := 0
		for n < len(e.tail) && e.tail[n].seq <= flushed {
			n++
		}
		m.tails -= n
		e.age(n)
		e.drop(m.held)
	}
}

// The bits of a record's flags.
const (
	hasFloor = 1 << iota
	hasCeiling
	hasHead // in a refusal alone
)

// readRecord reads a field of the hash heads: number, kind, flags, floor, ceiling, time,
// seq, value, then texts.
func readRecord(id metric.ID, b string) (num uint32, m metric.Metric, err error) {
	r := reading{b: b}
	num = r.uint32()
	m = metric.Metric{ID: id}
	m.Kind = metric.Kind(r.byte())
	flags := r.byte()
	floor, ceiling := r.number(), r.number()
	if flags&hasFloor != 0 {
		m.Floor = &floor
	}
	if flags&hasCeiling != 0 {
		m.Ceiling = &ceiling
	}
	m.Head = metric.Head{Time: int64(r.number()), Seq: uint64(r.number()), Value: r.number()}
	m.Title, m.Unit = readTexts(r.b)
	return num, m, r.err
}

func appendTexts(b []byte, d metric.Declaration) []byte {
	if d.Title == "" && d.Unit == "" {
		return b
	}
	b = binary.AppendUvarint(b, uint64(len(d.Title)))
	return append(append(b, d.Title...), d.Unit...)
}

func readTexts(b string) (title, unit string) {
	n, width := binary.Uvarint([]byte(b[:min(len(b), binary.MaxVarintLen64)]))
	if width <= 0 || n > uint64(len(b)-width) {
		return "", ""
	}
	return b[width : width+int(n)], b[width+int(n):]
}

// Metric answers ledger.ErrUnknown for a metric that does not exist.
func (s *Store) Metric(_ context.Context, id metric.ID) (metric.Metric, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.metrics.byID[id]
	if e == nil {
		return metric.Metric{}, ledger.ErrUnknown
	}
	return e.metric, nil
}

// Metrics are all metrics, sorted by ID, and the seq they are as of.
func (s *Store) Metrics(context.Context) ([]metric.Metric, uint64, error) {
	all, seq := s.heads()
	return all, seq, nil
}

func (s *Store) heads() ([]metric.Metric, uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]metric.Metric, len(s.metrics.sorted))
	for i, e := range s.metrics.sorted {
		all[i] = e.metric
	}
	return all, s.metrics.seq
}

// takeSamples lets memory have a batch, then tells it.
func (s *Store) takeSamples(e event) error {
	samples, err := s.remember(e)
	if err == nil && s.publisher != nil && len(samples) > 0 {
		s.publisher.Publish(samples)
	}
	return err
}

func (s *Store) remember(e event) ([]metric.Sample, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &s.metrics
	var samples []metric.Sample
	err := eachSample(e, func(num uint32, kind metric.Kind, id metric.ID) {
		m.hear(num, id).metric.Kind = kind
	}, func(num uint32, p sample) {
		if known := m.byNum[num]; known != nil {
			sample := p.of(known.metric.ID)
			known.metric.Head.Apply(sample)
			m.remember(known, p)
			m.seq = p.seq
			samples = append(samples, sample)
		}
	})
	if len(m.sorted) > 0 && m.tails >= flushAfter {
		tell(s.keep.wake)
	}
	return samples, err
}

func (s *Store) takeDeleted(e event) error {
	id := metric.ID(e.payload)
	s.mu.Lock()
	gone := s.metrics.forget(id)
	s.metrics.forgotten = s.metrics.seq
	s.mu.Unlock()
	if gone && s.publisher != nil {
		s.publisher.Forget(id)
	}
	return nil
}

func (s *Store) takeFlushed(e event) error {
	r := reading{b: e.payload}
	upTo := uint64(r.number())
	s.mu.Lock()
	s.metrics.shorten(upTo)
	s.mu.Unlock()
	return r.err
}

// The outcomes of mutations, as lua/apply.lua writes them.
const (
	outFull    = 1  // number, time, value, add
	outSet     = 2  // number, value; at the event's time
	outWhole   = 3  // number, value, add as int32; at the event's time
	outRefused = 8  // kind, flags, value, floor, ceiling of the metric as it was
	outMany    = 9  // metrics that exist
	outNumbers = 10 // no number is left
	outReused  = 11
	outKept    = 12 // what was first answered to the key: time, seq, outcomes
	outAgain   = 16 // the key of the whole entry is known
	outAtomic  = 17 // item, its refusal
)

// sample reads the rest of an accepted outcome.
func (r *reading) sample(code byte, now int64) (num uint32, p sample) {
	num, p.time = r.uint32(), now
	switch code {
	case outFull:
		p.time = int64(r.number())
		p.value, p.add = r.number(), r.number()
	case outSet:
		p.value = r.number()
	case outWhole:
		p.value, p.add = float64(int32(r.uint32())), float64(int32(r.uint32()))
	}
	return num, p
}

// told reads the metrics that a batch made, or decided the kind of, and answers the seq
// of its first sample.
func (r *reading) told(tell func(num uint32, kind metric.Kind, id metric.ID)) (first uint64) {
	first = uint64(r.number())
	for n := r.uint32(); n > 0 && r.err == nil; n-- {
		num, kind := r.uint32(), metric.Kind(r.byte())
		id := metric.ID(r.bytes(int(r.uint16())))
		if r.err == nil && kind <= metric.Gauge {
			tell(num, kind, metric.ID(strings.Clone(string(id))))
		}
	}
	return first
}

// eachSample reads what a batch accepted.
func eachSample(e event, tell func(num uint32, kind metric.Kind, id metric.ID), yield func(num uint32, p sample)) error {
	r := reading{b: e.payload}
	seq := r.told(tell)
	for len(r.b) > 0 {
		switch code := r.byte(); code {
		case outFull, outSet, outWhole:
			num, p := r.sample(code, e.time)
			p.seq = seq
			seq++
			if r.err == nil {
				yield(num, p)
			}
		case outRefused:
			r.bytes(2 + 3*8)
		case outMany:
			r.bytes(8)
		case outNumbers, outReused, outAgain:
		case outKept:
			r.bytes(int(r.uint32()))
		case outAtomic:
			r.bytes(4)
		default:
			return fmt.Errorf("%w: an outcome of form %d", errEvent, code)
		}
	}
	return r.err
}

// horizon is the time up to which a tier has forgotten everything, in ms.
func horizon(now, keep int64) int64 {
	if keep == 0 {
		return math.MinInt64
	}
	return now - keep
}

// tell leaves a token in a channel that holds one.
func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // told already
	}
}

const _ = uint(rollup.MaxNum - 1073741823) // as the scripts have it
