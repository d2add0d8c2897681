package ansi

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestALineIsShownAsATerminalShowsIt(t *testing.T) {
	for line, want := range map[string]string{
		"":                                  "",
		"plain\ttext\nmore":                 "plain\ttext\nmore",
		"\x1b[1;31mred\x1b[0m done":         "red done",
		"10%\r20%\r":                        "20%",
		"100%\r20%":                         "20%%",
		"100%\r\x1b[K20%":                   "20%",
		"abc\x1b[2K\x1b[1Gx":                "x",
		"abc\x1b[2Kx":                       "   x",
		"abcdef\x1b[3D\x1b[1Kx":             "   xef",
		"windows\r\nline\r\n":               "windows\nline\n",
		"a\rb\nc\rd":                        "b\nd",
		"abc\b\bX":                          "aXc",
		"\b\b\bx":                           "x",
		"x\x1b[5Cy":                         "x     y",
		"x\x1b[99999999999999Cy":            "x" + strings.Repeat(" ", MaxColumn) + "y",
		"é\u0301x\rab":                      "ab",
		"👩‍👩‍👧‍👦 ok\rx":                     "x ok",
		"e\u0301\bX":                        "X",
		"\x1b]0;title\x07x":                 "x",
		"\x1b]8;;u\x1b\\link\x1b]8;;\x1b\\": "link",
		"\x1b]8;;u":                         "8;;u",
		"\x1bP1$r\x1b\\x\x1b_a\u009cy":      "xy",
		"\x1b[31":                           "",
		"\x1b[3\x01m":                       "m",
		"\x1b[?25l\x1b[2J\x1b[10;10Hx":      "x",
		"\x1b(B\x1b=\x1b7x\x1b8":            "x",
		"\x00\x07\x0e\x7fx\x1b":             "x",
		"a\u0085b\u009b31mc\u0090":          "abc",
		"<script>alert(1)</script>&amp;":    "<script>alert(1)</script>&amp;",
		"\u202eabc 😀":                       "\u202eabc 😀",
		"\xff\xfe\xc2":                      "\xff\xfe\xc2",
	} {
		if got := Text(line); got != want {
			t.Errorf("%q is shown as %q, want %q", line, got, want)
		}
	}
}

func TestSelectGraphicRenditionGivesTextItsStyle(t *testing.T) {
	for sequence, want := range map[string]Style{
		"\x1b[1;2;3;4;7m":                 {Attr: Bold | Dim | Italic | Underline | Reverse},
		"\x1b[1;2;3;4;7;22;23;24;27m":     {},
		"\x1b[1m\x1b[m":                   {},
		"\x1b[1;;3m":                      {Attr: Italic},
		"\x1b[4:3m":                       {Attr: Underline},
		"\x1b[4m\x1b[4:0m":                {},
		"\x1b[21m":                        {Attr: Underline},
		"\x1b[31;42m":                     {Fg: Indexed(1), Bg: Indexed(2)},
		"\x1b[97;100m":                    {Fg: Indexed(15), Bg: Indexed(8)},
		"\x1b[31;42;39m":                  {Bg: Indexed(2)},
		"\x1b[31;42;49m":                  {Fg: Indexed(1)},
		"\x1b[38;5;196;48;5;0m":           {Fg: Indexed(196), Bg: Indexed(0)},
		"\x1b[38;2;1;2;3;1m":              {Fg: Direct(1, 2, 3), Attr: Bold},
		"\x1b[38:2::1:2:3;1m":             {Fg: Direct(1, 2, 3), Attr: Bold},
		"\x1b[38:2:1:2:3m":                {Fg: Direct(1, 2, 3)},
		"\x1b[38:5:7;48:2::255:0:999m":    {Fg: Indexed(7), Bg: Direct(255, 0, 255)},
		"\x1b[58;2;9;9;9;3m":              {Attr: Italic},
		"\x1b[58:2::9:9:9;3m":             {Attr: Italic},
		"\x1b[38;5m":                      {},
		"\x1b[38;9;1m":                    {Attr: Bold},
		"\x1b[38;5;256;1m":                {Attr: Bold},
		"\x1b[5;6;8;9;53;999999999999;3m": {Attr: Italic},
		"\x1b[?1m\x1b[>4;2m\x1b[1 m":      {},
		"\x9b1m":                          {},
		"\u009b1m":                        {Attr: Bold},
		"\x1b[" + strings.Repeat("0;", 30) + "1;3;4m": {Attr: Bold | Italic}, // the rest of so many is not read
	} {
		spans, end := Line(sequence+"x", Style{})
		if end != want || After(sequence, Style{}) != want {
			t.Errorf("%q: %+v, want %+v", sequence, end, want)
		}
		if last := spans[len(spans)-1]; last.Style != want || !strings.HasSuffix(last.Text, "x") {
			t.Errorf("%q: %+v", sequence, spans)
		}
	}
}

func TestTheStyleOfALineGoesOnInTheNext(t *testing.T) {
	at := Style{}
	var got []Span
	for _, line := range []string{"a\x1b[31mb", "c", "", "d\x1b[0me\x1b[1m"} {
		var spans []Span
		spans, at = Line(line, at)
		got = append(got, spans...)
	}
	red := Style{Fg: Indexed(1)}
	want := []Span{{Style{}, "a"}, {red, "b"}, {red, "c"}, {red, "d"}, {Style{}, "e"}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if at.Attr != Bold {
		t.Errorf("the last line ends in %+v", at)
	}
}

func TestWhatIsWrittenOverKeepsTheNewStyle(t *testing.T) {
	spans, _ := Line("abcd\r\x1b[31mx\x1b[0m", Style{})
	if len(spans) != 2 || spans[0] != (Span{Style{Fg: Indexed(1)}, "x"}) || spans[1] != (Span{Style{}, "bcd"}) {
		t.Errorf("%+v", spans)
	}
}

func TestALongLineTakesTimeInProportion(t *testing.T) {
	for _, part := range []string{"\x1b[31ma\x1b[32mb", "a\x07", "a\rb", "\x1b[1Gabcdef\x1b[K", "a\n", "\x1b[1C", "\x1b[1m", "é\b", "\x1b[9C\n", "\x1b[2K\x1b[999Cx"} {
		line := strings.Repeat(part, (64<<10)/len(part))
		if text := Text(line); len(text) > len(line)+MaxColumn {
			t.Errorf("%q: %d bytes are shown of %d", part, len(text), len(line))
		}
	}
}

// grounds are the lightest and darkest that text may stand on.
var grounds = []RGB{0xffffff, 0xeef2f5, 0x131a21, 0x1a232b, 0x808080, 0xff0000, 0x00ff00, 0}

func TestAnyColourIsReadableOnAnyGround(t *testing.T) {
	check := func(c RGB) {
		for _, ground := range grounds {
			for _, shown := range []RGB{Readable(c, ground), Faint(Readable(c, ground), ground)} {
				if got := Contrast(shown, ground); got < enough {
					t.Errorf("%06x on %06x is shown as %06x, contrast %.2f", c, ground, shown, got)
				}
			}
		}
	}
	for n := range 256 {
		c, is := Indexed(uint8(n)).RGB()
		if !is {
			t.Fatalf("colour %d is none", n)
		}
		check(c)
	}
	for c := RGB(0); c <= 0xffffff; c += 0x010307 * 5 {
		check(c)
	}
	if _, is := Color(0).RGB(); is {
		t.Error("the reader's own colour has a value")
	}
	for c, want := range map[Color]RGB{Indexed(16): 0, Indexed(231): 0xffffff, Indexed(196): 0xff0000, Indexed(232): 0x080808, Indexed(255): 0xeeeeee, Direct(1, 2, 3): 0x010203} {
		if got, _ := c.RGB(); got != want {
			t.Errorf("%x is %06x, want %06x", c, got, want)
		}
	}
	if got := Readable(0xffffff, 0xffffff); got != 0 {
		t.Errorf("white on paper is %06x", got)
	}
	if got := Readable(0xc93a2b, 0xffffff); got != 0xc93a2b {
		t.Errorf("a colour that can be read is changed to %06x", got)
	}
}

func FuzzLineIsTextAndNothingElse(f *testing.F) {
	for _, line := range []string{"plain", "a\x1b[1;38;2;1;2;3mb\x1b[0m", "1\r2\b3\x1b[K\x1b[2K\x1b[1Gx", "\x1b]0;t\x07", "\u009b31mx", "\x1b[38:2::1:2:3m", "<script>\x1b[", "\x1b\x1b[m", "\xff\x1b[\xff"} {
		f.Add(line, uint32(0), uint8(0))
	}
	f.Fuzz(func(t *testing.T, line string, fg uint32, attr uint8) {
		start := Style{Fg: Color(fg), Attr: Attr(attr)}
		spans, end := Line(line, start)
		if len(spans) > len(line)+1 {
			t.Fatalf("%d spans of %d bytes", len(spans), len(line))
		}
		var text strings.Builder
		for i, s := range spans {
			if s.Text == "" || i > 0 && spans[i-1].Style == s.Style {
				t.Fatalf("span %d of %q: %+v", i, line, spans)
			}
			text.WriteString(s.Text)
		}
		if text.Len() > len(line)+MaxColumn {
			t.Fatalf("%d bytes are shown of %d", text.Len(), len(line))
		}
		if text.String() != Text(line) {
			t.Fatalf("%q: Text says %q, Line %q", line, Text(line), text.String())
		}
		if utf8.ValidString(line) {
			if !utf8.ValidString(text.String()) {
				t.Fatalf("%q becomes %q", line, text.String())
			}
			for _, r := range text.String() {
				if unicode.IsControl(r) && r != '\t' && r != '\n' {
					t.Fatalf("%q: %q is left", line, r)
				}
			}
		}
		if After(line, start) != end {
			t.Fatalf("%q ends in %+v, After says %+v", line, end, After(line, start))
		}
		// What is shown is plain: it shows itself.
		if again := Text(text.String()); utf8.ValidString(line) && again != text.String() {
			t.Fatalf("%q is shown as %q, that as %q", line, text.String(), again)
		}
	})
}
