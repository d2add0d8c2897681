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

// badge says how old the values are at the top right of the area, and returns the width that it
// and the space before it take.
func (c *Chart) badge(a box) float64 {
	words := c.in.Badge.Words
	style := scene.Style{Role: scene.Muted, Size: deltaSize, Align: scene.Right, Baseline: scene.Top}
	if c.in.Badge.State == fresh.Overdue {
		style.Role, style.Weight = scene.Bad, scene.Semibold
	}
	width := scene.Width([]byte(words), style.Size, style.Weight)
	if words == "" || width > a.w/2 {
		return 0
	}
	c.t.Text(a.right(), a.y+3, []byte(words), style)
	return width + legendSpace
}
