package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"telltale/shared/room"
)

// raw is a line's bytes as they came.
func raw(l Line) string {
	text := l.Raw
	if text == "" {
		text = l.Content
	}
	if !l.Open {
		text += "\n"
	}
	return text
}

// told is what lines say, a stream after the other; it checks each line.
func told(t *testing.T, lines []Line) (stdout, stderr string) {
	t.Helper()
	var out [2]strings.Builder
	for _, l := range lines {
		if len(l.Content) > room.MaxLine || !utf8.ValidString(l.Content) || strings.Contains(l.Content, "\n") {
			t.Fatalf("a message of %d bytes: %.60q", len(l.Content), l.Content)
		}
		out[number(l.Stream)-1].WriteString(raw(l))
	}
	return out[0].String(), out[1].String()
}

// drain reads and releases all that comes until the end.
func drain(t *testing.T, s *Spool) (lines []Line) {
	t.Helper()
	for at := uint64(0); ; {
		body, to, err := s.Next(t.Context(), at)
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		some, taken, err := Lines(body)
		if err != nil || taken != to-at || len(body) > MaxBody {
			t.Fatalf("a body of %d bytes from %d to %d takes %d: %v", len(body), at, to, taken, err)
		}
		s.Release(to)
		lines, at = append(lines, some...), to
	}
}

func TestOutputBecomesLinesAndTheLinesAreTheOutput(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want []Line
	}{
		"lines":        {"a\nb\n", []Line{{Content: "a"}, {Content: "b"}}},
		"empty lines":  {"\n\n", []Line{{}, {}}},
		"no newline":   {"a\nb", []Line{{Content: "a"}, {Content: "b", Open: true}}},
		"CR LF":        {"a\r\n", []Line{{Content: "a", Raw: "a\r"}}},
		"CR amid":      {"1%\r2%\r", []Line{{Content: "1%\r2%\r", Open: true}}},
		"not UTF-8":    {"a\xff\xfeb\n", []Line{{Content: "a\uFFFDb", Raw: "a\xff\xfeb"}}},
		"NUL and more": {"\x00\x1b[31m<script>\n", []Line{{Content: "\x00\x1b[31m<script>"}}},
	} {
		lines, taken, err := Lines(AppendSegment(nil, room.Stderr, []byte(row.text)))
		if err != nil || taken != uint64(len(row.text)) || len(lines) != len(row.want) {
			t.Errorf("%s: %+v, %d, %v", name, lines, taken, err)
			continue
		}
		for i := range lines {
			if row.want[i].Stream = room.Stderr; lines[i] != row.want[i] {
				t.Errorf("%s: %+v, want %+v", name, lines[i], row.want[i])
			}
		}
		if _, stderr := told(t, lines); stderr != row.text {
			t.Errorf("%s: the lines make %q", name, stderr)
		}
	}
	for _, text := range []string{strings.Repeat("é", room.MaxLine), strings.Repeat("a\xff", room.MaxLine), strings.Repeat("\xff", 3*room.MaxLine), strings.Repeat("\x80", room.MaxLine+1)} {
		lines, _, err := Lines(AppendSegment(nil, room.Stdout, []byte(text+"\n")))
		if stdout, _ := told(t, lines); err != nil || stdout != text+"\n" || lines[len(lines)-1].Open || !lines[0].Open {
			t.Errorf("%.4q…: %d lines, %v", text, len(lines), err)
		}
	}
}

func TestWhatIsNoSegmentsIsRefusedAndAnEmptySegmentSaysNothing(t *testing.T) {
	for _, body := range []string{"\x01", "\x03\x00\x00\x00\x00", "\x00\x00\x00\x00\x00", "\x01\x00\x00\x00\x02a", "\x01\xff\xff\xff\xffa", "\x01\x00\x00\x00\x01a\x02"} {
		if lines, taken, err := Lines([]byte(body)); !errors.Is(err, ErrSegments) || lines != nil || taken != 0 {
			t.Errorf("%q: %v, %d, %v", body, lines, taken, err)
		}
	}
	for _, body := range []string{"", "\x01\x00\x00\x00\x00", "\x02\x00\x00\x00\x00\x01\x00\x00\x00\x00"} {
		if lines, taken, err := Lines([]byte(body)); err != nil || len(lines) != 0 || taken != 0 {
			t.Errorf("%q: %v, %d, %v", body, lines, taken, err)
		}
	}
}

func TestALineThatHasNotEndedIsGivenAfter200ms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSpool(Options{})
		defer s.Close()
		begun, at := time.Now(), uint64(0)
		s.Write(room.Stdout, []byte("done\nPassword: "))
		s.Write(room.Stderr, []byte("caf\xc3"))
		for _, want := range []struct {
			after time.Duration
			line  Line
		}{{0, Line{Content: "done", Stream: room.Stdout}}, {Partial, Line{Content: "Password: ", Stream: room.Stdout, Open: true}}} {
			lines := take(t, s, &at, 1)
			if lines[0] != want.line || time.Since(begun) != want.after {
				t.Errorf("%+v after %v", lines[0], time.Since(begun))
			}
		}
		// Of the other stream's line half a rune is waited for a second time.
		time.Sleep(50 * time.Millisecond)
		s.Write(room.Stderr, []byte("\xa9\n"))
		if rest := take(t, s, &at, 1); rest[0].Content != "é" || rest[0].Open {
			t.Errorf("%+v", rest)
		}
	})
}

// take reads the next n lines of a spool or more from at on.
func take(t *testing.T, s *Spool, at *uint64, n int) (lines []Line) {
	t.Helper()
	for len(lines) < n {
		body, to, err := s.Next(t.Context(), *at)
		if err != nil {
			t.Fatal(err)
		}
		some, _, _ := Lines(body)
		lines, *at = append(lines, some...), to
	}
	return lines
}

func TestPastItsMemoryASpoolGoesToAFileThatHasNoName(t *testing.T) {
	dir := t.TempDir()
	s := NewSpool(Options{Memory: 1 << 20, Dir: dir})
	defer s.Close()
	var want [2]bytes.Buffer
	seed := rand.New(rand.NewPCG(1, 2))
	line := []byte(strings.Repeat("0123456789abcdef", 4<<10))
	for total := 0; total < 6<<20; {
		i := seed.IntN(2)
		text := line[:seed.IntN(len(line))]
		if seed.IntN(4) > 0 {
			text = append(bytes.Clone(text), '\n')
		}
		s.Write([]room.Stream{room.Stdout, room.Stderr}[i], text)
		want[i].Write(text)
		total += len(text)
	}
	s.End()
	if s.memory > 1<<20 || s.disk.made < 15 {
		t.Errorf("%d bytes in memory, %d slots in the file", s.memory, s.disk.made)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
	held, heldBytes, lost, _ := s.Left()
	lines := drain(t, s)
	stdout, stderr := told(t, lines)
	if stdout != want[0].String() || stderr != want[1].String() {
		t.Errorf("%d and %d bytes came out of %d and %d", len(stdout), len(stderr), want[0].Len(), want[1].Len())
	}
	if heldBytes != uint64(len(stdout)+len(stderr)) || held == 0 || lost != 0 {
		t.Errorf("held were %d lines of %d bytes, lost %d", held, heldBytes, lost)
	}
	if info, err := s.disk.file.Stat(); err != nil || info.Size() != 0 || s.memory != 0 {
		t.Errorf("afterwards the file has %d bytes, %d are in memory: %v", info.Size(), s.memory, err)
	}
}

func TestBlocksEndWhereLinesEnd(t *testing.T) {
	s := NewSpool(Options{})
	defer s.Close()
	text := []byte(strings.Repeat("a line of some thirty bytes\n", 40_000))
	go func() {
		defer s.End()
		for at := 0; at < len(text); at += 4096 { // as a program writes that does not know of lines
			s.Write(room.Stdout, text[at:min(at+4096, len(text))])
		}
	}()
	for i, l := range drain(t, s) {
		if l.Open || l.Content != "a line of some thirty bytes" {
			t.Fatalf("line %d: %+v", i, l)
		}
	}
}

func TestAFullSpoolLeavesOutWhatComesAndSaysSo(t *testing.T) {
	s := NewSpool(Options{Memory: 2 * MaxBody, Disk: 3 * MaxBody, Dir: t.TempDir()})
	defer s.Close()
	line := []byte(strings.Repeat("x", 999) + "\n")
	for range 3000 {
		s.Write(room.Stdout, line)
	}
	_, kept, lostLines, lostBytes := s.Left()
	if kept > 6*MaxBody || lostBytes == 0 || lostLines*1000 != lostBytes || kept+lostBytes != 3_000_000 {
		t.Fatalf("%d bytes kept, %d in %d lines lost", kept, lostBytes, lostLines)
	}
	_, to, err := s.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Release(to)
	s.Write(room.Stdout, []byte("again\n"))
	s.End()
	var rest []Line
	for at := to; ; at = to {
		var body []byte
		if body, to, err = s.Next(t.Context(), at); err != nil {
			break
		}
		some, _, _ := Lines(body)
		rest = append(rest, some...)
	}
	if n := len(rest); rest[n-1].Content != "again" || !strings.HasPrefix(rest[n-2].Content, "[telltale: ") || rest[n-2].Stream != room.Stderr {
		t.Errorf("it ends with %+v", rest[n-2:])
	}
}

func TestWithoutADiskASpoolKeepsWhatFitsInMemory(t *testing.T) {
	s := NewSpool(Options{Memory: MaxBody, Dir: t.TempDir() + "/missing"})
	defer s.Close()
	for range 1000 {
		s.Write(room.Stdout, []byte(strings.Repeat("x", 999)+"\n"))
	}
	s.End()
	lines := drain(t, s)
	if last := lines[len(lines)-1].Content; len(lines) < 500 || len(lines) > 600 || !strings.HasPrefix(last, "[telltale: ") {
		t.Errorf("%d lines, the last is %q", len(lines), last)
	}
}

func TestTheSameIsGivenAgainUntilItIsReleased(t *testing.T) {
	s := NewSpool(Options{})
	defer s.Close()
	s.Write(room.Stdout, []byte("one\ntwo\n"))
	first, to, err := s.Next(t.Context(), 0)
	if err != nil || to != 8 {
		t.Fatal(to, err)
	}
	s.Write(room.Stderr, []byte("three\n"))
	again, _, _ := s.Next(t.Context(), 0)
	if !bytes.Equal(first, again) {
		t.Errorf("%q, then %q", first, again)
	}
	// Who took a part of it goes on from there.
	if rest, to, err := s.Next(t.Context(), 4); err != nil || to != 8 || string(rest) != "\x01\x00\x00\x00\x04two\n" {
		t.Errorf("%q, %d, %v", rest, to, err)
	}
	s.Release(6)
	if _, _, err := s.Next(t.Context(), 6); err != nil {
		t.Error(err)
	}
	s.Release(8)
	for _, from := range []uint64{0, 7, 15} {
		if _, _, err := s.Next(t.Context(), from); !errors.Is(err, ErrReleased) {
			t.Errorf("from %d: %v", from, err)
		}
	}
	if body, to, err := s.Next(t.Context(), 8); err != nil || to != 14 || string(body) != "\x02\x00\x00\x00\x06three\n" {
		t.Errorf("%q, %d, %v", body, to, err)
	}
	s.Release(14)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Next(ctx, 14); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.End()
	if _, _, err := s.Next(t.Context(), 14); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
