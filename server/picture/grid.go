package picture

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"unicode"

	eastasian "golang.org/x/text/width"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/scene"
)

// Pixels that one cell of a terminal stands for.
const (
	CellWidth  = 6.6 // a figure of an axis label
	CellHeight = 13.2
)

// grid is the cells of a terminal. The part that is painted on is a window of it.
type grid struct {
	columns, rows int
	cells         []cell
}

// cell is one character of a terminal.
type cell struct {
	text  string // "" for none; then dots, block or rule
	dots  uint8  // of braille, as Unicode orders them
	block uint8  // eighths from its foot
	rule  rune
	after bool // the second half of a wide character
	role  scene.Role
	bold  bool
}

func newGrid(columns, rows int) *grid {
	return &grid{columns, rows, make([]cell, columns*rows)}
}

// at is a cell; nil outside.
func (g *grid) at(x, y int) *cell {
	if x < 0 || y < 0 || x >= g.columns || y >= g.rows {
		return nil
	}
	return &g.cells[y*g.columns+x]
}

// breadth is how many cells a character takes: none where it joins the one before or may not pass.
func breadth(r rune) int {
	switch {
	case r < ' ' || r >= 0x7F && r < 0xA0 || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
		return 0
	case r < 0x300:
		return 1
	}
	if kind := eastasian.LookupRune(r).Kind(); kind == eastasian.EastAsianWide || kind == eastasian.EastAsianFullwidth {
		return 2
	}
	return 1
}

// cellsOf is how many cells a text takes.
func cellsOf(text string) (n int) {
	for _, r := range text {
		n += breadth(r)
	}
	return n
}

// put writes a text into at most limit cells, its end an ellipsis where it does not fit, and
// tells how many it took. Control characters and those that change the direction of what
// follows are left out.
func (g *grid) put(x, y, limit int, text string, role scene.Role, bold bool) (taken int) {
	whole := cellsOf(text) <= limit
	for _, r := range text {
		n := breadth(r)
		if n == 0 {
			if c := g.at(x+taken-1, y); c != nil && taken > 0 && unicode.In(r, unicode.Mn, unicode.Me) && len(c.text) < 16 {
				c.text += string(r)
			}
			continue
		}
		if !whole && taken+n > limit-1 {
			if limit > taken {
				g.set(x+taken, y, cell{text: "…", role: role, bold: bold})
				taken++
			}
			return taken
		}
		if r == '\u00a0' {
			r = ' '
		}
		g.set(x+taken, y, cell{text: string(r), role: role, bold: bold})
		if n == 2 {
			g.set(x+taken+1, y, cell{after: true})
		}
		taken += n
	}
	return taken
}

func (g *grid) set(x, y int, c cell) {
	if to := g.at(x, y); to != nil {
		*to = c
	}
}

// easel paints a tape on the window of a grid whose top left corner is at x, y. It implements
// scene.Painter.
type easel struct {
	*grid
	x, y, columns, rows int

	path  []point // in dots: two a cell across, four down
	parts []int
	// The end of the last text: what begins there goes on after it, though its letters were larger.
	textEnd, textFoot float64
	textNext, textRow int
}

func dotX(x float64) float64 { return x / CellWidth * 2 }
func dotY(y float64) float64 { return y / CellHeight * 4 }

// Move implements scene.Painter.
func (e *easel) Move(x, y float64) {
	e.parts = append(e.parts, len(e.path))
	e.path = append(e.path, point{dotX(x), dotY(y)})
}

// Line implements scene.Painter.
func (e *easel) Line(x, y float64) {
	if len(e.parts) == 0 {
		e.parts = append(e.parts, 0)
	}
	e.path = append(e.path, point{dotX(x), dotY(y)})
}

func (e *easel) forget() { e.path, e.parts = e.path[:0], e.parts[:0] }

func (e *easel) partEnd(i int) int {
	if i+1 < len(e.parts) {
		return e.parts[i+1]
	}
	return len(e.path)
}

// Stroke implements scene.Painter: hairlines are rules, all else is dots.
func (e *easel) Stroke(role scene.Role, _ float64) {
	defer e.forget()
	for i, begin := range e.parts {
		part := e.path[begin:e.partEnd(i)]
		for k := 1; k < len(part); k++ {
			a, b := part[k-1], part[k]
			if role == scene.Grid || role == scene.Axis {
				e.ruled(a, b, role)
				continue
			}
			steps := int(math.Ceil(math.Max(math.Abs(b.x-a.x), math.Abs(b.y-a.y)) * 1.5))
			for s := 0; s <= steps; s++ {
				at := float64(s) / float64(max(steps, 1))
				e.dot(int(math.Floor(a.x+float64(at*(b.x-a.x)))), int(math.Floor(a.y+float64(at*(b.y-a.y)))), role)
			}
		}
	}
}

// ruled draws a level line as characters, below all else.
func (e *easel) ruled(a, b point, role scene.Role) {
	if math.Abs(a.y-b.y) > 0.5 {
		return
	}
	line := '┈'
	if role == scene.Axis {
		line = '─'
	}
	for x := int(math.Ceil(a.x / 2)); x < int(math.Ceil(b.x/2)); x++ {
		if c := e.inside(x, int(math.Floor(a.y/4))); c != nil && c.text == "" && c.dots == 0 && c.block == 0 && (c.rule == 0 || role == scene.Axis) {
			c.rule, c.role = line, role
		}
	}
}

// inside is a cell of the window; nil outside of it.
func (e *easel) inside(x, y int) *cell {
	if x < 0 || y < 0 || x >= e.columns || y >= e.rows {
		return nil
	}
	return e.at(e.x+x, e.y+y)
}

// dot sets one dot.
func (e *easel) dot(x, y int, role scene.Role) {
	if x < 0 || y < 0 {
		return
	}
	c := e.inside(x/2, y/4)
	if c == nil || c.text != "" {
		return
	}
	c.dots |= [2][4]uint8{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}[x%2][y%4]
	c.role, c.block = role, 0
}

// ground tells what is only a tint behind the drawing, and not shown.
func ground(role scene.Role) bool {
	return role == scene.Surface || role == scene.Ground || role == scene.Edge || role == scene.Grid ||
		role == scene.GoodFill || role == scene.WarnFill || role == scene.BadFill
}

// solid is the role of the line that an area belongs to.
func solid(role scene.Role) scene.Role {
	if role >= scene.SeriesFill(0) && role <= scene.SeriesFill(scene.SeriesCount-1) {
		return role - scene.SeriesCount
	}
	if role == scene.StaleFill {
		return scene.Stale
	}
	return role
}

// Fill implements scene.Painter: the dots whose middle lies inside.
func (e *easel) Fill(role scene.Role) {
	defer e.forget()
	if ground(role) && role != scene.Grid || len(e.path) < 3 {
		return
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range e.path {
		low, high = math.Min(low, p.y), math.Max(high, p.y)
	}
	if role == scene.Warn && len(e.path) == 3 && high-low < 4 {
		e.shape(board.Warn, e.path[0].x/2, (low+high)/8)
		return
	}
	role = solid(role)
	type crossing struct {
		x    float64
		turn int
	}
	var crossings []crossing
	for y := max(int(low), 0); y < min(int(high)+1, 4*e.rows); y++ {
		middle := float64(y) + 0.5
		crossings = crossings[:0]
		for i, begin := range e.parts {
			part := e.path[begin:e.partEnd(i)]
			for k, a := range part {
				b := part[(k+1)%len(part)]
				if (a.y <= middle) == (b.y <= middle) {
					continue
				}
				turn := 1
				if a.y > b.y {
					turn = -1
				}
				crossings = append(crossings, crossing{a.x + float64((middle-a.y)/(b.y-a.y)*(b.x-a.x)), turn})
			}
		}
		sort.Slice(crossings, func(i, k int) bool { return crossings[i].x < crossings[k].x })
		wound := 0
		for i := 0; i+1 < len(crossings); i++ {
			if wound += crossings[i].turn; wound == 0 {
				continue
			}
			for x := max(int(math.Ceil(crossings[i].x-0.5)), 0); float64(x)+0.5 < crossings[i+1].x && x < 2*e.columns; x++ {
				e.dot(x, y, role)
			}
		}
	}
}

// Rect implements scene.Painter: block elements, in eighths of a cell's height.
func (e *easel) Rect(role scene.Role, x, y, w, h, _ float64) {
	if ground(role) || h <= 0 {
		return
	}
	if role == scene.Bad && w == h && w < CellHeight {
		e.shape(board.Bad, (x+w/2)/CellWidth, (y+h/2)/CellHeight)
		return
	}
	role = solid(role)
	top, foot := y/CellHeight, (y+h)/CellHeight
	for column := max(int(x/CellWidth), 0); column < min(int(math.Ceil((x+w)/CellWidth)), e.columns); column++ {
		left, right := (float64(column)+0.25)*CellWidth, (float64(column)+0.75)*CellWidth
		if (left < x || left >= x+w) && (right < x || right >= x+w) && column != int((x+w/2)/CellWidth) {
			continue
		}
		for line := max(int(top), 0); line < min(int(math.Ceil(foot)), e.rows); line++ {
			part := math.Min(foot, float64(line+1)) - math.Max(top, float64(line))
			eighths := uint8(math.Floor(part*8 + 0.5))
			if foot < float64(line+1)-0.07 { // it does not stand on the cell's foot
				if part < 0.3 {
					continue
				}
				eighths = 8
			}
			c := e.inside(column, line)
			if c == nil || c.text != "" || eighths == 0 && top > float64(line) && c.block > 0 {
				continue
			}
			if eighths = max(eighths, 1); eighths >= c.block {
				c.block, c.dots, c.role = eighths, 0, role
			}
		}
	}
}

// Dot implements scene.Painter.
func (e *easel) Dot(role scene.Role, x, y, radius float64) {
	if role == scene.Good && radius > CellWidth/2 && radius < CellHeight/2 {
		e.shape(board.Good, x/CellWidth, y/CellHeight)
		return
	}
	e.dot(int(dotX(x)), int(dotY(y)), role)
	if radius >= CellWidth {
		for angle := 0.0; angle < 6.28; angle += 0.1 {
			e.dot(int(dotX(x+radius*math.Cos(angle))), int(dotY(y+radius*math.Sin(angle))), role)
		}
	}
}

// signs are the shapes of tones as characters.
var signs = map[board.Tone]string{board.Good: "●", board.Warn: "▲", board.Bad: "■"}

// shape draws the sign of a tone around a place in cells.
func (e *easel) shape(tone board.Tone, x, y float64) {
	if c := e.inside(int(math.Floor(x-0.26)), int(math.Floor(y))); c != nil { // its word begins a cell further on
		*c = cell{text: signs[tone], role: chart.ToneRole(tone, scene.Ink)}
	}
}

// Text implements scene.Painter.
func (e *easel) Text(x, y float64, text []byte, style scene.Style) {
	said := string(text)
	n := cellsOf(said)
	line := int(math.Floor((y - style.Size*0.35) / CellHeight))
	column := int(math.Floor(x/CellWidth + 0.3))
	switch style.Align {
	case scene.Right:
		column = int(math.Floor(x/CellWidth+0.5)) - n
	case scene.Center:
		column = int(math.Floor(x/CellWidth - float64(n)/2 + 0.5))
	default:
		wide := scene.Width(text, style.Size, style.Weight)
		if gap := x - e.textEnd; y == e.textFoot && gap > -2 && gap < style.Size {
			column, line = e.textNext, e.textRow
			if gap > style.Size/6 {
				column++
			}
		} else if style.Size > 1.5*CellHeight && x > 2*CellWidth { // large and not at the left: in the middle of its place
			column = int(math.Floor((x+wide/2)/CellWidth - float64(n)/2 + 0.5))
		}
	}
	column = max(min(column, e.columns-n), 0)
	if line < 0 || line >= e.rows {
		return
	}
	taken := e.put(e.x+column, e.y+line, e.columns-column, said, style.Role, style.Weight == scene.Semibold)
	if style.Align == scene.Left {
		e.textEnd, e.textFoot, e.textNext, e.textRow = x+scene.Width(text, style.Size, style.Weight), y, column+taken, line
	}
}

// appendTo appends the grid as lines, in colours where there are some.
func (g *grid) appendTo(dst []byte, colours *[scene.RoleCount]string) []byte {
	for y := range g.rows {
		row := g.cells[y*g.columns : (y+1)*g.columns]
		end := len(row)
		for end > 0 && row[end-1].blank() {
			end--
		}
		now := ""
		for i := range row[:end] {
			c := &row[i]
			if c.after {
				continue
			}
			if colours != nil && !c.blank() {
				want := colours[c.role]
				if c.bold {
					want += ";1"
				}
				if want != now {
					dst = append(dst, "\x1b[0"...)
					dst = append(dst, want...)
					dst = append(dst, 'm')
					now = want
				}
			}
			dst = c.appendTo(dst)
		}
		if now != "" {
			dst = append(dst, "\x1b[0m"...)
		}
		dst = append(dst, '\n')
	}
	return dst
}

func (c *cell) blank() bool {
	return (c.text == "" || c.text == " ") && c.dots == 0 && c.block == 0 && c.rule == 0 && !c.after
}

func (c *cell) appendTo(dst []byte) []byte {
	switch {
	case c.text != "":
		return append(dst, c.text...)
	case c.dots != 0:
		return append(dst, string(rune(0x2800+int(c.dots)))...)
	case c.block != 0:
		return append(dst, string(rune(0x2580+int(c.block)))...)
	case c.rule != 0:
		return append(dst, string(c.rule)...)
	}
	return append(dst, ' ')
}

// Between is the palette for a terminal of which nobody knows whether it is light or dark:
// each colour is half way between the two themes'.
var Between = halfway(&scene.Light, &scene.Dark)

func halfway(a, b *scene.Palette) (p scene.Palette) {
	for role := range p {
		x, y := parseColour(a[role]), parseColour(b[role])
		half := func(x, y uint8) uint32 { return (uint32(x) + uint32(y)) / 2 }
		p[role] = fmt.Sprintf("#%06x", half(x.R, y.R)<<16|half(x.G, y.G)<<8|half(x.B, y.B))
	}
	return p
}

// shades are the colours of a palette as a terminal of 256 is asked for them. Ink is the
// reader's own; what is behind the drawing is faint.
func shades(p *scene.Palette) *[scene.RoleCount]string {
	var s [scene.RoleCount]string
	for role := range s {
		c := parseColour(p[role])
		s[role] = ";38;5;" + strconv.Itoa(nearest(int(c.R), int(c.G), int(c.B)))
		switch scene.Role(role) {
		case scene.Ink:
			s[role] = ""
		case scene.Grid, scene.Axis, scene.Edge:
			if *p == Between {
				s[role] = ";2" + s[role]
			}
		}
	}
	return &s
}

// nearest is the colour of the cube or the greys of a 256-colour terminal that is nearest.
func nearest(r, g, b int) int {
	best, at := math.MaxInt, 0
	for n := 16; n < 256; n++ {
		x, y, z := 8+10*(n-232), 8+10*(n-232), 8+10*(n-232)
		if n < 232 {
			level := func(i int) int { return min(i, 1)*55 + 40*i }
			x, y, z = level((n-16)/36), level((n-16)/6%6), level((n-16)%6)
		}
		if d := 2*(x-r)*(x-r) + 4*(y-g)*(y-g) + 3*(z-b)*(z-b); d < best {
			best, at = d, n
		}
	}
	return at
}
