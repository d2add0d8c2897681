package ui

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"telltale/app/live"
	"telltale/shared/ansi"
	"telltale/shared/room"
)

func TestALineIsShownInItsColours(t *testing.T) {
	for content, want := range map[string]struct{ text, paint string }{
		"plain\ttext":                   {"plain\ttext", ""},
		"":                              {"", ""},
		"\x1b[1;4mé😀\x1b[0m done":       {"é😀 done", "3 bold,underline ;5"},
		"\x1b[38;2;255;255;255mwhite":   {"white", "5  #000000,#ffffff"},
		"\x1b[41;97mon red":             {"on red", "6  #ffffff,#ffffff,#c93a2b,#c93a2b"},
		"\x1b[7mround":                  {"round", "5  #eef2f5,#1a232b,#16202a,#e8edf2"},
		"10%\r\x1b[3m20%":               {"20%", "3 italic "},
		"<script>alert(1)</script>\x07": {"<script>alert(1)</script>", ""},
	} {
		l, _ := lineOf(room.Message{Seq: 1, Content: content}, false, ansi.Style{}, zoneHere)
		if l.Text != want.text || l.Paint != want.paint {
			t.Errorf("%q is %q in %q", content, l.Text, l.Paint)
		}
		var all strings.Builder
		for _, p := range partsOf(l.Text, l.Paint) {
			all.WriteString(p.text)
		}
		if l.Paint != "" && all.String() != l.Text {
			t.Errorf("%q: the parts say %q", content, all.String())
		}
	}
}

func TestEveryStyleCanBeReadInBothThemes(t *testing.T) {
	colour := func(s string) ansi.RGB {
		n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
		if err != nil {
			t.Fatalf("%q is no colour", s)
		}
		return ansi.RGB(n)
	}
	for _, fg := range []ansi.Color{0, ansi.Indexed(0), ansi.Indexed(3), ansi.Indexed(15), ansi.Indexed(226), ansi.Direct(128, 128, 128)} {
		for _, bg := range []ansi.Color{0, ansi.Indexed(1), ansi.Indexed(15), ansi.Direct(128, 128, 128)} {
			for attr := range ansi.Attr(32) {
				tint := tintOf(ansi.Style{Fg: fg, Bg: bg, Attr: attr})
				if tint == "" {
					continue
				}
				of := strings.Split(tint, ",")
				for i, theme := range grounds {
					ground := theme.ground
					if len(of) == 4 {
						ground = colour(of[2+i])
					}
					if got := ansi.Contrast(colour(of[i]), ground); got < 4.5 {
						t.Errorf("%x on %x with %b: %s has a contrast of %.2f", fg, bg, attr, tint, got)
					}
				}
			}
		}
	}
}

func TestALongLineIsCutBetweenRunesAndMayBeShownWhole(t *testing.T) {
	long := strings.Repeat("é", room.MaxLine/2)
	m := room.Message{Seq: 7, Content: long}
	l, _ := lineOf(m, false, ansi.Style{}, zoneHere)
	if len(l.Text) > mostShown+10 || !utf8.ValidString(l.Text) || l.More != "Show all 64 KiB" {
		t.Errorf("%d bytes shown, %q", len(l.Text), l.More)
	}
	if l, _ = lineOf(m, true, ansi.Style{}, zoneHere); l.Text != long || l.More != "Show less" {
		t.Errorf("%d bytes shown, %q", len(l.Text), l.More)
	}
	plain := func(s string) []ansi.Span { return []ansi.Span{{Text: s}} }
	if shown, cut := clip(plain(strings.Repeat("\n", 100)), mostShown, mostBreaks); len(shown[0].Text) >= mostBreaks || !cut {
		t.Errorf("%q shown, cut %v", textOf(shown), cut)
	}
	if shown, cut := clip(make([]ansi.Span, 1000), mostShown, mostBreaks); len(shown) > mostSpans || !cut {
		t.Errorf("%d styles shown, cut %v", len(shown), cut)
	}
	for content, want := range map[string]string{
		"short": "short", "two\nlines": "two …", strings.Repeat("é", 200): strings.Repeat("é", smallShown/2) + " …", "x\r\n": "x …", "1%\r2%": "2%",
	} {
		if l, _ := lineSmall(room.Message{Seq: 1, Content: content}, ansi.Style{}, zoneHere); l.Text != want || l.More != "" {
			t.Errorf("on a card %q is %q, %q", content, l.Text, l.More)
		}
	}
	if shown, cut := clip(plain("short"), mostShown, mostBreaks); textOf(shown) != "short" || cut {
		t.Errorf("%q, %v", textOf(shown), cut)
	}
}

func TestALineTellsOutputFromTalkAndWhatWaits(t *testing.T) {
	of := func(m room.Message) line {
		l, _ := lineOf(m, false, ansi.Style{}, zoneHere)
		return l
	}
	for _, c := range []struct {
		l    line
		kind string
	}{
		{of(room.Message{Content: "x"}), "line output"},
		{of(room.Message{Content: "x", Stream: room.Stderr}), "line output stderr"},
		{of(room.Message{Content: "x", Sender: "a"}), "line"},
		{lineWaiting(live.Waiting{Content: "x"}, "a", true, zoneHere), "line waiting"},
		{lineWaiting(live.Waiting{Content: "x", Refused: "no"}, "a", true, zoneHere), "line waiting refused"},
	} {
		if c.l.Kind != c.kind {
			t.Errorf("%+v, want %s", c.l, c.kind)
		}
	}
}

func TestADayIsNamedWhereItBegins(t *testing.T) {
	zone := func(int64) int { return 7200 }
	const midnight = now - now%86_400_000 - 7_200_000 // in that zone
	if got := day(midnight, midnight-1, zone); got != "Friday, 15 January 2027" {
		t.Errorf("%q", got)
	}
	if got := day(midnight+86_399_999, midnight, zone); got != "" {
		t.Errorf("the same day is named %q", got)
	}
	if got := day(midnight, 0, zone); got == "" {
		t.Error("the first day has no name")
	}
}

func TestWhatIsNoLongerKeptIsNamed(t *testing.T) {
	for first, want := range map[uint64]string{1: "", 2: "Message 1 is no longer kept", 8232: "Messages 1 to 8,231 are no longer kept", 1_000_001: "Messages 1 to 1,000,000 are no longer kept"} {
		if got := gone(first); got != want {
			t.Errorf("%d: %q", first, got)
		}
	}
}
