package room

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds.
const (
	MaxContent = 4 << 10  // bytes of what a WebSocket message says
	MaxLine    = 64 << 10 // bytes of a message, however it came
	MaxUser    = 128      // bytes of a user's name
)

// Grammar is what a refused name's error tells the user.
const Grammar = "a room's name matches [A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}"

// The ways a name is refused.
var (
	ErrName = errors.New("not a room's name")
	ErrUser = errors.New("not a user's name")
)

// Stream is where a run's line came out; empty for what nobody ran.
type Stream string

// The streams of a run.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
)

// Message is what was said once in a room.
type Message struct {
	Room    string
	Seq     uint64 // within the room, from 1
	Time    int64  // ms since 1970, when it was kept
	Sender  string // a user; "" where nobody gave a name
	Stream  Stream
	Content string
	Raw     string // the bytes as a run wrote them, without their newline; "" where Content says the same
	Open    bool   // no newline followed: a piece of a line, which the stream's next message goes on with
}

// CheckName refuses what is no name of a room with a sentence that wraps ErrName.
func CheckName(name string) error {
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '_', '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && (c == '.' || c == ':' || c == '-'):
		default:
			return fmt.Errorf("%w: %.60q: %s", ErrName, name, Grammar)
		}
	}
	if name == "" || len(name) > 128 {
		return fmt.Errorf("%w: %.60q: %s", ErrName, name, Grammar)
	}
	return nil
}

// CheckUser refuses what is no name of a user with a sentence that wraps ErrUser.
func CheckUser(name string) error {
	switch {
	case name == "" || len(name) > MaxUser || !utf8.ValidString(name):
		return fmt.Errorf("%w: %.60q: it has 1 to %d bytes of UTF-8", ErrUser, name, MaxUser)
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, unseen):
		return fmt.Errorf("%w: %.60q: it has no spaces around it, and nothing in it that cannot be seen but plain spaces", ErrUser, name)
	}
	return nil
}

// unseen is what makes two names look alike that are not, or moves what stands
// around a name: control characters, those that turn the writing direction, and all
// spaces but one.
func unseen(r rune) bool { return !unicode.IsPrint(r) }

// Cut marks the ends of pieces that belong together.
const Cut = "…"

// Lines makes messages' contents of one line: what is not UTF-8 becomes U+FFFD,
// and what is longer than MaxLine is cut between runes into pieces that end, and
// go on, with Cut.
func Lines(line string) []string {
	line = strings.ToValidUTF8(line, "\uFFFD")
	if len(line) <= MaxLine {
		return []string{line}
	}
	var pieces []string
	mark := ""
	for len(mark)+len(line) > MaxLine {
		end := MaxLine - len(mark) - len(Cut)
		for !utf8.RuneStart(line[end]) {
			end--
		}
		pieces = append(pieces, mark+line[:end]+Cut)
		line, mark = line[end:], Cut
	}
	return append(pieces, mark+line)
}
