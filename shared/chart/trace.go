package chart

import (
	"math"

	"telltale/shared/series"
)

// point is a group of columns as a line is drawn from it.
type point struct {
	time           int64 // of the newest sample, ms
	min, max, last float64
}

func (p *point) merge(b *series.Bucket) {
	p.time, p.last = max(p.time, b.Time), b.Last
	if b.Min < p.min {
		p.min = b.Min
	}
	if b.Max > p.max {
		p.max = b.Max
	}
}

// trace is the points of one series.
type trace struct {
	first, next int   // in Chart.points
	gap         int64 // ms without a sample that break the line
	goesOn      bool  // there are samples after the range
}

// reach is what the values in sight reach: lo > hi where there is none.
type reach struct {
	lo, hi float64
	whole  bool // all are whole numbers
}

func (r *reach) include(lo, hi float64) {
	if lo < r.lo {
		r.lo = lo
	}
	if hi > r.hi {
		r.hi = hi
	}
	r.whole = r.whole && lo == math.Floor(lo) && hi == math.Floor(hi)
}

var nothing = reach{math.Inf(1), math.Inf(-1), true}

// gather fills points and traces with what lies in the range, in groups of at
// least a pixel of width, each trace going on to the edges of the range where it
// does beyond them.
func (c *Chart) gather(width float64) reach {
	c.points, c.traces = c.points[:0], c.traces[:0]
	r := nothing
	for i := range c.in.Series {
		s := &c.in.Series[i]
		tr := trace{first: len(c.points), gap: math.MaxInt64}
		if s.Columns != nil && !s.Hidden {
			step := s.Columns.Step()
			c.collect(s.Columns, c.group(step, width))
			if n := int64(len(c.points) - tr.first); n > 1 && !s.Hold {
				tr.gap = max(3*step, 4*(c.points[len(c.points)-1].time-c.points[tr.first].time)/(n-1))
			}
		}
		tr.next = len(c.points)
		c.trim(&tr, s.Hold)
		c.traces = append(c.traces, tr)
		c.changes = append(c.changes, c.change(tr, s))
		for k := tr.first; k < tr.next; k++ {
			r.include(c.points[k].min, c.points[k].max)
		}
	}
	return r
}

// change is how a value differs from that at the range's start.
type change struct {
	by     float64
	known  bool
	hardly bool // the value reads as before, and the change is nothing beside its last digit
}

// moved tells whether there is a change to speak of.
func (o change) moved() bool { return o.known && o.by != 0 && !o.hardly }

func (c *Chart) change(tr trace, s *Series) change {
	if tr.first == tr.next || s.Head.Time == 0 {
		return change{}
	}
	u := c.unit
	if c.in.Kind == Table {
		u = unitOf(s.Unit)
	}
	before, now := c.points[tr.first].last, s.Head.Value
	return change{now - before, true, u.hardly(before, now)}
}

// Change is by how much the i-th series' value differed from that at the start of the range
// in the last drawing, 0 where that is nothing to speak of, and whether it is known: not of bars,
// nor where there was no sample.
func (c *Chart) Change(i int) (by float64, known bool) {
	if i >= len(c.changes) {
		return 0, false
	}
	if o := c.changes[i]; o.moved() {
		return o.by, true
	}
	return 0, c.changes[i].known
}

// trim cuts a trace off at the edges of the range: a sample beyond becomes the
// point where the line to it crosses the edge.
func (c *Chart) trim(tr *trace, hold bool) {
	points := c.points[tr.first:tr.next]
	i, n := 0, len(points)
	for i < n && points[i].time < c.in.From {
		i++
	}
	for n > i && points[n-1].time > c.in.To {
		n--
	}
	tr.goesOn = n < len(points)
	first, next := tr.first+i, tr.first+n
	var left, right point
	if i > 0 {
		left = points[i-1].edge(points[min(i, len(points)-1)], c.in.From, hold)
		if hold || i < len(points) && points[i].time-points[i-1].time <= tr.gap {
			first--
		}
	}
	if tr.goesOn && n > 0 {
		right = points[n-1].edge(points[n], c.in.To, hold)
		if points[n].time-points[n-1].time <= tr.gap {
			next++
		}
	}
	if first < tr.first+i {
		c.points[first] = left
	}
	if next > tr.first+n {
		c.points[next-1] = right
	}
	tr.first, tr.next, c.points = first, next, c.points[:next]
}

// edge is where the line from p to o crosses a time.
func (p point) edge(o point, ms int64, hold bool) point {
	v := p.last
	if !hold && o.time > p.time {
		v += float64((o.last - p.last) * float64(ms-p.time) / float64(o.time-p.time))
	}
	return point{ms, v, v, v}
}

// group is how many columns of step ms are as wide as a pixel.
func (c *Chart) group(step int64, width float64) int64 {
	perPixel := float64(c.in.To-c.in.From) / max(width, 1) / float64(step)
	return max(int64(math.Ceil(perPixel-1e-9)), 1)
}

// collect appends the points of the columns in the range and of the nearest
// sample at either side. Groups begin at multiples of their length.
func (c *Chart) collect(columns *series.Series, group int64) {
	step := columns.Step()
	held, end := columns.Bounds()
	first := max(series.Floor(c.in.From, step)/step, held)
	next := min(series.Floor(c.in.To, step)/step+1, end)
	first, next = outward(columns, min(first, end), held-1, -1), outward(columns, max(next, held)-1, end, 1)+1
	older, newer := columns.Window(first, next)
	k := max(first, held)
	ends := k // where the open group ends
	for _, stretch := range [2][]series.Bucket{older, newer} {
		for i := range stretch {
			b := &stretch[i]
			if b.Count != 0 {
				if k < ends {
					p := &c.points[len(c.points)-1]
					p.merge(b)
				} else {
					c.points = append(c.points, point{b.Time, b.Min, b.Max, b.Last})
					if ends = k + 1; group > 1 {
						ends = series.Floor(k, group) + group
					}
				}
			}
			k++
		}
	}
}

// outward is the number of the first column beyond k, in the direction given,
// that holds a sample; k itself if none before stop does.
func outward(s *series.Series, k, stop, direction int64) int64 {
	for j := k + direction; (stop-j)*direction > 0; j += direction {
		if s.Column(j).Count > 0 {
			return j
		}
	}
	return k
}

// lines draws each series' line, and first the area under it where fill says so.
func (c *Chart) lines(fill bool) {
	for i := range c.traces {
		c.line(i, fill)
	}
	for i := range c.traces {
		c.lastPoint(i)
	}
}

func (c *Chart) line(i int, fill bool) {
	tr, hold := c.traces[i], c.in.Series[i].Hold
	if tr.first == tr.next {
		return
	}
	if fill {
		c.path(tr, hold, true)
		c.t.Fill(c.fillRole(i))
	}
	c.path(tr, hold, false)
	c.t.Stroke(c.role(i), lineWidth)
}

// path puts the path of a line on the tape, broken at gaps; closed down to zero
// where it is to be filled.
func (c *Chart) path(tr trace, hold, fill bool) {
	base := c.y.at(0)
	var prev int64
	var x, y, start float64
	open, alone := false, false
	for k := tr.first; k < tr.next; k++ {
		p := &c.points[k]
		if open && p.time-prev > tr.gap {
			c.endPath(x, y, start, base, fill, alone)
			open = false
		}
		x = c.x.at(p.time)
		last := c.y.at(p.last)
		alone = !open
		switch {
		case open && hold:
			c.t.Line(x, y)
		case !open && fill:
			start = x
			c.t.Move(x, base)
			c.t.Line(x, last)
		case !open:
			c.t.Move(x, last)
		}
		if p.min != p.max {
			alone = false
			c.spike(x, y, last, c.y.at(p.min), c.y.at(p.max), open)
		} else if open {
			c.t.Line(x, last)
		}
		open, prev, y = true, p.time, last
	}
	if open && hold && prev < c.in.To {
		x, alone = c.plot.right(), false
		c.t.Line(x, y)
	}
	if open {
		c.endPath(x, y, start, base, fill, alone)
	}
}

// spike draws a group whose values differ: from where the line comes in to the
// nearer of minimum and maximum, to the other, and out at the last.
func (c *Chart) spike(x, y, last, low, high float64, open bool) {
	if open && math.Abs(y-low) > math.Abs(y-high) {
		low, high = high, low
	}
	c.t.Line(x, low)
	c.t.Line(x, high)
	if last != high {
		c.t.Line(x, last)
	}
}

// endPath ends an unbroken stretch: an area goes back along zero, a lone point becomes visible.
func (c *Chart) endPath(x, y, start, base float64, fill, alone bool) {
	if fill {
		c.t.Line(x, base)
		c.t.Line(start, base)
	} else if alone {
		c.t.Move(x-lineWidth/2, y)
		c.t.Line(x+lineWidth/2, y)
	}
}

// lastPoint marks the newest value of a series where it is in sight.
func (c *Chart) lastPoint(i int) {
	tr := c.traces[i]
	if tr.first == tr.next || tr.goesOn {
		return
	}
	p := &c.points[tr.next-1]
	x := c.x.at(p.time)
	if c.in.Series[i].Hold {
		x = c.plot.right()
	}
	c.t.Dot(c.role(i), x, c.y.at(p.last), dotRadius)
}
