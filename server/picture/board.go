package picture

import (
	"math"

	"telltale/shared/board"
	"telltale/shared/scene"
)

// Sizes of a board in pixels.
const (
	around    = 24.0 // a board
	between   = 16.0 // cards
	bar       = 48.0 // of the title
	cellRow   = 244.0
	leastRow  = 96.0
	titleSize = 20.0
)

// Width is how wide a board's picture is where nobody says: three columns, as on the page.
const Width = 1208

// MostRows is how many rows of words the largest panel has room for, about.
const MostRows = 100

// columns is how many columns of cards the page has in a window of that width.
func columns(width float64) int {
	n := 1
	for _, least := range [...]float64{808, 1208, 1600, 2000, 2400} {
		if width >= least {
			n++
		}
	}
	return n
}

// Widest is how wide the widest of a board's cards is, in pixels.
func Widest(panels []board.Panel, width float64) int {
	count := columns(width)
	cells, _ := board.Layout(panels, count)
	most := 1
	for _, cell := range cells {
		most = max(most, cell.W)
	}
	return int(width) * most / count
}

// Draw empties the tape and draws the board on it, so wide; height 0 is what it needs.
func (v *View) Draw(t *scene.Tape, width, height float64) {
	panels := make([]board.Panel, len(v.Cards))
	for i := range v.Cards {
		panels[i] = v.Cards[i].Panel
	}
	count := columns(width)
	cells, rows := board.Layout(panels, count)
	around := math.Floor(min(around, width/32))
	row := cellRow
	if height > 0 && rows > 0 {
		row = max(math.Floor((height-2*around-bar-between*float64(rows-1))/float64(rows)), leastRow)
	}
	need := 2*around + bar + float64(rows)*(row+between) - between
	if rows == 0 {
		need = 2*around + bar + 48
	}
	t.Reset(width, max(need, height))
	w, h := t.Size()
	t.Rect(scene.Ground, 0, 0, w, h, 0)
	p := pen{Tape: t, view: v}
	p.head(box{around, around, width - 2*around, bar - between})
	across := (width - 2*around - between*float64(count-1)) / float64(count)
	for i, cell := range cells {
		x, right := math.Floor(float64(cell.X)*(across+between)), math.Floor(float64(cell.X+cell.W)*(across+between))-between
		p.card(&v.Cards[i], box{around + x, around + bar + float64(cell.Y)*(row+between), right - x, float64(cell.H)*(row+between) - between})
	}
	if rows == 0 {
		p.fitted(around, around+bar, width-2*around, "Nothing is on this board yet", scene.Style{Role: scene.Muted, Size: headSize, Baseline: scene.Top})
	}
}

// head writes the board's title, and of when it is.
func (p *pen) head(b box) {
	when := p.view.when()
	style := scene.Style{Role: scene.Muted, Size: nameSize, Align: scene.Right, Baseline: scene.Middle}
	room := b.w
	if said := width(when, nameSize, scene.Regular); said < b.w-96 {
		p.fitted(b.x+b.w, b.y+b.h/2, b.w, when, style)
		room -= said + between
	}
	p.fitted(b.x, b.y+b.h/2, room, p.view.Title, scene.Style{Role: scene.Ink, Size: titleSize, Weight: scene.Semibold, Baseline: scene.Middle})
}

// DrawCard empties the tape and draws one card on it, as a picture by itself.
func (v *View) DrawCard(t *scene.Tape, c *Card, width, height float64) {
	t.Reset(width, height)
	t.Rect(scene.Surface, 0, 0, width, height, 0)
	p := pen{Tape: t, view: v}
	pad := min(inset, width/16, height/8)
	p.inside(c, box{pad, pad, width - 2*pad, height - 2*pad})
}
