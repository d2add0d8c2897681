package room

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestARoomsNameKeepsToItsGrammar(t *testing.T) {
	for name, good := range map[string]bool{
		"build": true, "run.17": true, "_": true, "0:a-b.c": true, strings.Repeat("a", 128): true,
		"": false, ".a": false, "-a": false, "a b": false, "a/b": false, "é": false, "a\x00": false, strings.Repeat("a", 129): false,
	} {
		if err := CheckName(name); (err == nil) != good || err != nil && (!errors.Is(err, ErrName) || !strings.Contains(err.Error(), Grammar)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAUsersNameIsAnyTextThatCanBeSeen(t *testing.T) {
	for name, good := range map[string]bool{
		"alice123": true, "Zoë van Dam": true, "李": true, "😀": true, strings.Repeat("a", MaxUser): true,
		"": false, " a": false, "a ": false, "a\nb": false, "a\u00a0b": false, "a\u2003b": false, "a\u200bb": false, "a\u2028b": false, "a\u202eb": false, "\xff": false, strings.Repeat("a", MaxUser+1): false,
	} {
		if err := CheckUser(name); (err == nil) != good || err != nil && !errors.Is(err, ErrUser) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestALongLineIsCutBetweenRunesAndMarked(t *testing.T) {
	for _, line := range []string{"", "a", "\xffa\xc3", strings.Repeat("a", MaxLine), strings.Repeat("a", MaxLine+1), strings.Repeat("é😀", MaxLine)} {
		pieces := Lines(line)
		var whole strings.Builder
		for i, p := range pieces {
			if len(p) > MaxLine || !utf8.ValidString(p) {
				t.Fatalf("piece %d of %.10q has %d bytes", i, line, len(p))
			}
			if i > 0 {
				cut, found := strings.CutPrefix(p, Cut)
				if !found {
					t.Errorf("piece %d of %.10q does not say that it goes on", i, line)
				}
				p = cut
			}
			if i < len(pieces)-1 {
				cut, found := strings.CutSuffix(p, Cut)
				if !found {
					t.Errorf("piece %d of %.10q does not say that it is cut", i, line)
				}
				p = cut
			}
			whole.WriteString(p)
		}
		if want := strings.ToValidUTF8(line, "\uFFFD"); whole.String() != want {
			t.Errorf("the pieces of %.10q make another line", line)
		}
	}
}
