package scene

import "bytes"

// Painter is told what is on a tape, op by op, in pixels. A [Tape] is one: playing a tape
// to another copies it.
type Painter interface {
	Move(x, y float64)               // a new path part begins
	Line(x, y float64)               // a straight line to here
	Stroke(role Role, width float64) // the path since the last Stroke or Fill is drawn, and done with
	Fill(role Role)                  // it is filled instead
	// Rect fills a rectangle whose top left corner is at x, y and whose corners are round.
	Rect(role Role, x, y, w, h, radius float64)
	Dot(role Role, x, y, radius float64) // a filled circle around x, y
	// Text has its Foot at y; the text is valid until it returns.
	Text(x, y float64, text []byte, style Style)
}

// Play has a painter draw the tape.
func (t *Tape) Play(p Painter) { t.PlayAt(p, 0, 0) }

// PlayAt has a painter draw the tape with its top left corner at x, y.
func (t *Tape) PlayAt(p Painter, x, y float64) {
	if len(t.words) < header {
		return
	}
	dx, dy := tenths(x), tenths(y)
	across := func(n int32) float64 { return float64(n+dx) / unit }
	down := func(n int32) float64 { return float64(n+dy) / unit }
	size := func(n int32) float64 { return float64(n) / unit }
	pool := t.pool
	for words := t.words[header:]; len(words) > 0; {
		op, a := words[0], words[1:]
		used := 0
		switch op {
		case opMove:
			p.Move(across(a[0]), down(a[1]))
			used = 2
		case opLines:
			used = 1 + 2*int(a[0])
			for i := 1; i < used; i += 2 {
				p.Line(across(a[i]), down(a[i+1]))
			}
		case opStroke:
			p.Stroke(Role(a[0]), size(a[1]))
			used = 2
		case opFill:
			p.Fill(Role(a[0]))
			used = 1
		case opRect:
			p.Rect(Role(a[0]), across(a[1]), down(a[2]), size(a[3]), size(a[4]), size(a[5]))
			used = 6
		case opDot:
			p.Dot(Role(a[0]), across(a[1]), down(a[2]), size(a[3]))
			used = 4
		case opText:
			text, rest, _ := bytes.Cut(pool, []byte{'\n'})
			pool = rest
			p.Text(across(a[4]), down(a[5]), text, Style{Role: Role(a[0]), Size: size(a[1]), Weight: Weight(a[2]), Align: Align(a[3])})
			used = 6
		}
		words = a[used:]
	}
}
