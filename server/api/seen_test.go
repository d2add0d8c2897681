package api

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func TestJSONIsShownAsItIsByATerminal(t *testing.T) {
	h := open(t)
	for _, said := range []string{"\u009b2J", "\x7f", "a\u202eb\u2066c\u200fd\u061ce", "plain é \u00a0 Ã ؟ €", "\u0080\u009f\u009c"} {
		h.must("POST", "/r/x", said)
		text := h.must("GET", "/api/v1/rooms/x/messages?limit=1", "")
		var rows []struct{ Content string }
		if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 1 || rows[0].Content != said {
			t.Errorf("%q is answered as %s: %v", said, text, err)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Errorf("%q", text)
		}
	}
}
