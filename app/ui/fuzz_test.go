package ui

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"telltale/shared/board"
)

// Whatever stands in the address bar is some place that can be shown, and its own link is that
// place again.
func FuzzPlaces(f *testing.F) {
	for _, text := range []string{"/", "/b/ops?range=1h&tv=1&boards=a,b&every=1s&screen=x", "/m/a%7Bb=%22c%22%7D?at=2026-11-22T14:05", "/m/%ff", "/b/<script>?from=2026-11-22&to=1", "/?at=9223372036854775807",
		"/?every=4294967295d", "/?from=0000-01-01&to=9999-12-31", "//evil/b/x", "/m/javascript:x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.ParseRequestURI(text)
		if err != nil {
			return
		}
		p := placeOf(u)
		if p.span.ms <= 0 || p.to < 0 || p.wall.every < shortTurn || p.wall.every > longTurn || len(p.wall.boards) > mostTurns {
			t.Fatalf("%q is %+v", text, p)
		}
		for _, id := range p.wall.boards {
			if board.CheckID(id) != nil {
				t.Fatalf("%q turns to %q", text, id)
			}
		}
		w, _ := whenOf(u.Query(), berlin)
		own := w.query(spans[usualSpan].ms)
		q, err := url.Parse("/" + own)
		if err != nil {
			t.Fatalf("%q: its own link %q: %v", text, own, err)
		}
		if again, _ := whenOf(q.Query(), berlin); again != w && w.to < 1<<47 {
			t.Fatalf("%q is %+v, whose own link %q is %+v", text, w, own, again)
		}
	})
}

// What a person pastes as a board is a board, or is refused with words.
func FuzzPaper(f *testing.F) {
	for _, text := range []string{`{"panels":[]}`, `{"id":"a","title":"x","range":"5m","panels":[{"id":"a","kind":"line","queries":[{"metric":"m"}]}]}`, `{"panels":[{"x":1}]}`, "{\n\n", `{"panels":[{}] } x`, `{"range":1}`, "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p paper
		p.read(text, "ops")
		if p.text == "" {
			return
		}
		if p.wrong != "" {
			if !utf8.ValidString(p.wrong) || strings.ContainsRune(p.wrong, 0x1b) {
				t.Fatalf("%q is refused with %q", text, p.wrong)
			}
			return
		}
		var again paper
		if again.read(document(p.board), "ops"); again.wrong != "" || document(again.board) != document(p.board) {
			t.Fatalf("%q is %s, which is %q", text, document(p.board), again.wrong)
		}
	})
}
