package chart

import (
	"math"

	"telltale/shared/scene"
)

const (
	cellSpace = 20.0 // between cells
	cellLeast = 64.0 // pixels a cell is wide, at least
	cellLow   = 30.0 // and high
	cellName  = 18.0 // pixels a cell's name takes
)

// cells divides the area among the series, of which each is drawn by itself: as evenly as the
// cells come nearest to twice as wide as high.
func (c *Chart) cells(a box) {
	c.plot = box{}
	shown := c.shown()
	if shown == 0 {
		if len(c.in.Series) == 0 {
			c.plot = a
			c.blank()
			c.plot = box{}
		}
		return
	}
	foot := 0.0
	if c.in.Kind == Gauge {
		foot = ringFoot
	}
	columns, rows := division(a, shown, foot)
	cell := box{w: (a.w - cellSpace*float64(columns-1)) / float64(columns), h: (a.h - cellSpace*float64(rows-1)) / float64(rows)}
	c.gather(cell.w)
	n, left := 0, shown-columns*rows
	for i := range c.in.Series {
		if c.in.Series[i].Hidden {
			continue
		}
		if n == columns*rows {
			break
		}
		cell.x = a.x + float64(n%columns)*(cell.w+cellSpace)
		cell.y = a.y + math.Floor(float64(n/columns)*(cell.h+cellSpace))
		n++
		inner := cell
		if shown > 1 {
			name := cell
			if left > 0 && n == columns*rows && cell.h >= cellLow+cellName && c.in.Series[i].Name != "" {
				c.moreCells(left, cell)
				name.w = name.w*2/3 - 4
			}
			inner = c.cellName(i, name)
			inner.w = cell.w
		}
		if c.in.Kind == Gauge {
			c.gauge(i, inner)
		} else {
			c.stat(i, inner)
		}
	}
}

// division is into how many columns and rows an area falls for n cells, each with a name above
// and so much below its drawing; fewer where they would be too small.
func division(a box, n int, foot float64) (columns, rows int) {
	best := math.Inf(-1)
	columns, rows = 1, 1
	for across := 1; across <= n; across++ {
		down := (n + across - 1) / across
		w, h := (a.w-cellSpace*float64(across-1))/float64(across), (a.h-cellSpace*float64(down-1))/float64(down)
		if size := min(w, 2*(h-cellName-foot)); size > best && (across == 1 || w >= cellLeast) {
			best, columns, rows = size, across, down
		}
	}
	for rows > 1 && (a.h-cellSpace*float64(rows-1))/float64(rows) < cellLow+cellName {
		rows--
	}
	return columns, rows
}

// cellName writes the name of a series at the top of its cell and returns what is left of it.
func (c *Chart) cellName(i int, a box) box {
	name := c.in.Series[i].Name
	if name == "" || a.h < cellLow+cellName {
		return a
	}
	x, style := a.x, scene.Style{Role: scene.Muted, Size: deltaSize, Baseline: scene.Top}
	if c.in.Kind == Gauge {
		if radius := c.radius(box{a.x, a.y, a.w, a.h - cellName}); radius > 0 { // close above the ring
			x, style.Align = a.x+a.w/2, scene.Center
			spare := math.Floor((a.h - cellName - ringFoot - radius) / 2)
			a.y, a.h = a.y+spare, a.h-2*spare
		}
	}
	c.fitted(x, a.y+1, a.w, []byte(name), style)
	return box{a.x, a.y + cellName, a.w, a.h - cellName}
}

// moreCells says in the corner of the last cell how many series have none.
func (c *Chart) moreCells(n int, a box) {
	c.more(n, a.right(), a.w/3, a.y+1, scene.Style{Role: scene.Muted, Size: labelSize, Align: scene.Right, Baseline: scene.Top})
}
