package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"telltale/shared/room"
)

// Line is a message to be.
type Line struct {
	Content string // valid UTF-8, at most room.MaxLine bytes, without its newline
	Stream  room.Stream
	Raw     string // the bytes as they came, without "\n"; "" where Content says the same
	Open    bool   // no newline followed: the next line of the stream goes on with it
}

// header is the bytes of a segment besides its text.
const header = 5

// ErrSegments refuses what is no body of segments.
var ErrSegments = errors.New("not segments of output: each is a byte 1 (stdout) or 2 (stderr), its length in 4 bytes, big endian, and as many bytes")

// AppendSegment writes a segment, which may be empty, of at most 4 GiB.
func AppendSegment(body []byte, stream room.Stream, text []byte) []byte {
	body = append(body, number(stream))
	body = binary.BigEndian.AppendUint32(body, uint32(len(text)))
	return append(body, text...)
}

func number(stream room.Stream) byte {
	if stream == room.Stderr {
		return 2
	}
	return 1
}

// segment reads the first segment of a body.
func segment(body []byte) (stream room.Stream, text, rest []byte, err error) {
	if len(body) < header {
		return "", nil, nil, ErrSegments
	}
	switch body[0] {
	case 1:
		stream = room.Stdout
	case 2:
		stream = room.Stderr
	default:
		return "", nil, nil, ErrSegments
	}
	length := uint64(binary.BigEndian.Uint32(body[1:]))
	rest = body[header:]
	if uint64(len(rest)) < length {
		return "", nil, nil, ErrSegments
	}
	return stream, rest[:length], rest[length:], nil
}

// Lines makes messages of a body of segments, and says of how many bytes of output.
// What ends amid a line is an open line, and so is each piece but the last of one
// longer than room.MaxLine. The body may be empty; it is not kept.
func Lines(body []byte) (lines []Line, taken uint64, err error) {
	for len(body) > 0 {
		stream, text, rest, err := segment(body)
		if err != nil {
			return nil, 0, err
		}
		lines = appendLines(slices.Grow(lines, int(countLines(text))), stream, string(text))
		taken += uint64(len(text))
		body = rest
	}
	return lines, taken, nil
}

func appendLines(lines []Line, stream room.Stream, text string) []Line {
	valid := utf8.ValidString(text) // most is, and then what is cut at newlines is too
	for text != "" {
		raw, rest, ended := strings.Cut(text, "\n")
		if len(raw) > room.MaxLine {
			at := cut(raw, room.MaxLine)
			raw, rest, ended = raw[:at], text[at:], false
		}
		content := raw
		if ended {
			content = strings.TrimSuffix(raw, "\r")
		}
		if !valid {
			content = strings.ToValidUTF8(content, "\uFFFD")
		}
		if len(content) > room.MaxLine { // what is not UTF-8 becomes longer
			at := cut(raw, len(raw)/2)
			raw, rest, ended = raw[:at], text[at:], false
			content = strings.ToValidUTF8(raw, "\uFFFD")
		}
		line := Line{Content: content, Stream: stream, Open: !ended}
		if content != raw {
			line.Raw = raw
		}
		lines = append(lines, line)
		text = rest
	}
	return lines
}

// cut is where a text of more than most bytes is cut, if it can be between runes.
func cut(text string, most int) int {
	for back := range utf8.UTFMax {
		if utf8.RuneStart(text[most-back]) {
			return most - back
		}
	}
	return most
}

// unfinished is how many bytes at the end begin a rune that has not come to its end.
func unfinished(text []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if begin := text[len(text)-back:]; utf8.RuneStart(begin[0]) {
			if utf8.FullRune(begin) {
				return 0
			}
			return back
		}
	}
	return 0
}

// countLines is how many lines a text has, one that has not ended included.
func countLines(text []byte) uint64 {
	n := uint64(bytes.Count(text, []byte{'\n'}))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}
