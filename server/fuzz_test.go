package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"telltale/server/auth"
)

// judged fails unless what parseConfig says of wrong options is a sentence, and what it takes is sound.
func judged(t *testing.T, c config, err error) {
	t.Helper()
	if err == nil {
		if again := c; again.check() != nil || c.maxMetrics < 1 || c.retention.raw <= 0 || c.roomRetention.messages < 1 || c.listen == "" {
			t.Fatalf("taken: %+v", c)
		}
		if strings.ContainsAny(c.reach.framing(), ";,\r\n") {
			t.Fatalf("frame-ancestors %q", c.reach.framing())
		}
		return
	}
	var said bytes.Buffer
	if code := report(err, &said); code != 2 || said.Len() == 0 || said.Len() > 4*mostOfError || !utf8.Valid(said.Bytes()) {
		t.Fatalf("refused with %d, %T %q", code, err, err)
	}
	// An error may go on in further lines, as TOML's do, but nothing in it moves a terminal.
	if bytes.ContainsFunc(said.Bytes(), func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	}) {
		t.Fatalf("refused with %.300q", said.String())
	}
}

func FuzzConfigFile(f *testing.F) {
	for _, text := range []string{
		"", "max-metrics = 1\nhost-metrics = false\n", "retention = \"raw=24h,10s=7d\"\n", "[command.deploy]\nexec = [\"a\", \"{b}\"]\nargs = { b = \"[a-z]+\" }\n", "[command.\"\\u001b[2J\"]\nexec = 1\n",
		"[a]\nb = 1\n", "host = [\"a\", \"b\"]\n", "log-level = \"\\u001b]52;c;x\\u0007\"\n", "listen = \"\\u202e\"", "x = 1979-05-27T07:32:00Z", "a.b.c = {d = [[1], 2]}", "max-metrics = 99999999999999999999",
	} {
		f.Add([]byte(text))
	}
	file := filepath.Join(f.TempDir(), "telltale.toml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := parseConfig([]string{"--config", file}, environment(), &bytes.Buffer{})
		judged(t, c, err)
	})
}

// Each option says the same as a flag, in the environment and, where it is a text, in the file.
func FuzzOptions(f *testing.F) {
	for _, o := range [][2]string{{"retention", "raw=24h,10s=7d,1m=90d"}, {"room-retention", "100,30d"}, {"host", "a.example, [::1]"}, {"origin", "https://a.example:8443"}, {"frame-ancestors", "self, https://a"},
		{"listen", ":x"}, {"log-level", "warn+2"}, {"slow-client", "\x1b[2J"}, {"max-message", "0x400"}, {"hsts", "8760h"}, {"host-metrics", "T"}, {"jwt-issuer", "\u202e"}, {"rate-limit", "-1"}, {"acme-domain", "a,b"}} {
		f.Add(o[0], o[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if name == "config" || name == "h" || name == "help" {
			return
		}
		variable := "TELLTALE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		flagged, err := parseConfig([]string{"--" + name + "=" + value}, environment(), &bytes.Buffer{})
		judged(t, flagged, err)
		if value == "" || strings.ToLower(name) != name || new(config).flags().Lookup(name) == nil || strings.ContainsAny(name, "=_") {
			return
		}
		from, wrong := parseConfig(nil, environment(variable, value), &bytes.Buffer{})
		judged(t, from, wrong)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("--%s=%q is %v as a flag, and %v as a variable", name, value, err, wrong)
		}
	})
}

func FuzzRetention(f *testing.F) {
	for _, text := range []string{"raw=24h,10s=7d,1m=90d", "raw=1h", "1m=65535d", "raw=-1h", "", "raw=1d,raw=2d", "raw=2562047h47m16.854775807s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept := retention{raw: day, fine: 7 * day, coarse: 90 * day}
		if kept.Set(text) != nil {
			if kept != (retention{raw: day, fine: 7 * day, coarse: 90 * day}) {
				t.Fatalf("%q is refused, and changes it to %v", text, &kept)
			}
			return
		}
		again := retention{}
		if err := again.Set(kept.String()); err != nil || again != kept {
			t.Fatalf("%q is %+v, whose own text %q is %+v, %v", text, kept, kept.String(), again, err)
		}
		if tiers := kept.tiers(); tiers[0].Keep <= 0 || tiers[1].Keep < tiers[0].Keep || tiers[2].Keep < tiers[1].Keep {
			t.Fatalf("%q keeps %v", text, tiers)
		}
	})
}

func FuzzRoomRetention(f *testing.F) {
	for _, text := range []string{"100000,30d", "30d", "5", "0", "1m", "-5,1h", "1,2", "99999999999999999999", "1e3,1d", "9223372036854775807ns"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept := roomRetention{messages: 1, age: day}
		if kept.Set(text) != nil {
			return
		}
		again := roomRetention{}
		if err := again.Set(kept.String()); err != nil || again != kept || kept.messages < 1 || kept.age <= 0 {
			t.Fatalf("%q is %+v, whose own text %q is %+v, %v", text, kept, kept.String(), again, err)
		}
	})
}

// What an operator lists is either refused or in the one form that requests are compared with.
func FuzzReach(f *testing.F) {
	for _, text := range []string{"board.example.org", "https://a.example", "self", "'self'", "*.example", "https://a;script-src *", "[::1]", "a:80", "HTTPS://A.Example:443/", "https://a\r\nX: y", "https://[::1%25eth0]:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r reach
		if r.setAncestors(text) == nil && strings.ContainsAny(r.framing(), ";,\r\n\"*") {
			t.Fatalf("%q may frame as %q", text, r.framing())
		}
		if r.setOrigins(text) == nil {
			for _, each := range r.origins {
				if again, err := auth.Origin(each); err != nil || again != each {
					t.Fatalf("%q is the origin %q, which is %q, %v", text, each, again, err)
				}
			}
		}
		if r.setHosts(text) == nil && slices.ContainsFunc(r.hosts, func(host string) bool { return auth.HostName(host) != host }) {
			t.Fatalf("%q names %q", text, r.hosts)
		}
	})
}
