package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"telltale/shared/room"
)

// Whatever segments say, their lines give back the bytes of each stream, each line fits into a
// message and is UTF-8.
func FuzzSegments(f *testing.F) {
	seed := AppendSegment(nil, room.Stdout, []byte("a\r\nb"))
	seed = AppendSegment(seed, room.Stderr, []byte("\xff\xe2\x82\n\x1b[2J"))
	f.Add(AppendSegment(seed, room.Stdout, nil))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff})
	f.Add(binary.BigEndian.AppendUint32([]byte{3}, 0))
	f.Add(AppendSegment(nil, room.Stderr, bytes.Repeat([]byte("\xff"), room.MaxLine+9)))
	f.Fuzz(func(t *testing.T, body []byte) {
		lines, taken, err := Lines(body)
		if err != nil {
			if !errors.Is(err, ErrSegments) || lines != nil {
				t.Fatal(err)
			}
			return
		}
		said, wrote := map[room.Stream][]byte{}, map[room.Stream][]byte{}
		total := uint64(0)
		for rest := body; len(rest) > 0; {
			stream, text, after, err := segment(rest)
			if err != nil {
				t.Fatal(err)
			}
			wrote[stream], rest, total = append(wrote[stream], text...), after, total+uint64(len(text))
		}
		for _, line := range lines {
			if len(line.Content) > room.MaxLine || !utf8.ValidString(line.Content) || strings.Contains(line.Content, "\n") {
				t.Fatalf("a line of %d bytes: %.100q", len(line.Content), line.Content)
			}
			raw := line.Raw
			if raw == "" {
				raw = line.Content
			}
			if said[line.Stream] = append(said[line.Stream], raw...); !line.Open {
				said[line.Stream] = append(said[line.Stream], '\n')
			}
		}
		if taken != total || !bytes.Equal(said[room.Stdout], wrote[room.Stdout]) || !bytes.Equal(said[room.Stderr], wrote[room.Stderr]) || len(lines) > len(body) {
			t.Fatalf("%q became %d lines: %q, and %d bytes", body, len(lines), said, taken)
		}
	})
}

// However a command writes, and wherever a reader that comes again goes on, its bytes are in
// order in what the spool gives.
func FuzzSpool(f *testing.F) {
	f.Add([]byte("a\nb\xff"), byte(1))
	f.Add(bytes.Repeat([]byte("0123456789\n"), 100), byte(7))
	f.Fuzz(func(t *testing.T, text []byte, step byte) {
		s := NewSpool(Options{Memory: 1 << 10, Disk: 1 << 20, Dir: t.TempDir()})
		defer s.Close()
		for rest := text; len(rest) > 0; {
			n := min(len(rest), int(step)+1)
			s.Write(room.Stdout, rest[:n])
			rest = rest[n:]
		}
		s.End()
		var got []byte
		for at := uint64(0); ; {
			body, to, err := s.Next(t.Context(), at)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			lines, _, err := Lines(body)
			if err != nil || to <= at || len(body) > MaxBody {
				t.Fatalf("from %d to %d, %d bytes: %v", at, to, len(body), err)
			}
			for _, line := range lines {
				raw := line.Raw
				if raw == "" {
					raw = line.Content
				}
				if got = append(got, raw...); !line.Open {
					got = append(got, '\n')
				}
			}
			if at = to; step%2 == 0 {
				s.Release(at)
			}
		}
		if !bytes.Equal(got, text) {
			t.Fatalf("%q was written, and %q is given", text, got)
		}
	})
}
