package chart

import (
	"math"

	"telltale/shared/board"
	"telltale/shared/scene"
)

const (
	deltaSize = 12.0
	smallest  = 14.0 // of a stat's number
	usual     = 52.0 // up to where it is a third of the height, beyond a quarter
	largest   = 160.0

	nothingSide = 150.0 // a width in which it can be said that there are no samples
)

// stat draws a series' value as large as fits, how it changed over the range and what it
// means, and its line below, or beside where the area is low.
func (c *Chart) stat(i int, a box) {
	low := a.h < 84
	text, spark := a, box{}
	number := min(max(min(a.h*0.34, usual), a.h*0.26, smallest), largest)
	if low {
		number = min(max(a.h*0.5, smallest), 32)
		if a.w >= 150 {
			text.w = math.Floor(a.w * 0.6)
			spark = box{a.x + text.w + 12, a.y + 6, a.w - text.w - 12, a.h - 12}
		}
	}
	used := c.number(i, text, number, low)
	if !low {
		foot := c.delta(i, a, a.y+used+10)
		spark = box{a.x, foot + 8, a.w, a.bottom() - foot - 8}
	}
	tr := &c.traces[i]
	switch {
	case tr.first == tr.next && !low && spark.w >= nothingSide && spark.h >= 3*labelSize && c.in.Series[i].Head.Time != 0:
		c.plot = spark
		c.blank()
	case spark.h >= 16:
		c.spark(i, spark)
	}
}

// number writes the value, its unit smaller, and returns the height it took. What is to be
// watched has the colour of its tone; where the area is low, the sign of it, too.
func (c *Chart) number(i int, a box, size float64, low bool) float64 {
	tone, role := c.tone(i), c.ink(i)
	if tone != board.Good {
		role = ToneRole(tone, role)
	}
	sign := 0.0
	if low && tone != "" && a.w > 80 {
		sign = signSide + 6
		a.w -= sign
	}
	start := len(c.text)
	end := c.appendValue(i)
	value, unit := c.text[start:end], c.text[end:]
	full := scene.Width(value, size, scene.Semibold)
	if beside := scene.Width(unit, unitSize(size), scene.Regular); beside < full { // a longer one is cut instead
		full += beside
	}
	// Sizes are whole tenths, so that both painters have the same.
	size = math.Floor(size*min(a.w/full, 1)*10) / 10
	height := digitHeight(size)
	y := a.y + height
	if low {
		y = a.y + (a.h+height)/2
	}
	style := scene.Style{Role: role, Size: size, Weight: scene.Semibold}
	c.t.Text(a.x, y, value, style)
	x := math.Ceil(scene.Width(value, size, scene.Semibold)*10) / 10
	if len(unit) > 0 && a.w-x > unitSize(size) {
		style.Role, style.Size, style.Weight = scene.Muted, unitSize(size), scene.Regular
		x += c.fitted(a.x+x, y, a.w-x, unit, style)
	}
	if sign > 0 {
		c.sign(tone, a.x+x+sign-signSide/2, y-math.Floor(height/2))
	}
	return height
}

// digitHeight is how high digits of a size are: round ones rise a little above the others.
func digitHeight(size float64) float64 { return math.Ceil(size * 0.72) }

// unitSize is that of the unit behind a number: half as large, but still to be read.
func unitSize(number float64) float64 {
	return math.Floor(max(number*0.5, min(number, labelSize))*10) / 10
}

// appendValue appends the value of the i-th series, and its unit, to the text and returns where
// the unit begins. A value there is not is a dash.
func (c *Chart) appendValue(i int) (unit int) {
	s := &c.in.Series[i]
	if !s.Valued() {
		c.text = append(c.text, "–"...)
		return len(c.text)
	}
	text, p := c.unit.appendNumber(c.text, s.Head.Value)
	unit = len(text)
	c.text = c.unit.appendName(text, p)
	return unit
}

// delta writes how the value changed since the range's first sample, and its tone, and returns
// the foot of both.
func (c *Chart) delta(i int, a box, y float64) float64 {
	x := a.x
	if o := c.changes[i]; o.known {
		start := len(c.text)
		c.text = appendChange(c.text, o, c.in.Unit)
		if width := scene.Width(c.text[start:], deltaSize, scene.Regular); width <= a.w {
			c.t.Text(x, y, c.text[start:], scene.Style{Role: scene.Muted, Size: deltaSize, Baseline: scene.Top})
			x += width + 14
		}
	}
	marked := c.toneMark(c.tone(i), x, y+deltaSize*0.35, a.right()-x)
	if x == a.x && marked == 0 {
		return y
	}
	return y + deltaSize
}

// appendChange appends a change as a person reads it: ↑ 3 GiB, unchanged, or hardly changed.
func appendChange(dst []byte, o change, unit string) []byte {
	switch {
	case o.by == 0:
		return append(dst, "unchanged"...)
	case o.hardly:
		return append(dst, "hardly changed"...)
	case o.by > 0:
		dst = append(dst, "↑ "...)
	default:
		dst = append(dst, "↓ "...)
	}
	return AppendValue(dst, math.Abs(o.by), unit)
}

// spark draws the line of a series without axes, all of it as high as the area allows.
func (c *Chart) spark(i int, a box) {
	tr := c.traces[i]
	if tr.first == tr.next {
		return
	}
	r := nothing
	for k := tr.first; k < tr.next; k++ {
		r.include(c.points[k].min, c.points[k].max)
	}
	const overhang = dotRadius + 1
	c.plot = box{a.x, a.y + overhang, a.w - overhang, a.h - 2*overhang}
	lo, hi := r.lo, r.hi
	if lo == hi {
		lo, hi = lo-1, hi+1
	}
	c.x = newTimeScale(c.in.From, c.in.To, c.plot.x, c.plot.w)
	c.y = newScale(lo, hi, c.plot.bottom(), c.plot.y)
	c.line(i, true)
	c.lastPoint(i)
}
