package chart

import (
	"math"

	"telltale/shared/series"
)

// bars is a height for each stretch of time and series.
type bars struct {
	first   int64     // start of the first stretch in local time, ms
	step    int64     // ms
	offset  int64     // of local time, ms
	count   int       // stretches
	heights []float64 // by stretch, then series
}

const (
	barPitch = 8.0 // pixels a bar and the space to the next take, at least
	barBegun = 2.0 // pixels one takes that has just begun, as far as the space before it has them
)

// barSteps are the stretches a bar may stand for.
var barSteps = [...]int64{100, 200, 500, second, 2 * second, 5 * second, 10 * second, 15 * second, 20 * second, 30 * second,
	minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
	hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 28 * day}

// barStep is the smallest stretch of at least ms that is a multiple of step.
func barStep(ms, step int64) int64 {
	for _, s := range barSteps {
		if s >= ms && s%step == 0 {
			return s
		}
	}
	return (max(ms, 1) + step - 1) / step * step
}

// gatherBars sums the columns over stretches that begin on round local times, as
// the offset is at the end of the range.
func (c *Chart) gatherBars(width float64) reach {
	c.traces = c.traces[:0]
	step := int64(1)
	for i := range c.in.Series {
		if s := c.in.Series[i].Columns; s != nil {
			step = max(step, s.Step())
		}
	}
	b := &c.bars
	b.step = barStep(int64(barPitch/max(width, 1)*float64(c.in.To-c.in.From)), step)
	b.offset = c.zone(c.in.To)
	b.first = series.Floor(c.in.From+b.offset, b.step)
	b.count = int((c.in.To+b.offset-b.first)/b.step) + 1
	n := b.count * len(c.in.Series)
	if cap(b.heights) < n {
		b.heights = make([]float64, n)
	}
	b.heights = b.heights[:n]
	clear(b.heights)
	found := false
	for i := range c.in.Series {
		found = c.sum(i) || found
	}
	if !found {
		return nothing
	}
	return b.reach(len(c.in.Series))
}

// sum adds the columns of the i-th series to the heights and says whether one held a sample.
func (c *Chart) sum(i int) (found bool) {
	s, b := &c.in.Series[i], &c.bars
	if s.Columns == nil || s.Hidden {
		return false
	}
	step := s.Columns.Step()
	k := max(series.Floor(b.first-b.offset, step)/step, first(s.Columns))
	older, newer := s.Columns.Window(k, series.Floor(c.in.To, step)/step+1)
	for _, stretch := range [2][]series.Bucket{older, newer} {
		for j := range stretch {
			at := k*step + b.offset - b.first
			k++
			if stretch[j].Count == 0 || at < 0 {
				continue
			}
			height := &b.heights[int(at/b.step)*len(c.in.Series)+i]
			if found = true; s.Count {
				*height += float64(stretch[j].Count)
			} else {
				*height += stretch[j].Sum
			}
		}
	}
	return found
}

func first(s *series.Series) int64 {
	k, _ := s.Bounds()
	return k
}

// reach is what the stacks reach; those of width series.
func (b *bars) reach(width int) reach {
	r := reach{0, 0, true}
	for k := 0; k < len(b.heights); k += width {
		up, down := 0.0, 0.0
		for _, h := range b.heights[k : k+width] {
			up, down = up+math.Max(h, 0), down+math.Min(h, 0)
		}
		r.include(down, up)
	}
	return r
}

// drawBars stacks what was added upwards from zero, what was removed downwards.
func (c *Chart) drawBars() {
	b, width := &c.bars, len(c.in.Series)
	gap := min(max(float64(b.step)*c.x.per*0.2, 1), 4)
	for k := range b.count {
		start := b.first + int64(k)*b.step - b.offset
		edge, end := c.x.at(start), c.x.at(start+b.step)-gap/2
		left, right := max(edge+gap/2, c.plot.x), min(end, c.plot.right())
		if right < end { // what was told in it a moment ago is to be seen
			left = min(left, max(right-barBegun, edge-gap/2, c.plot.x))
		}
		if right-left < 0.1 {
			continue
		}
		up, down := 0.0, 0.0
		for i, h := range b.heights[k*width : (k+1)*width] {
			from := &up
			if h < 0 {
				from = &down
			}
			foot := c.y.at(*from)
			*from += h
			if head := c.y.at(*from); head != foot {
				c.t.Rect(c.role(i), left, min(head, foot), right-left, math.Abs(head-foot), 0)
			}
		}
	}
}

// swatch is the mark of a series in the legend.
func (c *Chart) swatch(i int, x, y float64) {
	const side = 8
	if c.in.Kind == Bars || c.stacked() {
		c.t.Rect(c.role(i), x, y-side/2, side, side, 2)
		return
	}
	c.t.Rect(c.role(i), x-2, y-1, side+4, 2, 1)
}
