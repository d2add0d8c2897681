package board

// On a wall a panel is best about this much wider than high,
const wallShape = 1.6

// and has at least this many pixels: what has no place is left out.
const (
	wallWidth  = 120
	wallHeight = 68
)

// mostColumns that a wall is divided into.
const mostColumns = 24

// Wall is how a board's panels stand on a screen that does not scroll.
type Wall struct {
	Columns, Rows int
	Cells         []Cell // of the first panels, as many as have a place
}

// Fit divides a screen of that many pixels among the panels, in their order, so that
// they fill it: of all numbers of columns it takes the one that leaves the panels' cells
// largest, then stretches panels over what the flow left empty beside and below them.
func Fit(panels []Panel, width, height float64) Wall {
	width, height = max(width, 1), max(height, 1)
	panels = panels[:min(len(panels), max(int(width/wallWidth)*int(height/wallHeight), 1))]
	var best Wall
	largest := -1.0
	for columns := 1; columns <= mostColumns; columns++ {
		cells, rows := Layout(panels, columns)
		if size := sizeOf(panels, cells, columns, rows, width, height); size > largest*1.0001 {
			largest, best = size, Wall{columns, max(rows, 1), cells}
		}
	}
	best.stretch()
	return best
}

// sizeOf is how large panels are at those places: the geometric middle between the cell
// that all share and what the panels take of the screen, less where a panel is narrower
// than it should be.
func sizeOf(panels []Panel, cells []Cell, columns, rows int, width, height float64) float64 {
	w, h := width/float64(columns), height/float64(max(rows, 1))
	side := min(w/wallShape, h)
	taken, wanted := 0, 0
	for i, c := range cells {
		taken += c.W * c.H
		wanted += max(panels[i].W, 1) * c.H
	}
	if wanted == 0 {
		return 0
	}
	full := float64(taken) / float64(columns*rows)
	kept := float64(taken) / float64(wanted)
	return side * side * full * kept
}

// stretch widens each panel over free cells at its right, then lengthens it over those
// below, so that no part of the screen stays empty that one panel can take whole.
func (w *Wall) stretch() {
	taken := make([]bool, w.Columns*w.Rows)
	mark := func(c Cell) {
		for y := c.Y; y < c.Y+c.H; y++ {
			for x := c.X; x < c.X+c.W; x++ {
				taken[y*w.Columns+x] = true
			}
		}
	}
	free := func(c Cell) bool {
		if c.X+c.W > w.Columns || c.Y+c.H > w.Rows {
			return false
		}
		for y := c.Y; y < c.Y+c.H; y++ {
			for x := c.X; x < c.X+c.W; x++ {
				if taken[y*w.Columns+x] {
					return false
				}
			}
		}
		return true
	}
	for _, c := range w.Cells {
		mark(c)
	}
	for i := range w.Cells {
		c := &w.Cells[i]
		for free(Cell{c.X + c.W, c.Y, 1, c.H}) {
			c.W++
		}
		mark(*c)
	}
	for i := range w.Cells {
		c := &w.Cells[i]
		for free(Cell{c.X, c.Y + c.H, c.W, 1}) {
			c.H++
		}
		mark(*c)
	}
}
