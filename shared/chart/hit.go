package chart

import "telltale/shared/series"

// Hit is the time in ms that lies under x in the last drawing, and whether x is on its plot.
func (c *Chart) Hit(x float64) (ms int64, ok bool) {
	if c.plot.w <= 0 || x < c.plot.x || x > c.plot.right() {
		return 0, false
	}
	return c.x.from + int64((x-c.plot.x)/c.x.per+0.5), true
}

// At is where a time and a value lie in the last drawing.
func (c *Chart) At(ms int64, value float64) (x, y float64) { return c.x.at(ms), c.y.at(value) }

// Nearest is the column with a sample whose time is nearest to ms, not further than within ms away.
func Nearest(s *series.Series, ms, within int64) (b series.Bucket, ok bool) {
	step := s.Step()
	middle := series.Floor(ms, step) / step
	best := within + 1
	for distance := int64(0); (distance-1)*step <= best && distance <= within/step+1; distance++ {
		for _, k := range [2]int64{middle - distance, middle + distance} {
			o := s.Column(k)
			if d := max(o.Time-ms, ms-o.Time); o.Count > 0 && d < best {
				best, b, ok = d, o, true
			}
		}
	}
	return b, ok
}
