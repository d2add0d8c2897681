package lines

import (
	"encoding/binary"
	"errors"

	"telltale/shared/room"
)

// ErrCorrupt says that stored bytes are not what this package wrote.
var ErrCorrupt = errors.New("stored messages are damaged")

// The first byte of a message: its stream, and whether a sender follows.
const (
	none = iota
	stdout
	stderr
	spelled // out, after the sender
	streams = 3
	sender  = 4
)

// Append writes a message that sender says after one that before said; before is
// "" for the first.
func Append(b []byte, before, by string, stream room.Stream, content string) []byte {
	first := byte(spelled)
	switch stream {
	case "":
		first = none
	case room.Stdout:
		first = stdout
	case room.Stderr:
		first = stderr
	}
	if by != before {
		b = appendText(append(b, first|sender), by)
	} else {
		b = append(b, first)
	}
	if first == spelled {
		b = appendText(b, string(stream))
	}
	return appendText(b, content)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// Each calls yield for each message of a blob that Append wrote until it answers
// false. What it gives is part of b. Its error is ErrCorrupt.
func Each(b []byte, yield func(by []byte, stream room.Stream, content []byte) bool) error {
	var by []byte
	for len(b) > 0 {
		first := b[0]
		b = b[1:]
		ok := first <= sender|streams
		if ok && first&sender != 0 {
			by, b, ok = text(b)
		}
		var stream room.Stream
		switch first & streams {
		case stdout:
			stream = room.Stdout
		case stderr:
			stream = room.Stderr
		case spelled:
			var name []byte
			if ok {
				name, b, ok = text(b)
			}
			stream = room.Stream(name)
		}
		var content []byte
		if ok {
			content, b, ok = text(b)
		}
		if !ok {
			return ErrCorrupt
		}
		if !yield(by, stream, content) {
			return nil
		}
	}
	return nil
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
