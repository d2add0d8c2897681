package lines

import (
	"encoding/binary"
	"errors"

	"telltale/shared/room"
)

// ErrCorrupt says that stored bytes are not what this package wrote.
var ErrCorrupt = errors.New("stored messages are damaged")

// The first byte of a message: its stream, and what follows or is said of it.
const (
	none = iota
	stdout
	stderr
	spelled // out, after the sender
	streams = 3

	sender = 1 << 2 // one follows
	raw    = 1 << 3 // its bytes follow its content
	cr     = 1 << 4 // its bytes are its content and "\r"
	open   = 1 << 5
)

// Append writes a message that sender says after one that before said; before is
// "" for the first. Of the message its stream, content, bytes and openness are
// written.
func Append(b []byte, before string, m room.Message) []byte {
	first := byte(spelled)
	switch m.Stream {
	case "":
		first = none
	case room.Stdout:
		first = stdout
	case room.Stderr:
		first = stderr
	}
	stream := first
	if m.Sender != before {
		first |= sender
	}
	switch {
	case m.Raw == "":
	case len(m.Raw) == len(m.Content)+1 && m.Raw[:len(m.Content)] == m.Content && m.Raw[len(m.Content)] == '\r':
		first |= cr
	default:
		first |= raw
	}
	if m.Open {
		first |= open
	}
	b = append(b, first)
	if first&sender != 0 {
		b = appendText(b, m.Sender)
	}
	if stream == spelled {
		b = appendText(b, string(m.Stream))
	}
	b = appendText(b, m.Content)
	if first&raw != 0 {
		b = appendText(b, m.Raw)
	}
	return b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// Line is a message read back. Its texts are part of the blob.
type Line struct {
	Sender, Content []byte
	Stream          room.Stream
	raw             []byte
	cr              bool
	Open            bool
}

// Raw is the message's bytes; "" where its content says the same.
func (l *Line) Raw() string {
	if l.cr {
		return string(l.Content) + "\r"
	}
	return string(l.raw)
}

// Size is the bytes of its content, and of its bytes where those are kept besides.
func (l *Line) Size() int { return len(l.Content) + len(l.raw) }

// Each calls yield for each message of a blob that Append wrote until it answers
// false. What it gives holds until yield returns. Its error is ErrCorrupt.
func Each(b []byte, yield func(*Line) bool) error {
	var l Line
	for len(b) > 0 {
		var ok bool
		if b, ok = l.read(b); !ok {
			return ErrCorrupt
		}
		if !yield(&l) {
			return nil
		}
	}
	return nil
}

// read reads a message, of which b has at least a byte, and answers what follows it.
// The sender stays where none is said.
func (l *Line) read(b []byte) (rest []byte, ok bool) {
	first := b[0]
	if first >= open<<1 || first&raw != 0 && first&cr != 0 {
		return nil, false
	}
	b, ok = b[1:], true
	*l = Line{Sender: l.Sender, cr: first&cr != 0, Open: first&open != 0}
	if first&sender != 0 {
		l.Sender, b, ok = text(b)
	}
	switch first & streams {
	case stdout:
		l.Stream = room.Stdout
	case stderr:
		l.Stream = room.Stderr
	case spelled:
		var name []byte
		if ok {
			name, b, ok = text(b)
		}
		l.Stream = room.Stream(name)
	}
	if ok {
		l.Content, b, ok = text(b)
	}
	if ok && first&raw != 0 {
		l.raw, b, ok = text(b)
	}
	return b, ok
}

// text reads a text and answers what follows it.
func text(b []byte) (text, rest []byte, ok bool) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return nil, nil, false
	}
	end := width + int(n)
	return b[width:end], b[end:], true
}
