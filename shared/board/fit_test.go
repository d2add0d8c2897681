package board

import (
	"math/rand/v2"
	"testing"
)

func plain(n int) []Panel { return make([]Panel, n) }

func TestABoardFillsAnyScreen(t *testing.T) {
	for _, c := range []struct {
		name          string
		panels        []Panel
		width, height float64
		columns, rows int
	}{
		{"one on a television", plain(1), 1920, 1080, 1, 1},
		{"two on a television", plain(2), 1920, 1080, 2, 1},
		{"four", plain(4), 1920, 1080, 2, 2},
		{"six", plain(6), 1920, 1080, 3, 2},
		{"eleven", plain(11), 1920, 1080, 4, 3},
		{"twelve", plain(12), 1920, 1080, 4, 3},
		{"twelve on twice as many pixels", plain(12), 3840, 2160, 4, 3},
		{"twelve on an old projector", plain(12), 1024, 768, 3, 4},
		{"twelve on a pillar", plain(12), 1080, 1920, 2, 6},
		{"three on a pillar", plain(3), 1080, 1920, 1, 3},
		{"twelve on a tiny one", plain(12), 640, 360, 4, 3},
		{"a ribbon", plain(5), 3840, 400, 5, 1},
	} {
		wall := Fit(c.panels, c.width, c.height)
		if wall.Columns != c.columns || wall.Rows != c.rows || len(wall.Cells) != len(c.panels) {
			t.Errorf("%s: %d panels in %d × %d, want %d × %d", c.name, len(wall.Cells), wall.Columns, wall.Rows, c.columns, c.rows)
		}
		if taken := wall.taken(t); taken != wall.Columns*wall.Rows {
			t.Errorf("%s: %d of %d cells are filled", c.name, taken, wall.Columns*wall.Rows)
		}
	}
}

// taken counts the cells that panels have, each of which must lie on the screen and have one panel.
func (w Wall) taken(t *testing.T) (n int) {
	t.Helper()
	at := map[[2]int]bool{}
	for _, c := range w.Cells {
		if c.X < 0 || c.Y < 0 || c.W < 1 || c.H < 1 || c.X+c.W > w.Columns || c.Y+c.H > w.Rows {
			t.Fatalf("%+v lies outside of %d × %d", c, w.Columns, w.Rows)
		}
		for y := c.Y; y < c.Y+c.H; y++ {
			for x := c.X; x < c.X+c.W; x++ {
				if at[[2]int{x, y}] {
					t.Fatalf("two panels stand at %d, %d", x, y)
				}
				at[[2]int{x, y}] = true
			}
		}
	}
	return len(at)
}

func TestPanelsOnAWallKeepTheirOrderAndShape(t *testing.T) {
	wall := Fit([]Panel{{W: 2, H: 2}, {}, {}, {}, {}}, 1920, 1080)
	if first := wall.Cells[0]; first.X != 0 || first.Y != 0 || first.W < 2 || first.H < 2 {
		t.Errorf("the large panel stands at %+v of %d × %d", first, wall.Columns, wall.Rows)
	}
	if wall = Fit([]Panel{{W: 6}, {W: 6}}, 1920, 1080); wall.Rows != 2 {
		t.Errorf("two panels of the whole width stand in %d rows", wall.Rows)
	}
}

func TestAScreenTooSmallForAllShowsTheFirst(t *testing.T) {
	wall := Fit(plain(200), 640, 360)
	if n := len(wall.Cells); n == 0 || n > 25 {
		t.Errorf("%d panels on 640 × 360", n)
	}
	if wall = Fit(plain(3), 10, 10); len(wall.Cells) != 1 {
		t.Errorf("%d panels on 10 × 10", len(wall.Cells))
	}
	if wall = Fit(nil, 1920, 1080); len(wall.Cells) != 0 || wall.Columns < 1 || wall.Rows != 1 {
		t.Errorf("no panels: %+v", wall)
	}
}

func TestNoWallHasPanelsOverEachOther(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	filled, all := 0, 0
	for range 2000 {
		panels := plain(1 + r.IntN(40))
		for i := range panels {
			panels[i].W, panels[i].H = r.IntN(MaxSide+1), r.IntN(4)
		}
		wall := Fit(panels, float64(300+r.IntN(4000)), float64(200+r.IntN(2500)))
		filled, all = filled+wall.taken(t), all+wall.Columns*wall.Rows
	}
	if share := float64(filled) / float64(all); share < 0.93 {
		t.Errorf("walls are filled to %.3f", share)
	}
}
