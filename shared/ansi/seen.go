package ansi

import (
	"strings"
	"unicode/utf8"
)

// AppendSeen appends what somebody said so that a terminal shows it and does nothing else: of
// control sequences (ECMA-48) those stay that colour, move and erase within the line, as builds
// and progress bars use them; nothing rings, retitles, copies, hides, answers or leaves its line.
// A line that sets colours is followed by their end, so that they are not the next one's.
func AppendSeen(b []byte, content string) []byte {
	n := harmless(content)
	b = append(b, content[:n]...)
	if n == len(content) {
		return b
	}
	styled := false
	for content = content[n:]; content != ""; {
		size, keep, sets := sequence(content)
		if keep {
			b = append(b, content[:size]...)
		}
		styled = styled || sets
		content = content[size:]
		n = harmless(content)
		b = append(b, content[:n]...)
		content = content[n:]
	}
	if styled {
		b = append(b, "\x1b[0m"...)
	}
	return b
}

// harmless is how long the beginning is that has no control characters but tabs, newlines,
// carriage returns and backspaces.
func harmless(text string) int {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' && (c < '\b' || c > '\n') && c != '\r', c == 0x7f:
			return i
		case c == 0xc2 && i+1 < len(text) && text[i+1] < 0xa0: // of the second set
			return i
		}
	}
	return len(text)
}

// longSequence is how long one may be that is kept, in bytes.
const longSequence = 64

// sequence is how long the control character or sequence is that text begins with, whether a
// terminal may have it, and whether it sets a style. Of one that does not end only its
// introducer counts, so that what follows can be read.
func sequence(text string) (size int, keep, sets bool) {
	_, size = utf8.DecodeRuneInString(text)
	introduces := text[size-1] // of the second set: as ESC and that less 0x40 (ECMA-48, section 5.3)
	if text[0] == 0x1b {
		if len(text) < 2 {
			return 1, false, false
		}
		introduces, size = text[1]+0x40, 2
	} else if size == 1 {
		return 1, false, false
	}
	switch introduces {
	case 0x90, 0x98, 0x9d, 0x9e, 0x9f: // strings: DCS, SOS, OSC, PM, APC
		if end := strings.IndexAny(text[size:], "\a\u009c\x1b"); end >= 0 {
			size += end + 1
			switch text[size-1] {
			case 0x1b: // of ESC \; another sequence ends it too, and begins there
				if strings.HasPrefix(text[size:], `\`) {
					return size + 1, false, false
				}
				return size - 1, false, false
			case 0xc2:
				return size + 1, false, false
			}
		}
		return size, false, false
	case 0x9b: // CSI
		end := size
		for end < len(text) && text[end] >= 0x20 && text[end] < 0x40 {
			end++
		}
		if end == len(text) || text[end] < 0x40 || text[end] > 0x7e {
			return size, false, false
		}
		plain := strings.Trim(text[size:end], "0123456789;:") == "" && end < longSequence
		sets = plain && text[end] == 'm'
		return end + 1, plain && strings.IndexByte("mKGCD", text[end]) >= 0 && !(sets && hides(text[size:end])), sets
	}
	if text[0] != 0x1b {
		return size, false, false
	}
	for size = 1; size < len(text) && text[size] >= 0x20 && text[size] < 0x30; { // intermediate bytes
		size++
	}
	if size < len(text) && text[size] >= 0x30 && text[size] < 0x7f {
		size++
	}
	return size, false, false
}

// hides tells whether a selection of styles conceals text.
func hides(parameters string) bool {
	all := strings.Split(parameters, ";")
	for i := 0; i < len(all); i++ {
		of, _, whole := strings.Cut(all[i], ":")
		switch strings.TrimLeft(of, "0") {
		case "8":
			return true
		case "38", "48": // a colour follows, of which an 8 may be a part
			switch {
			case whole:
			case i+1 < len(all) && strings.TrimLeft(all[i+1], "0") == "5":
				i += 2
			case i+1 < len(all) && strings.TrimLeft(all[i+1], "0") == "2":
				i += 4
			}
		}
	}
	return false
}
