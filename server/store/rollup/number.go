package rollup

import (
	"encoding/binary"
	"errors"
	"math"
)

// ErrCorrupt says that stored bytes are not what this package wrote.
var ErrCorrupt = errors.New("stored samples are damaged")

// whole tells whether v is a whole number that is shorter as a varint.
func whole(v float64) bool {
	return v > -1<<48 && v < 1<<48 && v == math.Trunc(v) && (v != 0 || !math.Signbit(v))
}

func appendNumber(b []byte, v float64, isWhole bool) []byte {
	if isWhole {
		return binary.AppendVarint(b, int64(v))
	}
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

// reader reads what the Append functions wrote; the first damage stays in err
// and everything after it reads as zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() { r.b, r.err = nil, ErrCorrupt }

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		v := uint64(r.b[0])
		r.b = r.b[1:]
		return v
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *reader) number(isWhole bool) float64 {
	if isWhole {
		return float64(r.varint())
	}
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
	r.b = r.b[8:]
	return v
}
