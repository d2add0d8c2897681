package rollup

import "encoding/binary"

// Sample is an accepted mutation of a metric known by its number.
type Sample struct {
	Num        uint32
	Time       int64 // ms since 1970
	Value, Add float64
}

const (
	wholeValue = 1 << iota
	wholeAdd
)

// AppendSample writes a sample to a batch's blob; base is the batch's time in ms.
func AppendSample(b []byte, base int64, s Sample) []byte {
	var flags byte
	if whole(s.Value) {
		flags |= wholeValue
	}
	if whole(s.Add) {
		flags |= wholeAdd
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, uint64(s.Num))
	b = binary.AppendVarint(b, s.Time-base)
	b = appendNumber(b, s.Value, flags&wholeValue != 0)
	return appendNumber(b, s.Add, flags&wholeAdd != 0)
}

// Samples reads a batch's blob and calls yield for each sample until that
// answers false. Its error is ErrCorrupt.
func Samples(b []byte, base int64, yield func(Sample) bool) error {
	r := reader{b: b}
	for len(r.b) > 0 {
		flags := r.byte()
		s := Sample{Num: uint32(r.uvarint()), Time: base + r.varint()}
		s.Value = r.number(flags&wholeValue != 0)
		s.Add = r.number(flags&wholeAdd != 0)
		if r.err != nil || !yield(s) {
			break
		}
	}
	return r.err
}
