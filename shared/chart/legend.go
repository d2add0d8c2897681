package chart

import (
	"strconv"

	"telltale/shared/scene"
)

const (
	legendRow   = 18.0  // pixels a row
	legendRows  = 2     // at most
	legendName  = 180.0 // pixels a name, at most
	legendMark  = 15.0  // of the mark and the space to the name
	legendSpace = 16.0  // between series
)

// legend names the series above the plot where there are several with names and room, and
// returns what is left of the area. Series for which two rows have no room are
// counted at the end.
func (c *Chart) legend(a box) box {
	if len(c.in.Series) < 2 || !c.named() || a.h < 110 || a.w < 140 {
		return a
	}
	x, y := a.x+2, a.y+labelSize/2
	row := 1
	style := scene.Style{Role: scene.Muted, Size: labelSize, Baseline: scene.Middle}
	more := scene.Width([]byte("+000 more"), labelSize, scene.Regular)
	for i := range c.in.Series {
		name := c.in.Series[i].Name
		width := legendMark + min(scene.Width([]byte(name), labelSize, scene.Regular), legendName)
		left := a.right() - x
		if row == legendRows && i < len(c.in.Series)-1 {
			left -= legendSpace + more
		}
		if width > left && row == legendRows {
			start := len(c.text)
			c.text = strconv.AppendInt(append(c.text, '+'), int64(len(c.in.Series)-i), 10)
			c.text = append(c.text, " more"...)
			c.t.Text(x, y, c.text[start:], style)
			break
		}
		if width > left && x > a.x+2 {
			row++
			x, y = a.x+2, y+legendRow
			left = a.right() - x
		}
		c.swatch(i, x, y)
		x += legendMark + c.fitted(x+legendMark, y, min(legendName, left-legendMark), []byte(name), style) + legendSpace
	}
	used := float64(row)*legendRow + 2
	return box{a.x, a.y + used, a.w, a.h - used}
}

// named tells whether any series has a name: where the page beside the drawing names them, none has.
func (c *Chart) named() bool {
	for i := range c.in.Series {
		if c.in.Series[i].Name != "" {
			return true
		}
	}
	return false
}
