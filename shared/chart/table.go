package chart

import (
	"telltale/shared/board"
	"telltale/shared/fresh"
	"telltale/shared/scene"
)

// TableRow is how high a table's row is in pixels, on the page, too, where the words are text
// and the lines one drawing beside them.
const TableRow = 28

const (
	rowSize  = 13.0
	rowSpace = 12.0 // between columns
)

// columns are how wide a table's are; 0 leaves one out.
type columns struct{ name, sign, value, change, spark, age float64 }

// tableColumns gives the columns their width: first the name and the value, then what w has room for.
func (c *Chart) tableColumns(w float64) columns {
	const least = 72 // of a name
	k := columns{value: 84}
	if w < 200 {
		k.value = max(min(64, w-48), 0)
	}
	if len(c.in.Thresholds) > 0 && w >= 120 {
		k.sign = signSide
	}
	left := w - k.value - k.sign - rowSpace - least
	for _, o := range []struct {
		width *float64
		takes float64
	}{{&k.spark, 64}, {&k.change, 68}, {&k.age, 52}} {
		if left < o.takes+rowSpace {
			break
		}
		*o.width = o.takes
		left -= o.takes + rowSpace
	}
	if k.age > 0 && left > 120 {
		grow := min((left-120)/2, 160)
		k.spark += grow
		left -= grow
	}
	k.name = max(left+least, 0)
	return k
}

// rows draws a row a series, as many as there is room for, and how many there are besides.
func (c *Chart) rows(a box) {
	c.plot = box{}
	k := columns{spark: a.w}
	if c.in.Kind == Table {
		k = c.tableColumns(a.w)
	}
	c.gather(max(k.spark, 1))
	left := c.shown()
	if left == 0 && c.in.Kind == Table {
		c.plot = a
		c.blank()
		c.plot = box{}
	}
	y := a.y
	for i := range c.in.Series {
		if c.in.Series[i].Hidden {
			continue
		}
		if left > 1 && y+2*TableRow > a.bottom()+0.5 {
			if c.in.Kind == Table {
				c.more(left, a.x, a.w, y+TableRow/2, scene.Style{Role: scene.Muted, Size: deltaSize, Baseline: scene.Middle})
			}
			break
		}
		if y+TableRow > a.bottom()+0.5 {
			break
		}
		if c.in.Kind == Table {
			c.row(i, box{a.x, y, a.w, TableRow}, k)
		} else {
			c.spark(i, box{a.x, y + 3, a.w, TableRow - 6})
		}
		y += TableRow
		left--
	}
	c.plot = box{}
}

// row draws one row: what it is, its line, its change, its value, its age.
func (c *Chart) row(i int, a box, k columns) {
	s := &c.in.Series[i]
	if i > 0 {
		c.t.Move(a.x, crisp(a.y))
		c.t.Line(a.right(), crisp(a.y))
		c.t.Stroke(scene.Grid, 1)
	}
	y := a.y + TableRow/2
	style := scene.Style{Role: c.ink(i), Size: rowSize, Baseline: scene.Middle}
	c.fitted(a.x, y, k.name, []byte(s.Name), style)
	x := a.right()
	style.Size, style.Align = deltaSize, scene.Right
	if k.age > 0 {
		c.age(s, x, y, k.age, style)
		x -= k.age + rowSpace
	}
	style.Role = scene.Muted
	if k.change > 0 {
		if o := c.changes[i]; s.Trust != fresh.Fresh && k.age == 0 {
			c.age(s, x, y, k.change, style)
		} else if o.moved() {
			c.right(x, y, k.change, func(dst []byte) []byte { return appendChange(dst, o, s.Unit) }, style)
		}
		x -= k.change + rowSpace
	}
	tone := c.tone(i)
	if tone == board.Good { // a column of marks that say nothing is only noise
		tone = ""
	}
	style.Size, style.Weight, style.Role = rowSize, scene.Semibold, ToneRole(tone, c.ink(i))
	if !s.Valued() {
		c.right(x, y, k.value, func(dst []byte) []byte { return append(dst, "–"...) }, style)
	} else {
		c.right(x, y, k.value, func(dst []byte) []byte { return AppendValue(dst, s.Head.Value, s.Unit) }, style)
	}
	x -= k.value + rowSpace
	if k.sign > 0 {
		c.sign(tone, x-k.sign/2+rowSpace-4, y)
		x -= k.sign
	}
	if k.spark > 0 {
		c.spark(i, box{x - k.spark, a.y + 4, k.spark, TableRow - 8})
	}
}

// age says how old a row's value is, in the colour that its promise asks for.
func (c *Chart) age(s *Series, x, y, width float64, style scene.Style) {
	if s.Written == 0 {
		return
	}
	style.Role = scene.Muted
	if s.Trust == fresh.Overdue {
		style.Role, style.Weight = scene.Bad, scene.Semibold
	}
	c.right(x, y, width, func(dst []byte) []byte { return AppendAge(dst, c.in.To-s.Written) }, style)
}

// right writes what append says so that it ends at x, cut to width.
func (c *Chart) right(x, y, width float64, text func([]byte) []byte, style scene.Style) {
	start := len(c.text)
	c.text = text(c.text)
	c.fitted(x, y, max(width, 0), c.text[start:], style)
}
