package picture

import (
	"math"
	"strconv"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/fresh"
	"telltale/shared/scene"
)

// Sizes in pixels, as web/app.css has them.
const (
	rounding  = 12.0
	inset     = 16.0 // from a card's edge to what it says
	headSize  = 14.0
	badgeSize = 12.0
	valueSize = 28.0 // of the only value
	someSize  = 20.0 // of one of several, where all have room in a row
	nameSize  = 13.0
	rowSize   = 12.0 // of rows of words
	rowPitch  = 18.0
)

// pen draws cards of one view on a tape.
type pen struct {
	*scene.Tape
	view  *View
	chart chart.Chart
	inner scene.Tape // of one chart
	in    chart.Input
	text  []byte
}

// box is a rectangle in pixels.
type box struct{ x, y, w, h float64 }

// fitted writes a text, cut to width, and tells how wide it is.
func (p *pen) fitted(x, y, width float64, text string, style scene.Style) float64 {
	p.text = append(p.text[:0], text...)
	from := len(p.text)
	p.text = scene.AppendFitted(p.text, p.text, width, style.Size, style.Weight)
	p.Text(x, y, p.text[from:], style)
	return scene.Width(p.text[from:], style.Size, style.Weight)
}

func width(text string, size float64, weight scene.Weight) float64 {
	return scene.Width([]byte(text), size, weight)
}

// card draws a card.
func (p *pen) card(c *Card, b box) {
	p.Rect(scene.Edge, b.x, b.y, b.w, b.h, rounding)
	p.Rect(scene.Surface, b.x+1, b.y+1, b.w-2, b.h-2, rounding-1)
	p.inside(c, box{b.x + inset, b.y + inset, b.w - 2*inset, b.h - 2*inset})
}

// inside draws what a card says.
func (p *pen) inside(c *Card, b box) {
	if b.w < 8 || b.h < 8 {
		return
	}
	p.view.input(c, &p.in)
	room := b.w
	if badge := p.view.badge(c, &p.in); badge.Words != "" {
		style := scene.Style{Role: scene.Muted, Size: badgeSize, Align: scene.Right, Baseline: scene.Top}
		switch badge.State {
		case fresh.Overdue:
			style.Role, style.Weight = scene.Bad, scene.Semibold
		case fresh.Late:
			style.Weight = scene.Semibold
		}
		room -= p.fitted(b.x+b.w, b.y+2, b.w*0.6, badge.Words, style) + 12
	}
	p.fitted(b.x, b.y+1, room, c.Heading(), scene.Style{Role: scene.Ink, Size: headSize, Weight: scene.Semibold, Baseline: scene.Top})
	const head = 24
	b.y, b.h = b.y+head, b.h-head
	switch {
	case b.h < 8:
	case c.Kind == board.Text || c.Kind == board.Log || c.Kind == board.Run || c.Kind == board.Presence:
		p.rows(c, b)
	default:
		p.metrics(c, b)
	}
}

// metrics draws a card of metrics below its heading: their values, and the drawing.
func (p *pen) metrics(c *Card, b box) {
	switch {
	case len(c.Shown) == 0:
		p.fitted(b.x, b.y+4, b.w, "No metric matches yet", scene.Style{Role: scene.Muted, Size: badgeSize, Baseline: scene.Top})
		return
	case p.in.Kind == chart.Line || p.in.Kind == chart.Area || p.in.Kind == chart.Bars:
		used := p.values(c, b)
		b.y, b.h = b.y+used, b.h-used
		for i := range p.in.Series {
			p.in.Series[i].Name = ""
		}
	default:
		b.y, b.h = b.y+8, b.h-8
	}
	if b.h >= 8 {
		p.chart.Draw(&p.inner, &p.in, math.Floor(b.w), math.Floor(b.h))
		p.inner.PlayAt(p.Tape, b.x, b.y)
	}
}

// values writes what a card's metrics are now, and returns the height that takes.
func (p *pen) values(c *Card, b box) float64 {
	if len(c.Shown) == 1 {
		value, _ := p.value(0)
		p.fitted(b.x, b.y+8, b.w, value, scene.Style{Role: p.ink(0), Size: valueSize, Weight: scene.Semibold, Baseline: scene.Top})
		return 44
	}
	const gap, mark, between = 22, 15, 7
	size, wide := someSize, -float64(gap)
	for i := range c.Shown {
		value, _ := p.value(i)
		wide += gap + mark + width(c.Titles[i], nameSize, scene.Regular) + between + width(value, someSize, scene.Semibold)
	}
	pitch, limit, rows := 40.0, b.w, 1
	if wide > b.w || c.More > 0 {
		size, pitch, limit = nameSize, 19.0, max(b.w/2-gap, 100)
		rows = max(min(int((b.h-60)/pitch), 3), 1)
	}
	x, y, line := b.x, b.y+pitch/2, 1
	if rows > 1 {
		y += 2
	}
	more := strconv.Itoa(len(c.Shown)+c.More) + " more"
	for i := range c.Shown {
		value, _ := p.value(i)
		style := scene.Style{Role: scene.Muted, Size: nameSize, Baseline: scene.Middle}
		number := min(width(value, size, scene.Semibold), limit/2)
		name := min(width(c.Titles[i], nameSize, scene.Regular), max(limit-mark-between-number, 24))
		need := mark + name + between + number
		left := b.x + b.w - x
		if line == rows && (i < len(c.Shown)-1 || c.More > 0) {
			left -= gap + width("+"+more, nameSize, scene.Regular)
		}
		if need > left && line < rows && x > b.x {
			line, x, y = line+1, b.x, y+pitch
		} else if need > left && i > 0 {
			p.fitted(x, y, b.x+b.w-x, "+"+strconv.Itoa(len(c.Shown)-i+c.More)+" more", style)
			return y + pitch/2 - b.y + 4
		}
		p.Rect(scene.Series(p.in.Series[i].Color), x, math.Floor(y)-1, 10, 3, 1.5)
		x += mark
		x += p.fitted(x, y, name+0.1, c.Titles[i], style) + between
		style = scene.Style{Role: p.ink(i), Size: size, Weight: scene.Semibold, Baseline: scene.Middle}
		x += p.fitted(x, y, number+0.1, value, style) + gap
	}
	if c.More > 0 {
		p.fitted(x, y, b.x+b.w-x, "+"+strconv.Itoa(c.More)+" more", scene.Style{Role: scene.Muted, Size: nameSize, Baseline: scene.Middle})
	}
	return y + pitch/2 - b.y + 4
}

// value is what the i-th series is now as a person reads it; false where it is nothing yet.
func (p *pen) value(i int) (text string, has bool) { return valueOf(&p.in, i) }

func valueOf(in *chart.Input, i int) (text string, has bool) {
	s := &in.Series[i]
	if !s.Valued() {
		return "–", false
	}
	return string(chart.AppendValue(nil, s.Head.Value, s.Unit)), true
}

// ink is the role of the i-th series' value.
func (p *pen) ink(i int) scene.Role {
	s := &p.in.Series[i]
	switch tone := chart.ToneOf(p.in.Thresholds, s.Head.Value); {
	case s.Head.Time == 0 || s.Trust == fresh.Late || s.Trust == fresh.Cut:
		return scene.Muted
	case tone == board.Bad:
		return scene.Bad
	}
	return scene.Ink
}

// rows draws a card of words below its heading.
func (p *pen) rows(c *Card, b box) {
	b.y, b.h = b.y+4, b.h-4
	most := int(b.h / rowPitch)
	fold := folder(b.w, func(text string) float64 { return width(text, rowSize, scene.Regular) })
	rows, _ := p.view.rowsOf(c, most, fold)
	for i, r := range rows {
		y := b.y + (float64(i)+0.5)*rowPitch
		left, right := b.x, b.x+b.w
		for k := len(r.right) - 1; k >= 0; k-- {
			style := scene.Style{Role: r.right[k].role, Size: rowSize, Weight: r.right[k].weight, Align: scene.Right, Baseline: scene.Middle}
			right -= p.fitted(right, y, right-left, r.right[k].text, style)
		}
		if len(r.right) > 0 {
			right -= 12
		}
		left += p.sign(r.sign, left, y)
		for _, each := range r.left {
			if right-left < 4 {
				break
			}
			left += p.fitted(left, y, right-left, each.text, scene.Style{Role: each.role, Size: rowSize, Weight: each.weight, Baseline: scene.Middle})
		}
	}
}

// sign draws the shape of a tone, as charts do, and returns the width that it takes.
func (p *pen) sign(tone board.Tone, x, y float64) float64 {
	const r = 4.0
	switch tone {
	case board.Good:
		p.Dot(scene.Good, x+r, y, r)
	case board.Warn:
		p.Move(x+r, y-r)
		p.Line(x+2*r, y+r)
		p.Line(x, y+r)
		p.Fill(scene.Warn)
	case board.Bad:
		p.Rect(scene.Bad, x, y-r, 2*r, 2*r, 1)
	default:
		return 0
	}
	return 2*r + 6
}
