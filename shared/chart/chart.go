package chart

import (
	"telltale/shared/fresh"
	"telltale/shared/scene"
)

// Chart draws, and keeps what it needs for that from frame to frame. A panel has
// one; the zero value is ready. It is used by one goroutine at a time.
type Chart struct {
	in     *Input
	t      *scene.Tape
	unit   unit
	plot   box
	x      timeScale
	y      scale
	labels []label // of the axis being laid out
	text   []byte  // what labels say
	points []point // of all traces
	traces []trace // by series
	bars   bars
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
	if in.Kind == Stat {
		c.stat(area)
	} else {
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
	c.fitted(a.x, a.y+1, a.w, []byte(c.in.Title), scene.Style{Role: scene.Ink, Size: titleSize, Weight: scene.Semibold, Baseline: scene.Top})
	const used = 26
	return box{a.x, a.y + used, a.w, a.h - used}
}

// fitted writes a text, cut to width.
func (c *Chart) fitted(x, y, width float64, text []byte, style scene.Style) float64 {
	start := len(c.text)
	c.text = scene.AppendFitted(c.text, text, width, style.Size, style.Weight)
	c.t.Text(x, y, c.text[start:], style)
	return scene.Width(c.text[start:], style.Size, style.Weight)
}

// axes lays out the plot, draws its axes and then the series on it.
func (c *Chart) axes(a box) {
	var r reach
	if c.in.Kind == Bars {
		r = c.gatherBars(a.w)
	} else {
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
	default:
		c.lines(c.in.Kind == Area, lineWidth)
	}
}

// blank says that there is nothing to draw.
func (c *Chart) blank() {
	style := scene.Style{Role: scene.Muted, Size: labelSize + 1, Align: scene.Center, Baseline: scene.Middle}
	c.fitted(c.plot.x+c.plot.w/2, c.plot.y+c.plot.h/2, c.plot.w, []byte("No samples in this range"), style)
}

// role is that of the i-th series' line, fillRole that of its area.
func (c *Chart) role(i int) scene.Role {
	if c.in.Series[i].Trust == fresh.Cut {
		return scene.Stale
	}
	return scene.Series(c.in.Series[i].Color)
}

func (c *Chart) fillRole(i int) scene.Role {
	if c.in.Series[i].Trust == fresh.Cut {
		return scene.StaleFill
	}
	return scene.SeriesFill(c.in.Series[i].Color)
}

// ink is the role of what says a value.
func (c *Chart) ink() scene.Role {
	for i := range c.in.Series {
		if c.in.Series[i].Trust == fresh.Cut {
			return scene.Muted
		}
	}
	return scene.Ink
}
