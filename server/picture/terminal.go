package picture

import (
	"math"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/fresh"
	"telltale/shared/scene"
)

// Columns is how wide a terminal is that nobody says anything of, in characters.
const Columns = 80

// Sizes of a board in a terminal, in characters.
const (
	leastCard = 38
	cardRows  = 13 // of one row of the grid, its frame included
)

// terminal draws the cards of one view on a grid.
type terminal struct {
	*grid
	view  *View
	chart chart.Chart
	tape  scene.Tape
	in    chart.Input
}

// AppendText appends the board as a terminal shows it, so many characters wide, with ANSI
// colours from the palette; nil for none.
func (v *View) AppendText(dst []byte, columns int, palette *scene.Palette) []byte {
	panels := make([]board.Panel, len(v.Cards))
	for i := range v.Cards {
		panels[i] = v.Cards[i].Panel
	}
	count := min(max((columns+1)/(leastCard+1), 1), board.MaxSide)
	cells, rows := board.Layout(panels, count)
	t := terminal{grid: newGrid(columns, 1+max(rows*cardRows, 1)), view: v}
	t.head()
	across := float64(columns+1) / float64(count)
	for i, cell := range cells {
		x, right := int(float64(cell.X)*across), int(float64(cell.X+cell.W)*across)-1
		t.card(&v.Cards[i], x, 1+cell.Y*cardRows, right-x, cell.H*cardRows)
	}
	if rows == 0 {
		t.put(0, 1, columns, "Nothing is on this board yet", scene.Muted, false)
	}
	return t.appendTo(dst, shadesOf(palette))
}

// AppendCardText appends one card as a terminal shows it.
func (v *View) AppendCardText(dst []byte, c *Card, columns int, palette *scene.Palette) []byte {
	t := terminal{grid: newGrid(columns, cardRows), view: v}
	t.card(c, 0, 0, columns, cardRows)
	return t.appendTo(dst, shadesOf(palette))
}

func shadesOf(palette *scene.Palette) *[scene.RoleCount]string {
	if palette == nil {
		return nil
	}
	return shades(palette)
}

func (t *terminal) head() {
	when := t.view.when()
	room := t.columns
	if n := cellsOf(when); n < t.columns-12 {
		t.put(t.columns-n-1, 0, n, when, scene.Muted, false)
		room -= n + 3
	}
	t.put(1, 0, room, t.view.Title, scene.Ink, true)
}

// card draws a card in its frame, in which its heading and its age stand.
func (t *terminal) card(c *Card, x, y, w, h int) {
	if w < 8 || h < 4 {
		return
	}
	t.frame(x, y, w, h)
	t.view.input(c, &t.in)
	room := w - 4
	if badge := t.view.badge(c, &t.in); badge.Words != "" {
		role := scene.Muted
		if badge.State == fresh.Overdue {
			role = scene.Bad
		}
		n := min(cellsOf(badge.Words), w/2)
		t.put(x+w-n-3, y, n+2, " "+badge.Words, role, badge.State != fresh.Fresh)
		t.put(x+w-2, y, 1, " ", role, false)
		room -= n + 3
	}
	n := t.put(x+2, y, 1, " ", scene.Ink, false)
	n += t.put(x+2+n, y, room-2, c.Heading(), scene.Ink, true)
	t.put(x+2+n, y, 1, " ", scene.Ink, false)
	x, y, w, h = x+2, y+1, w-4, h-2
	switch {
	case c.Kind == board.Text || c.Kind == board.Log || c.Kind == board.Run || c.Kind == board.Presence:
		t.words(c, x, y, w, h)
	case len(c.Shown) == 0:
		t.put(x, y, w, "No metric matches yet", scene.Muted, false)
	default:
		if t.in.Kind == chart.Line || t.in.Kind == chart.Area || t.in.Kind == chart.Bars {
			used := t.values(c, x, y, w)
			y, h = y+used, h-used
			for i := range t.in.Series {
				t.in.Series[i].Name = ""
			}
		}
		t.chart.Draw(&t.tape, &t.in, float64(w)*CellWidth, float64(h)*CellHeight)
		t.tape.Play(&easel{grid: t.grid, x: x, y: y, columns: w, rows: h, textFoot: math.NaN()})
	}
}

func (t *terminal) frame(x, y, w, h int) {
	edge := func(x, y int, r rune) { t.set(x, y, cell{rule: r, role: scene.Axis}) }
	for i := 1; i < w-1; i++ {
		edge(x+i, y, '─')
		edge(x+i, y+h-1, '─')
	}
	for i := 1; i < h-1; i++ {
		edge(x, y+i, '│')
		edge(x+w-1, y+i, '│')
	}
	edge(x, y, '╭')
	edge(x+w-1, y, '╮')
	edge(x, y+h-1, '╰')
	edge(x+w-1, y+h-1, '╯')
}

// values writes what a card's metrics are now, and tells in how many rows.
func (t *terminal) values(c *Card, x, y, w int) (rows int) {
	at := x
	for i := range c.Shown {
		value, _ := valueOf(&t.in, i)
		if len(c.Shown) == 1 {
			t.put(x, y, w, value, t.ink(i), true)
			return 1
		}
		need := min(2+cellsOf(c.Titles[i])+1+cellsOf(value), w)
		if at > x && at+need > x+w {
			if rows == 2 {
				t.put(at, y+rows, x+w-at, "…", scene.Muted, false)
				break
			}
			rows, at = rows+1, x
		}
		end := at + need
		at += t.put(at, y+rows, 2, "● ", scene.Series(t.in.Series[i].Color), false)
		at += t.put(at, y+rows, max(end-at-1-cellsOf(value), 6), c.Titles[i], scene.Muted, false) + 1
		at += t.put(at, y+rows, x+w-at, value, t.ink(i), true) + 2
	}
	return rows + 1
}

// ink is the role of the i-th series' value.
func (t *terminal) ink(i int) scene.Role {
	p := pen{in: t.in}
	return p.ink(i)
}

// words writes the rows of a card that draws none but words.
func (t *terminal) words(c *Card, x, y, w, h int) {
	fold := folder(float64(w), func(text string) float64 { return float64(cellsOf(text)) })
	rows, _ := t.view.rowsOf(c, h, fold)
	for i, r := range rows[:min(len(rows), h)] {
		left, right := x, x+w
		for k := len(r.right) - 1; k >= 0; k-- {
			n := min(cellsOf(r.right[k].text), right-left)
			right -= n
			t.put(right, y+i, n, r.right[k].text, r.right[k].role, r.right[k].weight == scene.Semibold)
		}
		if len(r.right) > 0 {
			right--
		}
		if r.sign != "" {
			left += t.put(left, y+i, right-left, signs[r.sign]+" ", chart.ToneRole(r.sign, scene.Ink), false)
		}
		for _, each := range r.left {
			if left >= right {
				break
			}
			left += t.put(left, y+i, right-left, each.text, each.role, each.weight == scene.Semibold)
		}
	}
}
