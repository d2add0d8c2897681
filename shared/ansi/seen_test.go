package ansi

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestATerminalShowsWhatWasSaidAndDoesNothingElse(t *testing.T) {
	for said, want := range map[string]string{
		"plain é\ttext": "plain é\ttext", " 10%\r 50%\x1b[K\b": " 10%\r 50%\x1b[K\b", "two\r\nlines\n": "two\r\nlines\n",
		"\x1b[1;31mred\x1b[0m and more": "\x1b[1;31mred\x1b[0m and more\x1b[0m", "\x1b[38;2;0;8;0mgreen": "\x1b[38;2;0;8;0mgreen\x1b[0m", "\x1b[38;5;8mgrey": "\x1b[38;5;8mgrey\x1b[0m",
		"\x1b[8mhidden": "hidden\x1b[0m", "\x1b[38;2;;;;8mhidden": "hidden\x1b[0m", "\x1b[38:2::8:8:8mred": "\x1b[38:2::8:8:8mred\x1b[0m", "\x1b[1;08mhidden": "hidden\x1b[0m", "\u009b31mred": "\u009b31mred\x1b[0m",
		"a\x1b[2Jb\x1b[Hc\x1b[5Ad\x1b[6ne\x1b[?25lf\x1b[>cg": "abcdefg", "\x1b[3;4rx\x1b[20ty\x1b[s": "xy",
		"\x1b]0;title\atext": "text", "\x1b]52;c;cm0gLXJm\x1b\\text": "text", "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\": "link", "\u009d0;title\u009ctext": "text",
		"\x1bP+q544e\x1b\\text": "text", "\x1b_Gx\x1b\\text": "text", "\x1b^x\x1b\\y\x1bXx\x1b\\z": "yz", "\x1b]0;no end": "0;no end", "\x1b[31": "31", "\x1b[\n": "\n",
		"\x1b]0;a\x1b[31mred": "\x1b[31mred\x1b[0m", "\x1bcreset": "reset", "\x1b(0lines\x1b#8": "lines", "\x1b": "", "\x1b\x1b[2J": "", "bell\a nul\x00 del\x7f so\x0e vt\v ff\f": "bell nul del so vt ff",
		"\u0085next\u0084": "next", "\u00a0": "\u00a0", "À": "À",
	} {
		if got := string(AppendSeen(nil, said)); got != want {
			t.Errorf("%q is shown as %q, want %q", said, got, want)
		}
	}
}

// within are the sequences that may remain.
var within = regexp.MustCompile(`(?:\x1b\[|` + "\u009b" + `)[0-9;:]*[mKGCD]`)

func FuzzATerminalOnlyShows(f *testing.F) {
	for _, said := range []string{"\x1b[31mred", "\x1b]8;;x\x1b\\y", "\u009b2J", "\x1bP\x1b[0m\x1b\\", "a\x1b", "\x1b[1;38;5;8;8m", "\xc2", "\x1b[38:2::8:8:8m"} {
		f.Add(said)
	}
	f.Fuzz(func(t *testing.T, said string) {
		said = strings.ToValidUTF8(said, "\uFFFD")
		got := string(AppendSeen([]byte("before"), said))
		rest := within.ReplaceAllString(strings.TrimPrefix(got, "before"), "")
		if strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r\b", r) || r >= 0x7f && r < 0xa0 }) || !utf8.ValidString(got) {
			t.Fatalf("%q is shown as %q", said, got)
		}
		if again := string(AppendSeen([]byte("before"), got[len("before"):])); again != got && again != got+"\x1b[0m" {
			t.Fatalf("%q is shown as %q, and that as %q", said, got, again)
		}
	})
}
