package chart

import (
	"math"

	"telltale/shared/series"
)

// stack is series that stand on each other: at each of the same times what each adds.
type stack struct {
	from, bin int64   // ms: where the first bin begins, how long each is
	times     []int64 // of each bin's newest sample; 0 where it has none
	layers    []layer // by series, then bin
}

// layer is one series in one bin: from where to where it reaches, and its extremes there.
type layer struct {
	foot, head, min, max float64
	there                bool
}

// stacked tells whether areas stand on each other.
func (c *Chart) stacked() bool { return c.in.Kind == Area && c.in.Stacked }

// gatherStack brings all series to the same times. What a series is at a time when only
// others have a sample lies on its line; beyond its gaps it adds nothing. Values below zero
// hang from zero downwards, as bars do.
func (c *Chart) gatherStack(width float64) reach {
	if r := c.gather(width); r.lo > r.hi {
		return r
	}
	c.bins(width)
	k := &c.stack
	n := len(k.times) * len(c.traces)
	if cap(k.layers) < n {
		k.layers = make([]layer, n)
	}
	k.layers = k.layers[:n]
	clear(k.layers)
	for i := range c.traces {
		c.layer(i)
	}
	r := reach{0, 0, true}
	for b := range k.times {
		up, down := 0.0, 0.0
		for l := b; l < n; l += len(k.times) {
			o := &k.layers[l]
			if !o.there {
				continue
			}
			base := &up
			if o.head < 0 {
				base = &down
			}
			o.foot, o.head = *base, *base+o.head
			o.min, o.max = o.foot+o.min, o.foot+o.max
			*base = o.head
			r.include(min(o.min, o.head), max(o.max, o.head))
		}
	}
	return r
}

// bins finds the times: one for each pixel of width, or for each of the widest columns.
func (c *Chart) bins(width float64) {
	k := &c.stack
	k.bin = 1
	for i := range c.in.Series {
		if s := c.in.Series[i].Columns; s != nil && !c.in.Series[i].Hidden {
			k.bin = max(k.bin, s.Step()*c.group(s.Step(), width))
		}
	}
	k.from = series.Floor(c.in.From, k.bin)
	n := int((c.in.To-k.from)/k.bin) + 1
	if cap(k.times) < n {
		k.times = make([]int64, n)
	}
	k.times = k.times[:n]
	clear(k.times)
	for _, tr := range c.traces {
		for _, p := range c.points[tr.first:tr.next] {
			at := &k.times[(p.time-k.from)/k.bin]
			*at = max(*at, p.time)
		}
	}
	k.times[n-1] = max(k.times[n-1], c.lastTime())
}

// lastTime is up to where something holds its value: the range's end, or 0.
func (c *Chart) lastTime() int64 {
	for i, tr := range c.traces {
		if c.in.Series[i].Hold && tr.first < tr.next {
			return c.in.To
		}
	}
	return 0
}

// layer fills in what the i-th series is at each bin's time.
func (c *Chart) layer(i int) {
	k, tr, hold := &c.stack, c.traces[i], c.in.Series[i].Hold
	layers := k.layers[i*len(k.times) : (i+1)*len(k.times)]
	next := tr.first
	for b, at := range k.times {
		if at == 0 {
			continue
		}
		o := &layers[b]
		o.min, o.max = math.Inf(1), math.Inf(-1)
		for ; next < tr.next && c.points[next].time <= at; next++ {
			p := &c.points[next]
			if p.time >= k.from+int64(b)*k.bin {
				o.min, o.max = min(o.min, p.min), max(o.max, p.max)
			}
		}
		var v float64
		if v, o.there = c.between(tr, next, at, hold); !o.there {
			continue
		}
		o.head, o.min, o.max = v, min(o.min, v), max(o.max, v)
	}
}

// between is the value of a trace at a time between its points next−1 and next, if it has one there.
func (c *Chart) between(tr trace, next int, at int64, hold bool) (float64, bool) {
	if next == tr.first {
		return 0, false
	}
	p := c.points[next-1]
	switch {
	case p.time == at || hold:
		return p.last, true
	case next == tr.next:
		return p.last, at-p.time <= tr.gap && tr.gap != math.MaxInt64
	case c.points[next].time-p.time > tr.gap:
		return 0, false
	}
	return p.edge(c.points[next], at, false).last, true
}

// drawStack fills each series between what it stands on and what it reaches, the first one
// lowest, and then draws their lines with the extremes of each bin.
func (c *Chart) drawStack() {
	n := len(c.stack.times)
	for i := range c.traces {
		if layers := c.stack.layers[i*n : (i+1)*n]; c.fillStack(layers) {
			c.t.Fill(c.fillRole(i))
		}
	}
	for i := range c.traces {
		if layers := c.stack.layers[i*n : (i+1)*n]; c.lineStack(layers) {
			c.t.Stroke(c.role(i), lineWidth)
		}
	}
	for i, tr := range c.traces {
		if tr.first == tr.next || tr.goesOn {
			continue
		}
		b := n - 1
		for b > 0 && !c.stack.layers[i*n+b].there {
			b--
		}
		c.t.Dot(c.role(i), c.x.at(c.stack.times[b]), c.y.at(c.stack.layers[i*n+b].head), dotRadius)
	}
}

// fillStack puts the outline of a series on the tape: there along its head, back along its foot.
func (c *Chart) fillStack(layers []layer) (any bool) {
	for b := 0; b < len(layers); {
		if !layers[b].there {
			b++
			continue
		}
		first := b
		c.t.Move(c.x.at(c.stack.times[b]), c.y.at(layers[b].head))
		for b++; b < len(layers) && c.goesOn(layers, b); b++ {
			if layers[b].there {
				c.t.Line(c.x.at(c.stack.times[b]), c.y.at(layers[b].head))
			}
		}
		for back := b - 1; back >= first; back-- {
			if layers[back].there {
				c.t.Line(c.x.at(c.stack.times[back]), c.y.at(layers[back].foot))
			}
		}
		any = true
	}
	return any
}

// goesOn tells whether a stretch of layers reaches over bin b: empty bins do not break it.
func (c *Chart) goesOn(layers []layer, b int) bool { return layers[b].there || c.stack.times[b] == 0 }

// lineStack puts the line along a series' head on the tape.
func (c *Chart) lineStack(layers []layer) (any bool) {
	open := false
	for b := range layers {
		o := &layers[b]
		if !o.there {
			open = open && c.stack.times[b] == 0
			continue
		}
		x, head := c.x.at(c.stack.times[b]), c.y.at(o.head)
		if !open {
			c.t.Move(x, head)
		} else {
			c.t.Line(x, head)
		}
		if low, high := c.y.at(o.min), c.y.at(o.max); low != high {
			c.t.Line(x, low)
			c.t.Line(x, high)
			c.t.Line(x, head)
		}
		open, any = true, true
	}
	return any
}
