package auth_test

import (
	"errors"
	"testing"

	"telltale/server/auth"
)

func TestAnOriginIsItsSchemeHostAndPort(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.org": "https://example.org:443", "https://example.org:443": "https://example.org:443",
		"http://example.org": "http://example.org:80", "HTTP://Example.ORG:8082": "http://example.org:8082",
		"http://[2001:db8::1]": "http://[2001:db8::1]:80", "https://example.org:80": "https://example.org:80",
		"": "", "null": "", "example.org": "", "//example.org": "", "https://": "", "https://:443": "", "ftp://example.org": "",
		"https://example.org/": "", "https://example.org/x": "", "https://example.org?": "", "https://example.org#": "",
		"https://ann@example.org": "", "https://example.org\x00": "", "file:///etc": "", "https://[fe80::1%25eth0]": "", "https://a b": "",
	} {
		if got, err := auth.Origin(text); got != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, auth.ErrOrigin) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}
