package room

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// split adds the text in pieces of that many bytes.
func split(text string, size int) (got []string) {
	var s Splitter
	for len(text) > 0 {
		n := min(size, len(text))
		got = slices.AppendSeq(got, s.Add([]byte(text[:n])))
		text = text[n:]
	}
	if s.Open() {
		got = append(got, s.End()...)
	}
	return got
}

// whole is what the Splitter gives, of text that is there at once.
func whole(text string) (want []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		want = append(want, Lines(strings.TrimSuffix(line, "\r"))...)
	}
	return want
}

var splits = []string{"", "\n", "\n\n", "a", "a\n", "a\nb", "a\r\nb\r\n", "a\rb\n", "a\r\r\n", "\r\n", "é😀\n😀",
	"progress 1\rprogress 2\r\n", strings.Repeat("x", MaxLine) + "\r\nend", strings.Repeat("x", MaxLine+1) + "\nend",
	strings.Repeat("x", MaxLine+1) + "\r\nend", strings.Repeat("x", MaxLine+2) + "\n",
	"a\n" + strings.Repeat("é😀", MaxLine) + "\nend", strings.Repeat("0123456789", 1<<20) + "\n"}

func TestTextThatComesInPiecesMakesTheSameLines(t *testing.T) {
	for _, text := range splits {
		for _, size := range []int{1, 2, 3, 7, 4096, MaxLine - 1, MaxLine, MaxLine + 1, 1 << 30} {
			if size < 7 && len(text) > 1<<20 {
				continue
			}
			if got, want := split(text, size), whole(text); !slices.Equal(got, want) {
				t.Errorf("%d bytes of %.20q in pieces of %d: %d lines, want %d", len(text), text, size, len(got), len(want))
			}
		}
	}
}

func TestALongLineIsGivenWhileItIsStillComing(t *testing.T) {
	var s Splitter
	given := 0
	for came := range 160 {
		for piece := range s.Add([]byte(strings.Repeat("x", MaxLine))) {
			given += len(piece)
		}
		if held := (came+1)*MaxLine - given; held > 2*MaxLine || cap(s.rest) > 2*MaxLine {
			t.Fatalf("%d bytes are held, in room for %d", held, cap(s.rest))
		}
	}
}

func TestWhoStopsTakingLinesIsNotGivenMore(t *testing.T) {
	var s Splitter
	for line := range s.Add([]byte("a\nb\nc\n")) {
		if line == "b" {
			break
		}
	}
	if s.Open() {
		t.Error("a line is open that was given")
	}
}

func FuzzSplitterGivesNothingButMessages(f *testing.F) {
	for _, text := range splits[:12] {
		f.Add(text, 3)
	}
	f.Add("\xff\xfe\n\xc3", 1)
	f.Fuzz(func(t *testing.T, text string, size int) {
		got := split(text, max(1, size))
		for _, content := range got {
			if len(content) > MaxLine || !utf8.ValidString(content) || strings.Contains(content, "\n") {
				t.Fatalf("%.40q is no line of a message", content)
			}
		}
		if utf8.ValidString(text) && !slices.Equal(got, whole(text)) {
			t.Fatalf("%.40q in pieces of %d makes other lines", text, size)
		}
	})
}
