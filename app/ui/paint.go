package ui

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"telltale/shared/ansi"
)

// The darkest and lightest grounds that text of output stands on, and what is written
// there in no colour, in light and in dark; --wash and --ink of web/app.css.
var grounds = [2]struct{ ground, ink ansi.RGB }{
	{0xeef2f5, 0x16202a},
	{0x1a232b, 0xe8edf2},
}

func textOf(spans []ansi.Span) string {
	if len(spans) == 1 {
		return spans[0].Text
	}
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// paintOf is the styles of spans as web/lines.js reads them: for each its length in UTF-16,
// its classes and its tint, parted by blanks, and semicolons between them. It is "" where all are plain.
func paintOf(spans []ansi.Span) string {
	if len(spans) == 0 || len(spans) == 1 && spans[0].Style == (ansi.Style{}) {
		return ""
	}
	var b strings.Builder
	for i, s := range spans {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(strconv.Itoa(units(s.Text)))
		if s.Style != (ansi.Style{}) {
			b.WriteByte(' ')
			b.WriteString(classOf(s.Attr))
			b.WriteByte(' ')
			b.WriteString(tintOf(s.Style))
		}
	}
	return b.String()
}

func units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// classOf is the classes of renditions that are no colours, parted by commas.
func classOf(attr ansi.Attr) string {
	var classes []string
	for _, each := range [...]struct {
		attr ansi.Attr
		name string
	}{{ansi.Bold, "bold"}, {ansi.Italic, "italic"}, {ansi.Underline, "underline"}} {
		if attr&each.attr != 0 {
			classes = append(classes, each.name)
		}
	}
	return strings.Join(classes, ",")
}

// tintOf is the colours of a style: of the text in light and in dark, then, where it has
// one, of its ground. It is "" for the page's own.
func tintOf(s ansi.Style) string {
	fg, coloured := s.Fg.RGB()
	bg, grounded := s.Bg.RGB()
	if s.Attr&ansi.Reverse != 0 {
		fg, bg, coloured, grounded = bg, fg, grounded, coloured
	} else if !coloured && !grounded && s.Attr&ansi.Dim == 0 {
		return ""
	}
	var text, under [2]ansi.RGB
	for i, theme := range grounds {
		ink, ground := theme.ink, theme.ground
		if s.Attr&ansi.Reverse != 0 {
			ink, ground = ground, ink
		}
		if coloured {
			ink = fg
		}
		if grounded {
			ground = bg
		}
		text[i], under[i] = ansi.Readable(ink, ground), ground
		if s.Attr&ansi.Dim != 0 {
			text[i] = ansi.Faint(text[i], ground)
		}
	}
	tint := fmt.Sprintf("#%06x,#%06x", uint32(text[0]), uint32(text[1]))
	if grounded || s.Attr&ansi.Reverse != 0 {
		tint += fmt.Sprintf(",#%06x,#%06x", uint32(under[0]), uint32(under[1]))
	}
	return tint
}

// part is a piece of a line in one style.
type part struct{ text, class, tint string }

// partsOf takes a line apart as web/lines.js does.
func partsOf(text, paint string) (parts []part) {
	for piece := range strings.SplitSeq(paint, ";") {
		fields := strings.Split(piece, " ")
		left, _ := strconv.Atoi(fields[0])
		end := 0
		for _, r := range text {
			if left <= 0 {
				break
			}
			left -= utf16.RuneLen(r)
			end += len(string(r))
		}
		p := part{text: text[:end]}
		if text = text[end:]; len(fields) == 3 {
			p.class, p.tint = strings.ReplaceAll(fields[1], ",", " "), fields[2]
		}
		parts = append(parts, p)
	}
	return parts
}
