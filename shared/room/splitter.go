package room

import (
	"bytes"
	"iter"
	"strings"
	"unicode/utf8"
)

// Splitter makes messages' contents of text that is still coming: one of each
// line, as Lines makes them, whatever pieces the text comes in. A line ends with
// "\n" or "\r\n". It holds what has come of the last line, and of one that is
// longer than MaxLine only what makes no whole piece yet. The zero Splitter is
// ready.
type Splitter struct {
	rest []byte // of the line that is still coming
	mark string // Cut, where pieces of it were given already
}

// Add gives what becomes complete by text, which it does not keep. All of it must
// be taken before the next call.
func (s *Splitter) Add(text []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(text) > 0 {
			some, ended := text, false
			if end := bytes.IndexByte(text, '\n'); end >= 0 {
				some, ended = text[:end], true
			}
			// Of a long line no more is taken than makes the next piece.
			if room := MaxLine + 2 - len(s.mark) - len(s.rest); len(some) > room {
				some, ended = some[:room], false
			}
			s.rest = append(s.rest, some...)
			text = text[len(some):]
			var pieces []string
			switch {
			case ended:
				text = text[1:]
				pieces = s.End()
			case len(s.mark)+len(s.rest) > MaxLine+1: // the last byte may be the "\r" of a newline
				pieces = s.cut()
			}
			for _, piece := range pieces {
				if !yield(piece) {
					return
				}
			}
		}
	}
}

// Open tells whether a line has begun that has not ended.
func (s *Splitter) Open() bool { return len(s.rest) > 0 }

// End gives the line that is still coming as if it had ended.
func (s *Splitter) End() []string {
	line := s.mark + strings.TrimSuffix(string(s.rest), "\r")
	s.mark, s.rest = "", s.rest[:0]
	if cap(s.rest) > MaxLine/16 {
		s.rest = nil // uploads last for hours, and few lines are long
	}
	return Lines(line)
}

// cut takes a piece off a line that is too long.
func (s *Splitter) cut() []string {
	end := MaxLine - len(s.mark) - len(Cut)
	for back := 1; back < utf8.UTFMax && !utf8.RuneStart(s.rest[end]); back++ {
		end--
	}
	piece := s.mark + string(s.rest[:end]) + Cut
	s.mark, s.rest = Cut, append(s.rest[:0], s.rest[end:]...)
	return Lines(piece)
}
