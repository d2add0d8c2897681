package main

import (
	"strings"
	"testing"
)

func TestNothingStandsBetweenTheElementsOfAPageButText(t *testing.T) {
	for _, c := range []struct{ name, page, want string }{
		{"elements beside and in one another", "<!DOCTYPE html>\n<html>\n  <p class=\"a\">\n    <b>x</b>\n    <i>y</i>\n  </p>\n</html>", `<!DOCTYPE html><html><p class="a"><b>x</b><i>y</i></p></html>`},
		{"the pieces of a line", "<span>\n  <span data-tint=\"#1\">ok</span>\n  <span>  \ta\n b</span>\n</span>", "<span><span data-tint=\"#1\">ok</span><span>  \ta\n b</span></span>"},
		{"a line break that is all of a text", "<span class=\"t\">\n</span>\n<b></b>", "<span class=\"t\">\n</span><b></b>"},
		{"blanks that are a text", "<b>  </b> <i>x</i>", "<b>  </b> <i>x</i>"},
		{"an element without an end", "<p>\n  <br>\n</p>", "<p><br></p>"},
		{"text beside elements", "<p>\n  one\n  <b>two</b>\n</p>", "<p>\n  one\n  <b>two</b></p>"},
		{"no page", "a > b\n", "a > b\n"},
	} {
		if got := string(tight([]byte(c.page))); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestALineOfOutputIsOneLineAlsoBeforeTheAppHasIt(t *testing.T) {
	page, token := pagesFor(t)
	for _, path := range []string{"/r/build", "/b/ops"} {
		if code, body := page(path, token("read", "")); code != 200 || !strings.Contains(body, ">ok</span><span>  \tall well</span></span>") || !strings.HasSuffix(body, "</html>") {
			t.Errorf("%s: %d\n%s", path, code, body)
		}
	}
}
