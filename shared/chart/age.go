package chart

import (
	"strconv"

	"telltale/shared/fresh"
	"telltale/shared/scene"
)

// AppendAge appends a stretch of ms in its largest unit: 45 s, 12 min, 3 h, 5 d.
func AppendAge(dst []byte, ms int64) []byte {
	n, unit := max(ms, 0)/second, "\u00a0s"
	switch {
	case n >= 2*86400:
		n, unit = n/86400, "\u00a0d"
	case n >= 2*3600:
		n, unit = n/3600, "\u00a0h"
	case n >= 120:
		n, unit = n/60, "\u00a0min"
	}
	return append(strconv.AppendInt(dst, n, 10), unit...)
}

// badge says at the top right of the area how old the value is that is trusted least, and
// returns the width that it and the space before it take: 0 where all are as promised.
func (c *Chart) badge(a box) float64 {
	worst, i := c.trust()
	if i < 0 {
		return 0
	}
	start := len(c.text)
	style := scene.Style{Role: scene.Muted, Size: deltaSize, Align: scene.Right, Baseline: scene.Top}
	s := &c.in.Series[i]
	switch {
	case worst == fresh.Cut:
		c.text = append(c.text, "no contact"...)
	case s.Head.Time == 0:
		c.text = append(c.text, "no value yet"...)
	default:
		c.text = append(AppendAge(c.text, c.in.To-s.Head.Time), " old"...)
	}
	if worst == fresh.Overdue {
		style.Role, style.Weight = scene.Bad, scene.Semibold
	}
	width := scene.Width(c.text[start:], style.Size, style.Weight)
	if width > a.w/2 {
		return 0
	}
	c.t.Text(a.right(), a.y+3, c.text[start:], style)
	return width + legendSpace
}
