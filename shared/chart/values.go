package chart

import (
	"math"

	"telltale/shared/scene"
)

// captioned says whether the unit is too long to stand behind each label, and so
// stands once above them.
func (u unit) captioned() bool { return len(u.suffix) > 5 && u.isCount() }

// caption writes the unit above the plot where it has no room behind the labels.
func (c *Chart) caption() {
	if !c.unit.captioned() || c.plot.h < 60 {
		return
	}
	c.fitted(c.plot.x, c.plot.y-dotRadius, c.plot.w, []byte(c.unit.suffix), scene.Style{Role: scene.Muted, Size: labelSize, Baseline: scene.Top})
	const used = 18
	c.plot.y += used
	c.plot.h -= used
}

// valueAxis finds the ticks for what the values reach, gives their labels the room they
// need at the plot's left and draws them with their hairlines.
func (c *Chart) valueAxis(r reach) {
	u := c.unit
	lo, hi := c.bounds(domain(r.lo, r.hi, c.in.Kind != Line))
	p := u.axisPrefix(max(math.Abs(lo), math.Abs(hi)) * u.scale)
	count := int(min(max(c.plot.h/tickEvery, 2), 6))
	if count == 2 && c.plot.h >= 80 { // with two, a third of the height may stay empty
		count = 3
	}
	tk := u.ticks(lo, hi, p, r.whole, count)
	for decimals(tk.step) > 3 && p.factor > 1 { // values far from zero and close to each other
		p = u.prefixFor(p.factor / 2)
		tk = u.ticks(lo, hi, p, r.whole, count)
	}
	factor := u.scale / p.factor
	tk = c.clamp(tk, lo, hi, factor)
	c.y = newScale(tk.lo/factor, tk.hi/factor, c.plot.bottom(), c.plot.y)
	if u.captioned() {
		u.suffix, u.tight = "", true
	}
	widest := c.valueLabels(u, tk, p, factor)
	if r.lo <= r.hi && widest > 0 && c.plot.w > 3*widest {
		c.plot.x += widest + labelSpace
		c.plot.w -= widest + labelSpace
		for _, l := range c.labels {
			at := max(l.at, c.plot.y+1) // the topmost one's letters would reach beyond the area
			c.t.Text(c.plot.x-labelSpace, at, c.text[l.start:l.end],
				scene.Style{Role: scene.Muted, Size: labelSize, Align: scene.Right, Baseline: scene.Middle})
		}
	}
	if r.lo > r.hi { // only the foot
		tk.first, tk.last = 0, 0
	}
	c.hairlines(tk, factor)
	if r.lo <= r.hi {
		c.thresholds()
		c.beyond(r)
	}
}

// beyond says what the values reach where that is more than the scale the panel asks for.
func (c *Chart) beyond(r reach) {
	style := scene.Style{Role: scene.Muted, Size: labelSize}
	if c.plot.h < 3*labelSize {
		return
	}
	if c.in.Max != nil && r.hi > c.y.hi {
		start := len(c.text)
		c.text = AppendValue(append(c.text, "↑ "...), r.hi, c.in.Unit)
		style.Baseline = scene.Top
		c.fitted(c.plot.x+4, c.plot.y+4, c.plot.w-8, c.text[start:], style)
	}
	if c.in.Min != nil && r.lo < c.y.lo {
		start := len(c.text)
		c.text = AppendValue(append(c.text, "↓ "...), r.lo, c.in.Unit)
		style.Baseline = scene.Foot
		c.fitted(c.plot.x+4, c.plot.bottom()-4, c.plot.w-8, c.text[start:], style)
	}
}

// bounds is the domain with the ends that the input sets.
func (c *Chart) bounds(lo, hi float64) (float64, float64) {
	if c.in.Min != nil {
		lo = *c.in.Min
	}
	if c.in.Max != nil {
		hi = *c.in.Max
	}
	if lo < hi {
		return lo, hi
	}
	if c.in.Max == nil { // all values are below what the scale begins with
		return lo, lo + 1
	}
	return hi - 1, hi
}

// clamp has ticks end where the input says that the scale does.
func (c *Chart) clamp(tk ticks, lo, hi, factor float64) ticks {
	if c.in.Min != nil {
		tk.lo = lo * factor
		tk.first = int(math.Ceil(tk.lo/tk.step - 1e-9))
	}
	if c.in.Max != nil {
		tk.hi = hi * factor
		tk.last = int(math.Floor(tk.hi/tk.step + 1e-9))
	}
	return tk
}

// ticks are those of an axis for values lo..hi written with the prefix p.
func (u unit) ticks(lo, hi float64, p prefix, whole bool, count int) ticks {
	factor, least := u.scale/p.factor, 0.0
	if whole || u.suffix == "B" && p.factor == 1 {
		least = factor
	}
	return niceTicks(lo*factor, hi*factor, least, count)
}

// valueLabels fills labels with those of the ticks that have room one above the
// other, and returns how wide they are.
func (c *Chart) valueLabels(u unit, tk ticks, p prefix, factor float64) (widest float64) {
	c.labels = c.labels[:0]
	if c.plot.h < labelSize {
		return 0
	}
	digits := decimals(tk.step)
	for i := tk.first; i <= tk.last; i++ {
		l := label{at: c.y.at(tk.value(i) / factor), start: len(c.text)}
		if n := len(c.labels); n > 0 && c.labels[n-1].at-l.at < labelSize+2 {
			continue
		}
		c.text = u.appendTick(c.text, tk.value(i), p, digits)
		l.end = len(c.text)
		widest = max(widest, scene.Width(c.text[l.start:l.end], labelSize, scene.Regular))
		c.labels = append(c.labels, l)
	}
	return widest
}

// hairlines draws the ticks' lines, and zero's a little stronger.
func (c *Chart) hairlines(tk ticks, factor float64) {
	for i := tk.first; i <= tk.last; i++ {
		if i != 0 {
			c.hairline(tk.value(i) / factor)
		}
	}
	c.t.Stroke(scene.Grid, 1)
	if tk.first <= 0 && tk.last >= 0 {
		c.hairline(0)
		c.t.Stroke(scene.Axis, 1)
	}
}

func (c *Chart) hairline(v float64) {
	y := crisp(c.y.at(v))
	c.t.Move(c.plot.x, y)
	c.t.Line(c.plot.right(), y)
}

// crisp moves a hairline onto the middle of a row of pixels.
func crisp(v float64) float64 { return math.Floor(v) + 0.5 }
