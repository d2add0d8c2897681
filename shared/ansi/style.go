package ansi

// Attr is a set of renditions.
type Attr uint8

// The renditions that are told.
const (
	Bold Attr = 1 << iota
	Dim
	Italic
	Underline
	Reverse
)

// Color is a colour that was asked for; the zero Color is the reader's own.
type Color uint32

const (
	indexed Color = 1 << 24
	direct  Color = 2 << 24
)

// Indexed is the n-th of 256 colours: 16 that a reader chooses, a cube of 216, 24 greys.
func Indexed(n uint8) Color { return indexed | Color(n) }

// Direct is a colour of 24 bits.
func Direct(r, g, b uint8) Color { return direct | Color(r)<<16 | Color(g)<<8 | Color(b) }

// Style is how text is shown. The zero Style is that of plain text.
type Style struct {
	Fg, Bg Color
	Attr   Attr
}

// mostParams bounds those of one sequence; more than any style takes are left out.
const mostParams = 32

// sgr gives the style after one sequence of parameters, as they stand between ESC [
// and m.
func (s Style) sgr(params string) Style {
	var p [mostParams]param
	n := read(params, &p)
	for i := 0; i < n; i++ {
		switch v := p[i].value; {
		case v == 0 && !p[i].sub:
			s = Style{}
		case v == 1:
			s.Attr |= Bold
		case v == 2:
			s.Attr |= Dim
		case v == 3:
			s.Attr |= Italic
		case v == 4 && i+1 < n && p[i+1].sub:
			s.Attr &^= Underline
			if p[i+1].value > 0 {
				s.Attr |= Underline
			}
		case v == 4, v == 21:
			s.Attr |= Underline
		case v == 7:
			s.Attr |= Reverse
		case v == 22:
			s.Attr &^= Bold | Dim
		case v == 23:
			s.Attr &^= Italic
		case v == 24:
			s.Attr &^= Underline
		case v == 27:
			s.Attr &^= Reverse
		case v >= 30 && v <= 37:
			s.Fg = Indexed(uint8(v - 30))
		case v >= 90 && v <= 97:
			s.Fg = Indexed(uint8(v - 90 + 8))
		case v >= 40 && v <= 47:
			s.Bg = Indexed(uint8(v - 40))
		case v >= 100 && v <= 107:
			s.Bg = Indexed(uint8(v - 100 + 8))
		case v == 39:
			s.Fg = 0
		case v == 49:
			s.Bg = 0
		case v == 38, v == 48, v == 58:
			color, taken, is := extended(p[i+1 : n])
			if is && v == 38 {
				s.Fg = color
			} else if is && v == 48 {
				s.Bg = color
			}
			i += taken
		}
		for i+1 < n && p[i+1].sub {
			i++ // of a value that is not known, or more than it has
		}
	}
	return s
}

// param is one value; sub tells that a colon stood before it.
type param struct {
	value int
	sub   bool
	given bool
}

// read takes numbers apart and answers how many there are; one that is not given is 0.
func read(params string, into *[mostParams]param) (n int) {
	into[0] = param{}
	n = 1
	for i := range len(params) {
		p := &into[n-1]
		switch c := params[i]; {
		case c >= '0' && c <= '9':
			p.given = true
			p.value = min(p.value*10+int(c-'0'), 1<<16)
		case n == mostParams:
			return n
		default:
			into[n] = param{sub: c == ':'}
			n++
		}
	}
	return n
}

// extended reads what follows 38, 48 or 58: 5;n or 2;r;g;b, or 5:n, 2:r:g:b or
// 2:space:r:g:b. It answers how many values that are.
func extended(p []param) (c Color, taken int, is bool) {
	if len(p) == 0 {
		return 0, 0, false
	}
	sub := p[0].sub
	values := 1
	for values < len(p) && p[values].sub == sub && (sub || values < 4) {
		values++
	}
	byteAt := func(i int) uint8 { return uint8(min(p[i].value, 255)) }
	switch {
	case p[0].value == 5 && values >= 2:
		if p[1].value > 255 {
			return 0, 2, false
		}
		return Indexed(byteAt(1)), 2, true
	case p[0].value == 2 && sub && values >= 5:
		return Direct(byteAt(2), byteAt(3), byteAt(4)), values, true
	case p[0].value == 2 && values >= 4:
		return Direct(byteAt(1), byteAt(2), byteAt(3)), 4, true
	}
	return 0, min(values, 1), false
}
