package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"telltale/app/live"
	"telltale/shared/room"
)

func TestWhatATerminalWouldObeyIsShownAsText(t *testing.T) {
	for content, want := range map[string]string{
		"plain\ttext\nmore":          "plain\ttext\nmore",
		"\x1b[1;31mred\x1b[0m done":  "red done",
		"\x1b]0;title\x07x":          "x",
		"\x1b]8;;u\x1b\\link\x1b]8;": "link␛]8;",
		"10%\r20%\r":                 "10%\n20%",
		"windows\r\nline":            "windows\nline",
		"\x00\x08\x7f\x1b":           "␀␈␡␛",
		"\x1b[31":                    "␛[31",
		"\x1b[\x01m":                 "␛[␁m",
		"<script>alert(1)</script>":  "<script>alert(1)</script>",
		"\u202eabc 😀":                "\u202eabc 😀",
	} {
		if got := legible(content); got != want {
			t.Errorf("%q is shown as %q, want %q", content, got, want)
		}
	}
}

func TestALongLineIsCutBetweenRunesAndMayBeShownWhole(t *testing.T) {
	long := strings.Repeat("é", room.MaxLine/2)
	m := room.Message{Seq: 7, Content: long}
	l := lineOf(m, false, zoneHere)
	if len(l.Text) > mostShown+10 || !utf8.ValidString(l.Text) || l.More != "Show all 64 KiB" {
		t.Errorf("%d bytes shown, %q", len(l.Text), l.More)
	}
	if l = lineOf(m, true, zoneHere); l.Text != long || l.More != "Show less" {
		t.Errorf("%d bytes shown, %q", len(l.Text), l.More)
	}
	if shown, cut := clip(strings.Repeat("\n", 100)); len(shown) >= mostBreaks || !cut {
		t.Errorf("%d line breaks shown, cut %v", len(shown), cut)
	}
	for content, want := range map[string]string{
		"short": "short", "two\nlines": "two …", strings.Repeat("é", 200): strings.Repeat("é", smallShown/2) + " …", "x\r\n": "x …",
	} {
		if l := lineSmall(room.Message{Seq: 1, Content: content}, zoneHere); l.Text != want || l.More != "" {
			t.Errorf("on a card %q is %q, %q", content, l.Text, l.More)
		}
	}
	if shown, cut := clip("short"); shown != "short" || cut {
		t.Errorf("%q, %v", shown, cut)
	}
}

func TestALineTellsOutputFromTalkAndWhatWaits(t *testing.T) {
	for _, c := range []struct {
		l    line
		kind string
	}{
		{lineOf(room.Message{Content: "x"}, false, zoneHere), "line output"},
		{lineOf(room.Message{Content: "x", Stream: room.Stderr}, false, zoneHere), "line output stderr"},
		{lineOf(room.Message{Content: "x", Sender: "a"}, false, zoneHere), "line"},
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
