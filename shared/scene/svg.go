package scene

import "strconv"

// Family is the font of all text, and what stands in until it is there.
const Family = `"IBM Plex Sans",system-ui,sans-serif`

const unit = 10 // words of the tape a pixel

var (
	anchors = [...]string{"", ` text-anchor="middle"`, ` text-anchor="end"`}
	weights = [...]string{"400", "600"}
)

// AppendSVG appends the tape as one svg element of the tape's size, its colours
// from the palette. The title is what a screen reader says; it may be empty for a
// picture that the text beside it already tells.
func AppendSVG(dst []byte, t *Tape, palette *Palette, title string) []byte {
	w := svg{dst: dst, palette: palette, pool: t.pool}
	w.open(t, title)
	if len(t.words) > header {
		w.play(t.words[header:])
	}
	return append(w.dst, "</svg>"...)
}

// svg writes ops as elements.
type svg struct {
	dst     []byte
	palette *Palette
	pool    []byte // texts not yet written
	path    int    // where the data of the open path begins, 0 if none is open
}

func (w *svg) open(t *Tape, title string) {
	width, height := int32(0), int32(0)
	if len(t.words) >= header {
		width, height = t.words[1], t.words[2]
	}
	w.str(`<svg xmlns="http://www.w3.org/2000/svg" width="`).num(width).str(`" height="`).num(height).
		str(`" viewBox="0 0 `).num(width).str(" ").num(height).str(`" font-family='`).str(Family).str(`'`)
	if title == "" {
		w.str(` aria-hidden="true">`)
		return
	}
	w.str(` role="img"><title>`)
	for _, r := range title {
		w.escape(printable(r))
	}
	w.str(`</title>`)
}

func (w *svg) play(words []int32) {
	for len(words) > 0 {
		op, args := words[0], words[1:]
		used := 0
		switch op {
		case opMove:
			w.begin().str("M").pair(args[0], args[1])
			used = 2
		case opLines:
			used = 1 + 2*int(args[0])
			w.begin().str("L")
			for i := 1; i < used; i += 2 {
				if i > 1 {
					w.str(" ")
				}
				w.pair(args[i], args[i+1])
			}
		case opStroke:
			w.stroke(args)
			used = 2
		case opFill:
			w.end(`" fill="`).role(args[0]).str(`"/>`)
			used = 1
		case opRect:
			w.rect(args)
			used = 6
		case opDot:
			w.str(`<circle cx="`).num(args[1]).str(`" cy="`).num(args[2]).str(`" r="`).num(args[3]).str(`" fill="`).role(args[0]).str(`"/>`)
			used = 4
		case opText:
			w.text(args)
			used = 6
		}
		words = args[used:]
	}
}

func (w *svg) stroke(args []int32) {
	w.end(`" fill="none" stroke="`).role(args[0])
	if args[1] != unit {
		w.str(`" stroke-width="`).num(args[1])
	}
	w.str(`" stroke-linejoin="round"/>`)
}

func (w *svg) rect(args []int32) {
	w.str(`<rect x="`).num(args[1]).str(`" y="`).num(args[2]).str(`" width="`).num(args[3]).str(`" height="`).num(args[4])
	if args[5] != 0 {
		w.str(`" rx="`).num(args[5])
	}
	w.str(`" fill="`).role(args[0]).str(`"/>`)
}

func (w *svg) text(args []int32) {
	w.str(`<text x="`).num(args[4]).str(`" y="`).num(args[5]).str(`" font-size="`).num(args[1])
	if Weight(args[2]) != Regular {
		w.str(`" font-weight="`).str(weights[args[2]])
	}
	w.str(`" fill="`).role(args[0]).str(`"`).str(anchors[args[3]]).str(`>`)
	end := 0
	for end < len(w.pool) && w.pool[end] != '\n' {
		end++
	}
	for _, r := range string(w.pool[:end]) {
		w.escape(r)
	}
	w.pool = w.pool[min(end+1, len(w.pool)):]
	w.str(`</text>`)
}

func (w *svg) begin() *svg {
	if w.path == 0 {
		w.str(`<path d="`)
		w.path = len(w.dst)
	}
	return w
}

func (w *svg) end(s string) *svg {
	w.begin().path = 0
	return w.str(s)
}

func (w *svg) pair(x, y int32) { w.num(x).str(" ").num(y) }

func (w *svg) role(role int32) *svg { return w.str(w.palette[role]) }

func (w *svg) str(s string) *svg {
	w.dst = append(w.dst, s...)
	return w
}

// num writes tenths in the shortest way: 12, 12.5, -0.5.
func (w *svg) num(n int32) *svg {
	if n < 0 {
		w.dst = append(w.dst, '-')
		n = -n
	}
	w.dst = strconv.AppendInt(w.dst, int64(n/unit), 10)
	if rest := n % unit; rest != 0 {
		w.dst = append(w.dst, '.', byte('0'+rest))
	}
	return w
}

func (w *svg) escape(r rune) {
	switch r {
	case '&':
		w.str("&amp;")
	case '<':
		w.str("&lt;")
	case '>':
		w.str("&gt;")
	case '"':
		w.str("&quot;")
	case '\'':
		w.str("&#39;")
	default:
		w.dst = append(w.dst, string(r)...)
	}
}
