package ansi

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is text in one style.
type Span struct {
	Style
	Text string
}

// MaxColumn is how many columns the moves in a line may add to what stands there.
const MaxColumn = 1000

// Line is what a terminal shows of a line that begins in a style, and the style at
// its end. The line may have newlines, and need not be UTF-8.
func Line(line string, at Style) ([]Span, Style) {
	if !special(line) {
		if line == "" {
			return nil, at
		}
		return []Span{{at, line}}, at
	}
	r := row{style: at, spare: MaxColumn}
	for len(line) > 0 {
		n := plain(line)
		r.write(line[:n])
		line = line[n:]
		if line == "" {
			break
		}
		line = line[r.control(line):]
	}
	r.flush()
	return join(r.done), r.style
}

// join makes one span of neighbours that have the same style.
func join(spans []Span) []Span {
	var joined []Span
	var text strings.Builder
	for i, s := range spans {
		text.WriteString(s.Text)
		if i+1 == len(spans) || spans[i+1].Style != s.Style {
			joined = append(joined, Span{s.Style, text.String()})
			text.Reset()
		}
	}
	return joined
}

// Text is what Line shows, without its styles.
func Text(line string) string {
	if !special(line) {
		return line
	}
	spans, _ := Line(line, Style{})
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// After is the style at the end of a line.
func After(line string, at Style) Style {
	if strings.IndexByte(line, 0x1b) < 0 && !strings.Contains(line, "\u009b") {
		return at
	}
	_, at = Line(line, at)
	return at
}

// special tells whether anything in a line is not plain text.
func special(line string) bool { return plain(line) < len(line) }

// plain is how long a line's beginning is that is text: tabs and newlines are.
func plain(line string) int {
	for i := range len(line) {
		switch c := line[i]; {
		case c < ' ' && c != '\t', c == 0x7f:
			if c != '\n' {
				return i
			}
		case c == 0xc2 && i+1 < len(line) && line[i+1] < 0xa0 && line[i+1] >= 0x80:
			return i // a control character of ISO 6429's second set
		}
	}
	return len(line)
}

// row is what stands on a terminal's line while it is written.
type row struct {
	style Style
	done  []Span // of rows before
	cells []Span // from the left; each is one column, or more where only the end is written to
	width int    // columns
	at    int    // the next one to write
	split bool   // every cell is one column
	spare int    // columns that moves may still add
}

// write puts text where the cursor is.
func (r *row) write(text string) {
	for {
		end := strings.IndexByte(text, '\n')
		if end < 0 {
			break
		}
		r.put(text[:end])
		r.flush()
		r.done = append(r.done, Span{r.style, "\n"})
		text = text[end+1:]
	}
	r.put(text)
}

func (r *row) put(text string) {
	if text == "" {
		return
	}
	if r.at == r.width && !r.split {
		r.cells = append(r.cells, Span{r.style, text})
		r.width += columns(text)
		r.at = r.width
		return
	}
	r.explode()
	for text != "" {
		n := cluster(text)
		for r.width <= r.at {
			r.cells = append(r.cells, Span{Text: " "}) // all but the last are left of it
			r.width++
		}
		r.cells[r.at] = Span{r.style, text[:n]}
		r.at++
		text = text[n:]
	}
}

// explode makes every cell one column.
func (r *row) explode() {
	if r.split {
		return
	}
	single := make([]Span, 0, r.width)
	for _, s := range r.cells {
		for text := s.Text; text != ""; {
			n := cluster(text)
			single = append(single, Span{s.Style, text[:n]})
			text = text[n:]
		}
	}
	r.cells, r.split = single, true
	r.width = len(single)
}

// flush ends the row.
func (r *row) flush() {
	r.done = append(r.done, r.cells...)
	r.cells, r.width, r.at, r.split = r.cells[:0], 0, 0, false
}

// control obeys the control character or sequence that a text begins with and answers its length.
func (r *row) control(s string) int {
	switch s[0] {
	case '\r':
		r.at = 0
	case '\b':
		r.at = max(r.at-1, 0)
	case 0x1b:
		return r.escape(s)
	case 0xc2:
		if s[1] == 0x9b {
			return 2 + r.sequence(s[2:])
		}
		return 2
	}
	return 1
}

// escape obeys what begins with ESC.
func (r *row) escape(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch c := s[1]; {
	case c == '[':
		return 2 + r.sequence(s[2:])
	case c == ']', c == 'P', c == 'X', c == '^', c == '_':
		return 2 + controlString(s[2:])
	case c >= 0x20 && c <= 0x2f: // intermediates and a final one
		i := 1
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f {
			i++
		}
		if i < len(s) && s[i] >= 0x30 && s[i] <= 0x7e {
			i++
		}
		return i
	case c >= 0x30 && c <= 0x7e:
		return 2
	}
	return 1
}

// sequence obeys a control sequence after its introducer: parameters, intermediates
// and a final byte (ECMA-48, section 5.4). One that is not whole, or has what does
// not belong there, ends before that.
func (r *row) sequence(s string) int {
	i := 0
	for i < len(s) && s[i] >= 0x30 && s[i] <= 0x3f {
		i++
	}
	params := s[:i]
	for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f {
		i++
	}
	if i == len(s) || s[i] < 0x40 || s[i] > 0x7e {
		return i
	}
	if i == len(params) && (params == "" || params[0] < '<') { // no private ones
		r.obey(s[i], params)
	}
	return i + 1
}

func (r *row) obey(final byte, params string) {
	if final == 'm' {
		r.style = r.style.sgr(params)
		return
	}
	var p [mostParams]param
	read(params, &p)
	n := p[0].value
	switch final {
	case 'C':
		r.move(r.at + max(n, 1))
	case 'D':
		r.move(r.at - max(n, 1))
	case 'G':
		r.move(max(n, 1) - 1)
	case 'K':
		r.erase(n)
	}
}

// move goes to a column, as far as there is room.
func (r *row) move(to int) {
	beyond := min(max(to-r.width, 0), r.spare)
	r.spare -= beyond
	r.at = max(min(to, r.width+beyond), 0)
}

// erase is EL: 0 to the end of the row, 1 from its beginning to the cursor, 2 all of it.
func (r *row) erase(what int) {
	switch {
	case what == 0 && r.at < r.width:
		r.explode()
		r.cells, r.width = r.cells[:r.at], r.at
	case what == 1:
		r.explode()
		for i := range min(r.at+1, r.width) {
			r.cells[i] = Span{Text: " "}
		}
	case what == 2:
		r.cells, r.width, r.split = r.cells[:0], 0, true // the cursor stays
	}
}

// controlString is the length of a control string up to BEL or ST; of one without an
// end nothing is left out.
func controlString(s string) int {
	for i := range len(s) {
		switch {
		case s[i] == 0x07:
			return i + 1
		case s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\', s[i] == 0xc2 && i+1 < len(s) && s[i+1] == 0x9c:
			return i + 2
		}
	}
	return 0
}

// cluster is the length of the first character and what combines with it.
func cluster(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	for joined := false; n < len(s); {
		if s[n] < 0x80 {
			break
		}
		next, size := utf8.DecodeRuneInString(s[n:])
		if !joined && !combines(next) {
			break
		}
		joined = next == '\u200d'
		n += size
	}
	return n
}

func combines(r rune) bool {
	return r == '\u200d' || unicode.In(r, unicode.Mn, unicode.Me) || r >= 0x1f3fb && r <= 0x1f3ff // skin tones
}

func columns(s string) (n int) {
	for s != "" {
		s = s[cluster(s):]
		n++
	}
	return n
}
