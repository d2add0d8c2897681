package board

// MaxSide is how many columns or rows of the grid a panel takes at most.
const MaxSide = 6

// Cell is where a panel stands in a grid, in columns and rows from the top left.
type Cell struct{ X, Y, W, H int }

// Layout places panels in their order, each at the first place after the one before
// where it fits: the placement of CSS Grid Level 1, section 8.5, row flow, sparse, so
// that a page's grid and a picture agree. Panels wider than the grid are as wide as it.
// rows is how many rows they take; columns is at least 1.
func Layout(panels []Panel, columns int) (cells []Cell, rows int) {
	cells = make([]Cell, len(panels))
	free := make([]int, columns) // for each column, the first row below all that stands in it
	x, y := 0, 0
	for i, p := range panels {
		w, h := min(max(p.W, 1), columns), max(p.H, 1)
		for ; ; x++ {
			if x+w > columns {
				x, y = -1, y+1
				continue
			}
			if fits(free[x:x+w], y) {
				break
			}
		}
		cells[i] = Cell{x, y, w, h}
		for c := x; c < x+w; c++ {
			free[c] = y + h
		}
		rows = max(rows, y+h)
		x += w
	}
	return cells, rows
}

// fits tells whether nothing stands in these columns at row y. The flow is sparse: what
// is above y and empty stays empty, so the lowest row taken tells it all.
func fits(free []int, y int) bool {
	for _, f := range free {
		if f > y {
			return false
		}
	}
	return true
}
