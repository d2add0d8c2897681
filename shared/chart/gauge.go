package chart

import (
	"math"

	"telltale/shared/board"
	"telltale/shared/scene"
)

const (
	ringLeast = 40.0 // pixels of radius; below it a gauge is a bar
	ringFoot  = 18.0 // of the labels below the ring
	bandWidth = 4.0  // of the thresholds, outside of the ring
	bandSpace = 2.0
)

// gauge draws where the value of the i-th series stands: on half a ring, or on a bar where the
// area is low.
func (c *Chart) gauge(i int, a box) {
	lo, hi := c.extent(i)
	if radius := c.radius(a); radius > 0 {
		c.gaugeRing(i, box{a.x, a.y + math.Floor((a.h-ringFoot-radius)/2), a.w, radius + ringFoot}, radius, lo, hi)
	} else {
		c.gaugeBar(i, a, lo, hi)
	}
}

// radius is that of the ring for which an area has room, with its labels below; 0 for a bar.
func (c *Chart) radius(a box) float64 {
	if radius := math.Floor(min((a.w-8)/2, a.h-ringFoot)); radius >= ringLeast {
		return radius
	}
	return 0
}

// extent is the values between which the i-th series is shown: as the panel says, or from 0 to
// 100 for a share of the whole, or what the values and thresholds in sight need.
func (c *Chart) extent(i int) (lo, hi float64) {
	if c.unit.suffix == "%" {
		return c.bounds(0, 100)
	}
	r, s := nothing, &c.in.Series[i]
	if s.Head.Time != 0 {
		r.include(s.Head.Value, s.Head.Value)
	}
	for k := c.traces[i].first; k < c.traces[i].next; k++ {
		r.include(c.points[k].min, c.points[k].max)
	}
	for _, t := range c.in.Thresholds {
		r.include(t.At, t.At)
	}
	lo, hi = domain(r.lo, r.hi, true)
	tk := niceTicks(lo, hi, 0, 4)
	return c.bounds(tk.lo, tk.hi)
}

// gaugeRing draws the ring in an area of its radius and the labels' height.
func (c *Chart) gaugeRing(i int, a box, radius, lo, hi float64) {
	x, y := a.x+a.w/2, a.y+radius
	outer := radius
	if len(c.in.Thresholds) > 0 {
		c.bands(lo, hi, func(tone board.Tone, from, to float64) {
			c.ring(x, y, radius-bandWidth, radius, from, to)
			c.t.Fill(ToneRole(tone, scene.Grid))
		})
		outer -= bandWidth + bandSpace
	}
	inner := outer - math.Floor(max(radius*0.15, 8))
	part := c.part(i, lo, hi)
	c.ring(x, y, inner, outer, 0, 1)
	c.t.Fill(scene.Grid)
	if part > 0 {
		c.ring(x, y, inner, outer, 0, part)
		c.t.Fill(c.needle(i))
	}
	width := float64(1.6 * inner)
	c.centred(i, x, y-math.Floor(radius*0.06), width, min(radius*0.4, largest))
	used := c.ends(a.x, x-outer, x+outer, y+5, lo, hi, outer-inner)
	c.toneCentred(i, x, y+5, 2*outer-used)
}

// needle is the role of what shows the value: its tone, or the series' own.
func (c *Chart) needle(i int) scene.Role { return ToneRole(c.tone(i), c.role(i)) }

// part is where the value stands between lo and hi: 0 to 1.
func (c *Chart) part(i int, lo, hi float64) float64 {
	s := &c.in.Series[i]
	if s.Head.Time == 0 || !(s.Head.Value > lo) {
		return 0
	}
	return min((s.Head.Value-lo)/(hi-lo), 1)
}

// bands gives each tone the parts between lo and hi where it holds.
func (c *Chart) bands(lo, hi float64, draw func(tone board.Tone, from, to float64)) {
	part := func(v float64) float64 { return min(max((v-lo)/(hi-lo), 0), 1) }
	if first := c.in.Thresholds[0].At; first > lo {
		draw("", 0, part(first))
	}
	for k, t := range c.in.Thresholds {
		from, to := part(t.At), 1.0
		if k+1 < len(c.in.Thresholds) {
			to = part(c.in.Thresholds[k+1].At)
		}
		if from < to {
			draw(t.Tone, from, to)
		}
	}
}

// centred writes the value around x with its foot at y.
func (c *Chart) centred(i int, x, y, width, size float64) {
	start := len(c.text)
	end := c.appendValue(i)
	value, unit := c.text[start:end], c.text[end:]
	number, behind := scene.Width(value, size, scene.Semibold), scene.Width(unit, unitSize(size), scene.Regular)
	if behind > number { // what does not fit is left out
		unit, behind = nil, 0
	}
	size = math.Floor(size*min(width/(number+behind), 1)*10) / 10
	number, behind = scene.Width(value, size, scene.Semibold), scene.Width(unit, unitSize(size), scene.Regular)
	left := x - (number+behind)/2
	c.t.Text(left, y, value, scene.Style{Role: c.ink(i), Size: size, Weight: scene.Semibold})
	if len(unit) > 0 {
		c.t.Text(left+number, y, unit, scene.Style{Role: scene.Muted, Size: unitSize(size)})
	}
}

// ends writes what the scale begins and ends with below the ring's ends, which are from left and
// up to right and width pixels wide, and returns the width they take of what is between.
func (c *Chart) ends(least, left, right, y, lo, hi, width float64) float64 {
	style := scene.Style{Role: scene.Muted, Size: labelSize, Baseline: scene.Top}
	start := len(c.text)
	c.text = AppendValue(c.text, lo, c.in.Unit)
	low := scene.Width(c.text[start:], labelSize, scene.Regular)
	x := max(left+width/2-low/2, least)
	end := len(c.text)
	c.text = AppendValue(c.text, hi, c.in.Unit)
	high := scene.Width(c.text[end:], labelSize, scene.Regular)
	to := min(right-width/2+high/2, right+left-least)
	if x+low+labelSpace > to-high {
		return 0
	}
	c.t.Text(x, y, c.text[start:end], style)
	style.Align = scene.Right
	c.t.Text(to, y, c.text[end:], style)
	return 2*max(x+low-left, right-to+high) + labelSpace
}

// toneCentred draws the tone's sign and word around x, or how the value changed where there is
// no tone, where width has room.
func (c *Chart) toneCentred(i int, x, y, width float64) {
	tone := c.tone(i)
	if tone != "" {
		used := c.toneWidth(tone)
		if used <= width {
			c.toneMark(tone, x-used/2, y+deltaSize*0.35, width)
		}
		return
	}
	if !c.changes[i].known {
		return
	}
	start := len(c.text)
	c.text = appendChange(c.text, c.changes[i], c.in.Unit)
	if scene.Width(c.text[start:], deltaSize, scene.Regular) <= width {
		c.t.Text(x, y, c.text[start:], scene.Style{Role: scene.Muted, Size: deltaSize, Align: scene.Center, Baseline: scene.Top})
	}
}

// gaugeBar draws the value and below it the bar, with a mark where each tone begins.
func (c *Chart) gaugeBar(i int, a box, lo, hi float64) {
	const thick = 8.0
	bar := box{a.x, a.bottom() - thick, a.w, thick}
	if len(c.in.Thresholds) > 0 && a.h >= 28 {
		c.bands(lo, hi, func(tone board.Tone, from, to float64) {
			c.t.Rect(ToneRole(tone, scene.Grid), bar.x+float64(from*bar.w), bar.bottom()-bandWidth+1, (to-from)*bar.w, bandWidth-1, 0)
		})
		bar.y -= bandWidth
	}
	if size := min(bar.y-a.y-6, 30); size >= labelSize {
		text := box{a.x, a.y + (bar.y-a.y-6-size)/2, a.w, size}
		if used := c.toneWidth(c.tone(i)); used > 0 && text.w-used > 90 {
			c.toneMark(c.tone(i), a.right()-used, bar.y-6-size*0.35, used)
			text.w -= used + 10
		}
		c.number(i, box{text.x, bar.y - 6 - digitHeight(size), text.w, size}, size, false)
	}
	c.t.Rect(scene.Grid, bar.x, bar.y, bar.w, bar.h, 2)
	if part := c.part(i, lo, hi); part > 0 {
		c.t.Rect(c.needle(i), bar.x, bar.y, max(float64(part*bar.w), 2), bar.h, 2)
	}
}
