package ledger

import (
	"encoding/binary"
	"fmt"
	"math"

	"telltale/shared/metric"
)

// Stood is a refusal that a store keeps as what was refused upon: how the metric stood, and
// when. Decided again, the same mutation says why.
type Stood struct {
	Metric metric.Metric // its kind, bounds and head; no more
	Now    int64         // ms since 1970
}

// Error tells that something was refused; Why says the reason.
func (s *Stood) Error() string {
	return fmt.Sprintf("refused where the metric was %v", s.Metric.Head.Value)
}

// Why is why the mutation was refused; ErrKeyReused where it is not the one that was.
func (s *Stood) Why(m metric.Mutation) error {
	known := s.Metric
	known.ID = m.Metric
	if _, _, err := metric.Decide(known, m, s.Now); err != nil {
		return err
	}
	return ErrKeyReused
}

// stoodReason stands where a refusal has its place among reasons.
const stoodReason = 0xff

// The bits of what is kept of a Stood.
const (
	stoodFloor = 1 << iota
	stoodCeiling
	stoodHead
)

func (s *Stood) append(b []byte) []byte {
	var flags byte
	var floor, ceiling float64
	if s.Metric.Floor != nil {
		flags, floor = flags|stoodFloor, *s.Metric.Floor
	}
	if s.Metric.Ceiling != nil {
		flags, ceiling = flags|stoodCeiling, *s.Metric.Ceiling
	}
	if s.Metric.Head.Seq > 0 {
		flags |= stoodHead
	}
	b = binary.AppendVarint(append(b, byte(s.Metric.Kind), flags), s.Now)
	for _, v := range [...]float64{s.Metric.Head.Value, floor, ceiling} {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

func (r *keptReader) stood() *Stood {
	kind, flags := r.bytes(1)[0], r.bytes(1)[0]
	s := &Stood{Now: r.varint()}
	var v [3]float64
	for i := range v {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(r.bytes(8)))
	}
	if kind > byte(metric.Gauge) {
		r.err = errKept
		return s
	}
	s.Metric.Kind = metric.Kind(kind)
	if flags&stoodFloor != 0 {
		s.Metric.Floor = &v[1]
	}
	if flags&stoodCeiling != 0 {
		s.Metric.Ceiling = &v[2]
	}
	if flags&stoodHead != 0 {
		s.Metric.Head = metric.Head{Seq: 1, Value: v[0]}
	}
	return s
}
