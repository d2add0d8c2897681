package chart

import "math"

// halfTurn is the cosine and the sine of an angle, given as a part of a half turn: 0 points to
// the left, 0.5 upwards, 1 to the right. The series is that of Taylor; the standard library's
// may round differently on machines that fuse multiply and add.
func halfTurn(part float64) (x, y float64) {
	a := float64((part - 0.5) * math.Pi) // from upwards
	q := float64(a * a)
	sin, cos, term := 0.0, 0.0, 1.0
	for n := 0; n < 18; n += 2 {
		cos += term
		sin += float64(term * a / float64(n+1))
		term = -float64(term * q / float64((n+1)*(n+2)))
	}
	return sin, -cos
}

// ring puts a part of a half ring around x, y on the tape, between two radii, to be filled.
func (c *Chart) ring(x, y, inner, outer, from, to float64) {
	const chord = 4.0 // pixels, at the outer edge; it stays within 0.1 of the circle
	n := max(int(math.Ceil((to-from)*outer*math.Pi/chord)), 1)
	for k := 0; k <= n; k++ {
		dx, dy := halfTurn(from + float64((to-from)*float64(k)/float64(n)))
		if k == 0 {
			c.t.Move(x+float64(dx*outer), y+float64(dy*outer))
			continue
		}
		c.t.Line(x+float64(dx*outer), y+float64(dy*outer))
	}
	for k := n; k >= 0; k-- {
		dx, dy := halfTurn(from + float64((to-from)*float64(k)/float64(n)))
		c.t.Line(x+float64(dx*inner), y+float64(dy*inner))
	}
}
