package chart

import "telltale/shared/series"

// BarAt is the stretch that a bar of the last drawing stands for which lies at a time, times
// in ms since 1970; false where there is none, or no bars were drawn.
func (c *Chart) BarAt(ms int64) (from, to int64, ok bool) {
	b := &c.bars
	if b.count == 0 || b.step == 0 {
		return 0, 0, false
	}
	start := series.Floor(ms+b.offset-b.first, b.step) + b.first
	if start < b.first || start >= b.first+int64(b.count)*b.step {
		return 0, 0, false
	}
	return start - b.offset, start - b.offset + b.step, true
}

// BarSum is how high the bar of one of the drawn series is which lies at a time.
func (c *Chart) BarSum(ms int64, i int) float64 {
	b := &c.bars
	if _, _, ok := c.BarAt(ms); !ok {
		return 0
	}
	width := len(b.heights) / b.count
	at := int((ms+b.offset-b.first)/b.step)*width + i
	if i >= width || at >= len(b.heights) {
		return 0
	}
	return b.heights[at]
}
