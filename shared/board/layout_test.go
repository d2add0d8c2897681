package board

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// flow is CSS Grid Level 1, section 8.5, row flow, sparse, as it is written there: a
// cursor goes from cell to cell until nothing that stands is in the way.
func flow(panels []Panel, columns int) (cells []Cell, rows int) {
	type spot struct{ x, y int }
	taken := map[spot]bool{}
	area := func(c Cell, do func(spot)) {
		for y := c.Y; y < c.Y+c.H; y++ {
			for x := c.X; x < c.X+c.W; x++ {
				do(spot{x, y})
			}
		}
	}
	var cursor spot
	for _, p := range panels {
		w, h := min(max(p.W, 1), columns), max(p.H, 1)
		for {
			if cursor.x+w > columns {
				cursor = spot{0, cursor.y + 1}
				continue
			}
			overlaps := false
			area(Cell{cursor.x, cursor.y, w, h}, func(s spot) { overlaps = overlaps || taken[s] })
			if !overlaps {
				break
			}
			cursor.x++
		}
		c := Cell{cursor.x, cursor.y, w, h}
		area(c, func(s spot) { taken[s] = true })
		cells, rows = append(cells, c), max(rows, c.Y+c.H)
	}
	return cells, rows
}

func TestPanelsStandWhereAGridPutsThem(t *testing.T) {
	for _, c := range []struct {
		name    string
		columns int
		sizes   [][2]int
		want    []Cell
		rows    int
	}{
		{"none", 3, nil, []Cell{}, 0},
		{"without a size one cell each", 2, [][2]int{{}, {}, {}}, []Cell{{0, 0, 1, 1}, {1, 0, 1, 1}, {0, 1, 1, 1}}, 2},
		{"what does not fit goes on in the next row", 3, [][2]int{{2, 1}, {2, 1}, {1, 1}}, []Cell{{0, 0, 2, 1}, {0, 1, 2, 1}, {2, 1, 1, 1}}, 2},
		{"beside a tall one", 3, [][2]int{{1, 2}, {2, 1}, {2, 1}}, []Cell{{0, 0, 1, 2}, {1, 0, 2, 1}, {1, 1, 2, 1}}, 2},
		{"a hole before stays empty", 3, [][2]int{{2, 1}, {3, 1}, {1, 1}}, []Cell{{0, 0, 2, 1}, {0, 1, 3, 1}, {0, 2, 1, 1}}, 3},
		{"wider than the grid", 2, [][2]int{{6, 1}, {1, 3}}, []Cell{{0, 0, 2, 1}, {0, 1, 1, 3}}, 4},
		{"one column", 1, [][2]int{{3, 2}, {1, 1}}, []Cell{{0, 0, 1, 2}, {0, 2, 1, 1}}, 3},
	} {
		var panels []Panel
		for _, s := range c.sizes {
			panels = append(panels, Panel{W: s[0], H: s[1]})
		}
		if cells, rows := Layout(panels, c.columns); !slices.Equal(cells, c.want) || rows != c.rows {
			t.Errorf("%s: %v in %d rows, want %v in %d", c.name, cells, rows, c.want, c.rows)
		}
	}
}

func TestTheLayoutIsThatOfCSSGrid(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 7))
	for range 20_000 {
		columns := 1 + random.IntN(8)
		panels := make([]Panel, random.IntN(20))
		for i := range panels {
			panels[i].W, panels[i].H = random.IntN(MaxSide+1), random.IntN(MaxSide+1)
		}
		cells, rows := Layout(panels, columns)
		if want, wantRows := flow(panels, columns); !slices.Equal(cells, want) || rows != wantRows {
			t.Fatalf("%+v in %d columns: %v in %d rows, want %v in %d", panels, columns, cells, rows, want, wantRows)
		}
	}
}
