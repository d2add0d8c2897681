package board

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Edits answer another board and leave b as it was; panels are counted from 0. A place
// that is not there changes nothing. Whether the outcome is a board is Check's to say.

// Insert puts a panel before the one at that place, or last; where its id is none or
// taken it gets a new one.
func (b Board) Insert(at int, p Panel) Board {
	at = min(max(at, 0), len(b.Panels))
	if p.ID == "" || b.Find(p.ID) >= 0 {
		p.ID = b.NewID(p)
	}
	b.Panels = slices.Insert(slices.Clone(b.Panels), at, p)
	return b
}

// Duplicate puts a copy of a panel behind it.
func (b Board) Duplicate(at int) Board {
	if !b.has(at) {
		return b
	}
	return b.Insert(at+1, b.Panels[at])
}

// Remove takes a panel away.
func (b Board) Remove(at int) Board {
	if b.has(at) {
		b.Panels = slices.Delete(slices.Clone(b.Panels), at, at+1)
	}
	return b
}

// Move takes a panel to another place, counted without it; beyond the end it is the last.
func (b Board) Move(from, to int) Board {
	to = min(max(to, 0), len(b.Panels)-1)
	if b.has(from) && from != to {
		p := b.Panels[from]
		b.Panels = slices.Insert(slices.Delete(slices.Clone(b.Panels), from, from+1), to, p)
	}
	return b
}

// Resize gives a panel another size, 1 to MaxSide each way.
func (b Board) Resize(at, w, h int) Board {
	if !b.has(at) {
		return b
	}
	p := b.Panels[at]
	p.W, p.H = side(w), side(h)
	return b.Set(at, p)
}

// side is a length as documents hold it, where 1 is left out.
func side(n int) int {
	if n = min(max(n, 1), MaxSide); n == 1 {
		return 0
	}
	return n
}

// Set puts a panel in another's place.
func (b Board) Set(at int, p Panel) Board {
	if b.has(at) {
		b.Panels = slices.Clone(b.Panels)
		b.Panels[at] = p
	}
	return b
}

// Rename gives the board another title.
func (b Board) Rename(title string) Board {
	b.Title = title
	return b
}

// Open gives the board another range that it opens with.
func (b Board) Open(with Span) Board {
	b.Range = with
	return b
}

func (b Board) has(at int) bool { return 0 <= at && at < len(b.Panels) }

// Find is the place of the panel of that id, -1 for none.
func (b Board) Find(id string) int {
	return slices.IndexFunc(b.Panels, func(p Panel) bool { return p.ID == id })
}

// NewID is an id for p that no panel of the board has: what p shows, and a number where that is taken.
func (b Board) NewID(p Panel) string {
	name := string(p.Kind)
	switch {
	case len(p.Queries) > 0 && !p.Each:
		name = p.Queries[0].Metric
	case p.Room != "":
		name = p.Room
	case p.Command != "":
		name = p.Command
	}
	return NewID(name, func(id string) bool { return b.Find(id) >= 0 })
}

// mostNamed is how long an id made from a name may be, a number behind it not counted.
const mostNamed = 100

// NewID makes an id from a name, one that is not taken: what the grammar does not
// allow becomes a hyphen.
func NewID(name string, taken func(id string) bool) string {
	var id []byte
	for _, r := range name {
		switch {
		case len(id) == mostNamed:
		case r < 0x80 && validID("x"+string(r)):
			id = append(id, byte(r))
		case len(id) > 0 && id[len(id)-1] != '-':
			id = append(id, '-')
		}
	}
	for len(id) > 0 && !validID(string(id[:1])) {
		id = id[1:]
	}
	for len(id) > 0 && id[len(id)-1] == '-' {
		id = id[:len(id)-1]
	}
	base := string(id)
	if base == "" {
		base = "panel"
	}
	free := base
	for n := 2; taken(free); n++ {
		free = base + "-" + strconv.Itoa(n)
	}
	return free
}

// Same tells whether both are one document.
func (b Board) Same(o Board) bool {
	mine, err := json.Marshal(b)
	theirs, fails := json.Marshal(o)
	return err == nil && fails == nil && string(mine) == string(theirs)
}

// Lands is the place to Move a panel to so that, on a grid of that many columns, it comes
// to stand as near as can be to where it is held: x and y are its middle, in cells from the
// top left. It depends on nothing but where the panel is held, so what is dragged cannot
// tremble between two places.
func Lands(panels []Panel, from, columns int, x, y float64) int {
	b := Board{Panels: panels}
	best, least := from, -1.0
	for n := range 2 * len(panels) { // from where it is outwards: of equals the nearest
		to := from - (n+1)/2
		if n%2 == 0 {
			to = from + n/2
		}
		if !b.has(to) {
			continue
		}
		moved := b.Move(from, to)
		cells, _ := Layout(moved.Panels, columns)
		c := cells[to]
		dx, dy := float64(c.X)+float64(c.W)/2-x, float64(c.Y)+float64(c.H)/2-y
		if d := dx*dx + dy*dy; least < 0 || d < least-1e-9 {
			best, least = to, d
		}
	}
	return best
}
