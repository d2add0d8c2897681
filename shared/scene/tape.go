package scene

import (
	"math"
	"unicode/utf8"
	"unsafe"
)

// The ops, each with its operands. web/paint.js holds the same list.
const (
	opMove   = iota + 1 // x y
	opLines             // n, then n times x y
	opStroke            // role width
	opFill              // role
	opRect              // role x y w h radius
	opDot               // role x y radius
	opText              // role size weight align x y; the next text of the pool
)

// header is the length of a tape's first part: words in all, width, height.
const header = 3

// Limit is the largest coordinate in pixels, either side of zero.
const Limit = 100_000

// Tape is a drawing. The zero value is ready after [Tape.Reset].
type Tape struct {
	words []int32
	pool  []byte
	lines int // where the count of the open opLines is, 0 if none is open
}

// Reset empties the tape and begins a drawing of w × h pixels. Memory is kept.
func (t *Tape) Reset(w, h float64) {
	t.words = append(t.words[:0], 0, tenths(w), tenths(h))
	t.pool = t.pool[:0]
	t.lines = 0
}

// Size is the width and height given to Reset, in pixels.
func (t *Tape) Size() (w, h float64) {
	if len(t.words) < header {
		return 0, 0
	}
	return float64(t.words[1]) / 10, float64(t.words[2]) / 10
}

// Bytes is the tape as a player takes it, little-endian on every target Go's
// wasm and this server run on. It is valid until the next change.
func (t *Tape) Bytes() []byte {
	if len(t.words) < header {
		return nil
	}
	t.words[0] = int32(len(t.words))
	return unsafe.Slice((*byte)(unsafe.Pointer(&t.words[0])), 4*len(t.words))
}

// Pool is the texts in the order of their ops, each ended by a newline. It is
// valid until the next change.
func (t *Tape) Pool() []byte { return t.pool }

// Move begins a line at x, y.
func (t *Tape) Move(x, y float64) {
	t.words = append(t.words, opMove, tenths(x), tenths(y))
	t.lines = 0
}

// Line goes on to x, y. Lines in a row share one op.
func (t *Tape) Line(x, y float64) {
	if t.lines == 0 {
		t.words = append(t.words, opLines, 0)
		t.lines = len(t.words) - 1
	}
	t.words = append(t.words, tenths(x), tenths(y))
	t.words[t.lines]++
}

// Stroke draws the path's outline, width pixels wide, with round joins, and ends the path.
func (t *Tape) Stroke(role Role, width float64) {
	t.words = append(t.words, opStroke, int32(role), tenths(width))
	t.lines = 0
}

// Fill fills the path, closing it, and ends it.
func (t *Tape) Fill(role Role) {
	t.words = append(t.words, opFill, int32(role))
	t.lines = 0
}

// Rect fills a rectangle with its top left corner at x, y; its corners are rounded by radius.
func (t *Tape) Rect(role Role, x, y, w, h, radius float64) {
	t.words = append(t.words, opRect, int32(role), tenths(x), tenths(y), tenths(w), tenths(h), tenths(radius))
	t.lines = 0
}

// Dot fills a circle around x, y.
func (t *Tape) Dot(role Role, x, y, radius float64) {
	t.words = append(t.words, opDot, int32(role), tenths(x), tenths(y), tenths(radius))
	t.lines = 0
}

// Text writes a text at x, y as style says. Control characters become spaces and
// what is not UTF-8 becomes U+FFFD, as does what XML cannot hold.
func (t *Tape) Text(x, y float64, text []byte, style Style) {
	if style.Baseline == Middle {
		y += float64(style.Size * capHeight / 2)
	} else if style.Baseline == Top {
		y += float64(style.Size * capHeight)
	}
	t.words = append(t.words, opText, int32(style.Role), tenths(style.Size), int32(style.Weight), int32(style.Align), tenths(x), tenths(y))
	t.lines = 0
	for i := 0; i < len(text); {
		if b := text[i]; b >= ' ' && b < 0x7F {
			t.pool = append(t.pool, b)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		t.pool = utf8.AppendRune(t.pool, printable(r))
		i += size
	}
	t.pool = append(t.pool, '\n')
}

func printable(r rune) rune {
	switch {
	case r < ' ' || r >= 0x7F && r < 0xA0 || r == 0x2028 || r == 0x2029:
		return ' '
	case r&0xFFFE == 0xFFFE:
		return utf8.RuneError
	}
	return r
}

// tenths is a coordinate as the tape holds it: rounded half up, a value that is no number at zero.
func tenths(v float64) int32 {
	if v > -Limit && v < Limit {
		return int32(math.Floor(float64(v*10) + 0.5))
	}
	switch {
	case v >= Limit:
		return Limit * 10
	case v <= -Limit:
		return -Limit * 10
	}
	return 0
}
