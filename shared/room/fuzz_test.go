package room_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"telltale/shared/room"
)

// A name that is taken looks like no other one, and has nothing that moves what stands around
// it; one that is refused is told so with the grammar.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"build", "run.a", "a b", "ann", " ann", "a\u202eb", "a\x00", "\u00a0", "", "Zoë", strings.Repeat("x", 129)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if err := room.CheckName(name); err != nil {
			if !errors.Is(err, room.ErrName) || !strings.Contains(err.Error(), room.Grammar) || len(err.Error()) > 600 || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("%q: %v", name, err)
			}
		} else if strings.ContainsAny(name, " /\\<>\"'&%?#\r\n") || len(name) > 128 || !utf8.ValidString(name) {
			t.Fatalf("a room is called %q", name)
		}
		if err := room.CheckUser(name); err != nil {
			if !errors.Is(err, room.ErrUser) || len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("%q: %v", name, err)
			}
		} else if strings.ContainsAny(name, "\r\n\t\x1b\u200b\u202e\u2066\u00ad") || strings.TrimSpace(name) != name || len(name) > room.MaxUser {
			t.Fatalf("a user is called %q", name)
		}
	})
}

// A line becomes pieces that fit, are UTF-8, and say it all.
func FuzzLines(f *testing.F) {
	f.Add("a", 1)
	f.Add("é\xff", room.MaxLine)
	f.Fuzz(func(t *testing.T, line string, times int) {
		if len(line) == 0 || len(line) > 1000 {
			return
		}
		long := strings.Repeat(line, 1+min(max(times, 0), 3*room.MaxLine)/len(line))
		said := ""
		for i, piece := range room.Lines(long) {
			if len(piece) > room.MaxLine || !utf8.ValidString(piece) {
				t.Fatalf("a piece of %d bytes", len(piece))
			}
			if i > 0 {
				said, piece = strings.TrimSuffix(said, room.Cut), strings.TrimPrefix(piece, room.Cut)
			}
			said += piece
		}
		if said != strings.ToValidUTF8(long, "\uFFFD") {
			t.Fatalf("%q %d times became %d bytes of %d", line, times, len(said), len(long))
		}
	})
}
