package metric

import (
	"fmt"
	"strings"
)

// selector parts a pattern with conditions on labels; false where it has none: outside
// of quotes neither ! nor ~ stands in any name.
func selector(p string) (name, conditions string, is bool) {
	at := strings.IndexByte(p, '{')
	if at < 0 {
		return "", "", false
	}
	quoted := false
	for i := at; i < len(p); i++ {
		switch c := p[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '!' || c == '~'):
			return p[:at], p[at:], true
		}
	}
	return "", "", false
}

// condition is what one label must be. The value is as written, with its escapes.
type condition struct {
	label, value string
	negated      bool // != and !~
	glob         bool // =~ and !~
}

// nextCondition reads the one that follows the first byte of s, { or a comma.
func nextCondition(s string) (c condition, rest string, ok bool) {
	s = s[1:]
	n := 0
	for n < len(s) && (letter(s[n]) || n > 0 && digit(s[n])) {
		n++
	}
	c.label, s = s[:n], s[n:]
	switch {
	case n == 0 || len(s) < 3:
		return c, "", false
	case strings.HasPrefix(s, `="`):
		s = s[1:]
	case strings.HasPrefix(s, `!="`):
		c.negated, s = true, s[2:]
	case strings.HasPrefix(s, `=~"`):
		c.glob, s = true, s[2:]
	case strings.HasPrefix(s, `!~"`):
		c.negated, c.glob, s = true, true, s[2:]
	default:
		return c, "", false
	}
	c.value, rest, ok = value(s)
	return c, rest, ok && (rest == "}" || rest != "" && rest[0] == ',')
}

// value reads a value in quotes as it is written, and what is behind it.
func value(s string) (raw, rest string, ok bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:], true
		}
	}
	return "", "", false
}

// checkSelector refuses conditions that cannot be read.
func checkSelector(name, conditions string) error {
	if stripped := strings.ReplaceAll(name, "*", ""); name == "" || name[0] != '*' && !letter(name[0]) || len(stripped) > MaxName ||
		strings.ContainsFunc(stripped, func(r rune) bool { return r > 127 || !inName(byte(r)) }) {
		return fmt.Errorf("%w: a name, in which * may stand, goes before {", ErrPattern)
	}
	for n := 1; ; n++ {
		c, rest, ok := nextCondition(conditions)
		if !ok {
			return fmt.Errorf(`%w: condition %d is label="value", or with !=, =~ or !~, its label [A-Za-z_][A-Za-z0-9_]*`, ErrPattern, n)
		}
		if _, _, err := unquote(c.value + `"`); err != nil {
			return fmt.Errorf("%w: condition %d: %w", ErrPattern, n, err)
		}
		if n > MaxLabels {
			return fmt.Errorf("%w: it has more than %d conditions", ErrPattern, MaxLabels)
		}
		if rest == "}" {
			return nil
		}
		conditions = rest
	}
}

// fulfils tells whether the labels of an identity, with their braces or "", fulfil all
// conditions; none does what cannot be read.
func fulfils(conditions, labels string) bool {
	for {
		c, rest, ok := nextCondition(conditions)
		if !ok || c.holds(valueOf(labels, c.label)) == c.negated {
			return false
		}
		if rest == "}" {
			return true
		}
		conditions = rest
	}
}

// holds tells whether a value, as it is written, is that of the condition, negated or not.
func (c condition) holds(is string) bool {
	want := c.value
	if strings.Contains(want, `\`) || strings.Contains(is, `\`) {
		want, is = plain(want), plain(is) // a star must not stand for half of an escape
	}
	if c.glob {
		return glob(want, is)
	}
	return want == is
}

func plain(raw string) string {
	text, _, err := unquote(raw + `"`)
	if err != nil {
		return raw
	}
	return text
}

// valueOf is the value, as it is written, that labels give one of that name.
func valueOf(labels, name string) string {
	for labels != "" && labels != "}" {
		of, rest, _ := strings.Cut(labels[1:], "=")
		raw, rest, ok := value(rest)
		switch {
		case !ok:
			return ""
		case of == name:
			return raw
		}
		labels = rest
	}
	return ""
}
