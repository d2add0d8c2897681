package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestALocalServerBehindAProxyIsNotOpenByItself(t *testing.T) {
	for _, c := range []struct {
		options []string
		refused bool
	}{
		{nil, false}, {[]string{"--behind-proxy", "1"}, true}, {[]string{"--behind-proxy", "1", "--insecure"}, false}, {[]string{"--behind-proxy", "0"}, false},
	} {
		config, err := parseConfig(append(c.options, "--data", t.TempDir()), environment(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := config.checkOpen(false); (err != nil) != c.refused || c.refused && !strings.Contains(err.Error(), "telltale token create") {
			t.Errorf("%q: %v", c.options, err)
		}
		if err := config.checkOpen(true); err != nil {
			t.Errorf("%q with a token: %v", c.options, err)
		}
	}
	for _, wrong := range []string{"-1", "11", "x"} {
		var said *sentence
		if _, err := parseConfig([]string{"--behind-proxy", wrong}, environment(), io.Discard); !errors.As(err, &said) {
			t.Errorf("--behind-proxy %s: %v", wrong, err)
		}
	}
}
