package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"telltale/web"
)

func TestNamesAndOriginsAreListsBetweenCommas(t *testing.T) {
	c, err := parseConfig([]string{"--host", "Board.example.org., [2001:db8::1],192.0.2.1", "--origin", "https://a.example,http://b.example:81", "--frame-ancestors", "self, https://c.example"},
		environment(), &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"board.example.org", "2001:db8::1", "192.0.2.1"}; !slices.Equal(c.reach.hosts, want) {
		t.Errorf("hosts %q", c.reach.hosts)
	}
	if want := []string{"https://a.example:443", "http://b.example:81"}; !slices.Equal(c.reach.origins, want) {
		t.Errorf("origins %q", c.reach.origins)
	}
	if got := c.reach.framing(); got != "'self' https://c.example:443" {
		t.Errorf("framing %q", got)
	}
	for _, wrong := range [][]string{
		{"--host", "example.org:80"}, {"--host", "https://example.org"}, {"--host", "*.example.org"}, {"--host", "[::1]:80"},
		{"--origin", "example.org"}, {"--origin", "https://*"}, {"--origin", "https://example.org/x"},
		{"--frame-ancestors", "https://example.org; script-src *"}, {"--frame-ancestors", "*"},
	} {
		if _, err := parseConfig(wrong, environment(), &bytes.Buffer{}); err == nil || report(err, &bytes.Buffer{}) != 2 || !strings.Contains(err.Error(), wrong[0][1:]) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestPagesSayWhoMayFrameThem(t *testing.T) {
	for _, who := range []string{"'none'", "https://a.example:443"} {
		answer := httptest.NewRecorder()
		newApp(web.Embedded(), who).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/robots.txt", nil))
		if policy := answer.Header().Get("Content-Security-Policy"); !strings.HasSuffix(policy, "; frame-ancestors "+who) {
			t.Errorf("%s", policy)
		}
	}
}
