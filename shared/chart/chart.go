package chart

import (
	"telltale/shared/fresh"
	"telltale/shared/scene"
)

// Chart draws, and keeps what it needs for that from frame to frame. A panel has
// one; the zero value is ready. It is used by one goroutine at a time.
type Chart struct {
	in      *Input
	t       *scene.Tape
	unit    unit
	plot    box
	x       timeScale
	y       scale
	labels  []label  // of the axis being laid out
	text    []byte   // what labels say
	points  []point  // of all traces
	traces  []trace  // by series
	changes []change // by series
	bars    bars
	stack   stack
}

// box is a rectangle in pixels.
type box struct{ x, y, w, h float64 }

func (b box) right() float64  { return b.x + b.w }
func (b box) bottom() float64 { return b.y + b.h }

// label is a text of an axis: where it is, what it says, how wide that is.
type label struct {
	at         float64 // pixel along the axis
	start, end int     // in Chart.text
	width      float64
	strong     bool // begins a day, a month or a year
}

const (
	labelSize  = 11.0
	titleSize  = 14.0
	margin     = 16.0 // of a picture by itself
	lineWidth  = 1.5
	dotRadius  = 3.0  // of the last point
	labelSpace = 8.0  // between a label and the plot
	tickEvery  = 44.0 // pixels between values' ticks, at least
)

// Draw empties the tape and draws the input on it, w × h pixels. The input is not
// kept, but what [Chart.Hit] and [Chart.At] answer is about it.
func (c *Chart) Draw(t *scene.Tape, in *Input, w, h float64) {
	c.t, c.in, c.unit = t, in, unitOf(in.Unit)
	c.text = c.text[:0]
	t.Reset(w, h)
	area := box{0, 0, w, h}
	if in.Title != "" {
		area = c.frame(area)
	}
	c.changes = c.changes[:0]
	switch in.Kind {
	case Stat, Gauge:
		c.cells(area)
	case Table, Sparks:
		c.rows(area)
	default:
		c.axes(c.legend(area))
	}
	c.t, c.in = nil, nil
}

// frame draws what makes a chart a picture by itself and returns what is left of the area.
func (c *Chart) frame(a box) box {
	c.t.Rect(scene.Surface, a.x, a.y, a.w, a.h, 0)
	pad := min(margin, a.w/16, a.h/8)
	a = box{a.x + pad, a.y + pad, a.w - 2*pad, a.h - 2*pad}
	if a.h < 64 {
		return a
	}
	said := c.badge(a)
	c.fitted(a.x, a.y+1, a.w-said, []byte(c.in.Title), scene.Style{Role: scene.Ink, Size: titleSize, Weight: scene.Semibold, Baseline: scene.Top})
	const used = 26
	return box{a.x, a.y + used, a.w, a.h - used}
}

// fitted writes a text, cut to width.
func (c *Chart) fitted(x, y, width float64, text []byte, style scene.Style) float64 {
	start := len(c.text)
	c.text = scene.AppendFitted(c.text, text, width, style.Size, style.Weight)
	if len(c.text) == start {
		return 0
	}
	c.t.Text(x, y, c.text[start:], style)
	return scene.Width(c.text[start:], style.Size, style.Weight)
}

// axes lays out the plot, draws its axes and then the series on it.
func (c *Chart) axes(a box) {
	var r reach
	switch {
	case c.in.Kind == Bars:
		r = c.gatherBars(a.w)
	case c.stacked():
		r = c.gatherStack(a.w)
	default:
		r = c.gather(a.w)
	}
	const overhang = dotRadius + 1
	c.plot = box{a.x, a.y + overhang, a.w - overhang, a.h - 2*overhang}
	timed := a.h >= 84 && a.w >= 120
	if timed {
		c.plot.h -= labelSize + labelSpace - overhang
	}
	c.caption()
	c.valueAxis(r)
	c.x = newTimeScale(c.in.From, c.in.To, c.plot.x, c.plot.w)
	if timed {
		c.timeAxis(a)
	}
	switch {
	case r.lo > r.hi:
		c.blank()
	case c.in.Kind == Bars:
		c.drawBars()
	case c.stacked():
		c.drawStack()
	default:
		c.lines(c.in.Kind == Area)
	}
}

// blank says that there is nothing to draw.
func (c *Chart) blank() {
	style := scene.Style{Role: scene.Muted, Size: labelSize + 1, Align: scene.Center, Baseline: scene.Middle}
	c.fitted(c.plot.x+c.plot.w/2, c.plot.y+c.plot.h/2, c.plot.w, []byte("No samples in this range"), style)
}

// cut tells whether the i-th series may be out of date without anybody knowing.
func (c *Chart) cut(i int) bool { return c.in.Series[i].Trust == fresh.Cut }

// role is that of the i-th series' line, fillRole that of its area.
func (c *Chart) role(i int) scene.Role {
	if c.cut(i) {
		return scene.Stale
	}
	return scene.Series(c.in.Series[i].Color)
}

func (c *Chart) fillRole(i int) scene.Role {
	if c.cut(i) {
		return scene.StaleFill
	}
	return scene.SeriesFill(c.in.Series[i].Color)
}

// ink is the role of what says the i-th series' value.
func (c *Chart) ink(i int) scene.Role {
	if c.cut(i) {
		return scene.Muted
	}
	return scene.Ink
}
