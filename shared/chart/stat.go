package chart

import (
	"math"

	"telltale/shared/scene"
)

const (
	deltaSize = 12.0
	smallest  = 14.0 // of a stat's number
	largest   = 52.0
)

// stat draws the first series' value as large as fits, how it changed over the
// range, and its line below, or beside where the area is low.
func (c *Chart) stat(a box) {
	c.plot = box{}
	if len(c.in.Series) == 0 {
		return
	}
	r := c.gather(a.w)
	low := a.h < 84
	text, spark := a, box{}
	number := min(max(a.h*0.34, smallest), largest)
	if low {
		number = min(max(a.h*0.5, smallest), 32)
		if a.w >= 150 {
			text.w = math.Floor(a.w * 0.6)
			spark = box{a.x + text.w + 12, a.y + 6, a.w - text.w - 12, a.h - 12}
		}
	}
	used := c.number(text, number, low)
	if !low {
		used = c.delta(a, a.y+used+10)
		spark = box{a.x, used + 8, a.w, a.bottom() - used - 8}
	}
	if spark.h >= 16 && r.lo <= r.hi {
		c.spark(spark, r)
	}
}

// number writes the value, its unit smaller, and returns the height it took.
func (c *Chart) number(a box, size float64, middle bool) float64 {
	s := &c.in.Series[0]
	start := len(c.text)
	var p prefix
	if s.Head.Time == 0 {
		c.text = append(c.text, "–"...)
	} else {
		c.text, p = c.unit.appendNumber(c.text, s.Head.Value)
	}
	end := len(c.text)
	if s.Head.Time != 0 {
		c.text = c.unit.appendName(c.text, p)
	}
	value, unit := c.text[start:end], c.text[end:]
	const ratio = 0.5 // of the unit's size to the number's
	full := scene.Width(value, size, scene.Semibold)
	if beside := scene.Width(unit, size*ratio, scene.Regular); beside < full { // a longer one is cut instead
		full += beside
	}
	// Sizes are whole tenths, so that both painters have the same.
	size = math.Floor(size*min(a.w/full, 1)*10) / 10
	height := math.Ceil(size * 0.7)
	y := a.y + height
	if middle {
		y = a.y + (a.h+height)/2
	}
	style := scene.Style{Role: c.ink(), Size: size, Weight: scene.Semibold}
	c.t.Text(a.x, y, value, style)
	x := math.Ceil(scene.Width(value, size, scene.Semibold)*10) / 10
	if len(unit) > 0 && a.w-x > size*ratio {
		style.Role, style.Size, style.Weight = scene.Muted, math.Floor(size*ratio*10)/10, scene.Regular
		c.fitted(a.x+x, y, a.w-x, unit, style)
	}
	return height
}

// delta writes how the value changed since the range's first sample and returns its foot.
func (c *Chart) delta(a box, y float64) float64 {
	tr := c.traces[0]
	s := &c.in.Series[0]
	if tr.first == tr.next || s.Head.Time == 0 {
		return y
	}
	change := s.Head.Value - c.points[tr.first].last
	style := scene.Style{Role: scene.Muted, Size: deltaSize, Baseline: scene.Top}
	start := len(c.text)
	switch {
	case change > 0:
		c.text = append(c.text, "↑ "...)
	case change < 0:
		c.text = append(c.text, "↓ "...)
	default:
		c.text = append(c.text, "unchanged"...)
	}
	if change != 0 {
		c.text = AppendValue(c.text, math.Abs(change), c.in.Unit)
	}
	if scene.Width(c.text[start:], deltaSize, scene.Regular) <= a.w {
		c.t.Text(a.x, y, c.text[start:], style)
	}
	return y + deltaSize
}

// spark draws the line without axes, all of it as high as the area allows.
func (c *Chart) spark(a box, r reach) {
	const overhang = dotRadius + 1
	c.plot = box{a.x, a.y + overhang, a.w - overhang, a.h - 2*overhang}
	lo, hi := r.lo, r.hi
	if lo == hi {
		lo, hi = lo-1, hi+1
	}
	c.x = newTimeScale(c.in.From, c.in.To, c.plot.x, c.plot.w)
	c.y = newScale(lo, hi, c.plot.bottom(), c.plot.y)
	c.traces = c.traces[:1]
	c.lines(true, lineWidth)
}
