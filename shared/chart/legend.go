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
	if c.shown() < 2 || !c.named() || a.h < 110 || a.w < 140 {
		return a
	}
	x, y := a.x+2, a.y+labelSize/2
	row := 1
	style := scene.Style{Role: scene.Muted, Size: labelSize, Baseline: scene.Middle}
	more := scene.Width([]byte("+000 more"), labelSize, scene.Regular)
	left := c.shown()
	for i := range c.in.Series {
		if c.in.Series[i].Hidden {
			continue
		}
		left--
		name := c.in.Series[i].Name
		width := legendMark + min(scene.Width([]byte(name), labelSize, scene.Regular), legendName)
		room := a.right() - x
		if row == legendRows && left > 0 {
			room -= legendSpace + more
		}
		if width > room && row == legendRows {
			c.more(left+1, x, a.right()-x, y, style)
			break
		}
		if width > room && x > a.x+2 {
			row++
			x, y = a.x+2, y+legendRow
			room = a.right() - x
		}
		c.swatch(i, x, y)
		x += legendMark + c.fitted(x+legendMark, y, min(legendName, room-legendMark), []byte(name), style) + legendSpace
	}
	used := float64(row)*legendRow + 2
	return box{a.x, a.y + used, a.w, a.h - used}
}

// more says how many there are besides, where width has room.
func (c *Chart) more(n int, x, width, y float64, style scene.Style) {
	start := len(c.text)
	c.text = strconv.AppendInt(append(c.text, '+'), int64(n), 10)
	few := len(c.text)
	c.text = append(c.text, " more"...)
	if scene.Width(c.text[start:], style.Size, style.Weight) > width {
		c.text = c.text[:few]
	}
	c.fitted(x, y, width, c.text[start:], style)
}

// shown is how many series are not hidden.
func (c *Chart) shown() (n int) {
	for i := range c.in.Series {
		if !c.in.Series[i].Hidden {
			n++
		}
	}
	return n
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
