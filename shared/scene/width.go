package scene

import (
	"sort"
	"unicode/utf8"
)

// capHeight is the height of a capital or a figure by the font size (OS/2 sCapHeight of IBM Plex Sans).
const capHeight = 0.698

// unknown is the advance taken for a character the font lacks, in thousandths of
// the size: that of a full-width one, so that a text is never wider than it was measured.
const unknown = 1000

type advance struct {
	char   rune
	widths [2]uint16 // by weight
}

// Width is how wide a text is in pixels: the sum of its advances. Kerning, which
// both painters apply, makes some texts a little narrower; figures have none.
func Width(text []byte, size float64, weight Weight) float64 {
	sum := 0
	for i := 0; i < len(text); {
		if b := text[i]; b >= ' ' && b < 0x7F {
			sum += int(latin[b-' '][weight])
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		sum += runeWidth(r, weight)
		i += n
	}
	return float64(sum) * size / 1000
}

// AppendFitted appends the text, or as much of it as fits in width pixels with an
// ellipsis at its end. Where not even the ellipsis fits, nothing.
func AppendFitted(dst, text []byte, width, size float64, weight Weight) []byte {
	if Width(text, size, weight) <= width {
		return append(dst, text...)
	}
	room := width*1000/size - float64(runeWidth('…', weight))
	if room < 0 {
		return dst
	}
	sum, end := 0, 0
	for end < len(text) {
		r, n := utf8.DecodeRune(text[end:])
		sum += runeWidth(r, weight)
		if float64(sum) > room {
			break
		}
		end += n
	}
	for end > 0 && text[end-1] == ' ' {
		end--
	}
	dst = append(dst, text[:end]...)
	return append(dst, "…"...)
}

func runeWidth(r rune, weight Weight) int {
	if r = printable(r); r >= ' ' && r <= 0xFF {
		return int(latin[r-' '][weight])
	}
	i := sort.Search(len(beyond), func(i int) bool { return beyond[i].char >= r })
	if i < len(beyond) && beyond[i].char == r {
		return int(beyond[i].widths[weight])
	}
	return unknown
}
