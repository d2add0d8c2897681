package api

import (
	"strings"
	"testing"
)

func TestAPersonWhoMistypesAnAddressReadsASentence(t *testing.T) {
	h := open(t)
	const html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	for path, want := range map[string]int{"/m/9lives": 400, "/r/a%20room": 400, "/m/nothing.svg": 404, "/b/home.png?width=9": 400, "/m/%3Cb%3E": 400} {
		r := h.ask("GET", path, "", html)
		if r.status != want || r.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(r.body, `<a href="/">`) || strings.Contains(r.body, "<b>") {
			t.Errorf("%s: %d %s\n%s", path, r.status, r.header.Get("Content-Type"), r.body)
		}
		if r := h.ask("GET", path, ""); r.status != want || r.detail() == "" {
			t.Errorf("%s of a program: %d %s", path, r.status, r.body)
		}
	}
	if r := h.ask("GET", "/api/v1/metrics/nothing/history", "", html); r.status != 404 || r.detail() == "" {
		t.Errorf("of the API: %d %s", r.status, r.body)
	}
}
