package metric

import (
	"errors"
	"fmt"
	"strings"
)

// MaxPattern is the longest pattern in bytes.
const MaxPattern = MaxID

// ErrPattern is wrapped by the errors of CheckPattern.
var ErrPattern = errors.New("a pattern is a metric's name, labels included, with * for any run of characters, " +
	`or a name with conditions on its labels, as in http{code=~"5*",job!="test"}, at most 2 KiB`)

// CheckPattern refuses what can match no metric. Its errors wrap ErrPattern, or ErrName
// where it is a name.
func CheckPattern(p string) error {
	switch {
	case p == "" || len(p) > MaxPattern:
		return ErrPattern
	case !IsGlob(p):
		_, err := Parse(p)
		return err
	}
	if name, conditions, is := selector(p); is {
		return checkSelector(name, conditions)
	}
	head, _, _ := strings.Cut(p, `"`) // in quotes anything may stand
	if head == "" || head[0] != '*' && !letter(head[0]) {
		return fmt.Errorf("%w: a name begins with a letter or _", ErrPattern)
	}
	for i := range len(head) {
		if c := head[i]; !inName(c) && strings.IndexByte("*{},=", c) < 0 {
			return fmt.Errorf("%w: no name has a %q", ErrPattern, c)
		}
	}
	return nil
}

// IsGlob tells a pattern from a name: it has a star, or conditions on labels.
func IsGlob(p string) bool {
	if strings.Contains(p, "*") {
		return true
	}
	_, _, is := selector(p)
	return is
}

// Match tells whether a pattern names the metric. The pattern is compared with
// the canonical form, labels included; `*` stands for any run of characters,
// and a pattern without labels or stars also names every labelled metric of
// that name.
//
// A pattern whose braces hold a condition, =~ (the value matches), != (is another) or !~
// (does not match), names the metrics whose name matches and whose labels, whatever
// others there are, fulfil all conditions; = among them asks for that very value. The
// value of a label that a metric does not have is "".
func Match(pattern string, id ID) bool {
	if pattern == string(id) {
		return true
	}
	if name, conditions, is := selector(pattern); is {
		return glob(name, id.Name()) && fulfils(conditions, string(id[len(id.Name()):]))
	}
	if !strings.Contains(pattern, "*") {
		return !strings.Contains(pattern, "{") && pattern == id.Name()
	}
	return glob(pattern, string(id))
}

// glob takes each part between stars where it first occurs, which never is too late
// for the next, so that its time grows with the length of s alone.
func glob(p, s string) bool {
	part, p, more := strings.Cut(p, "*")
	if !more {
		return part == s
	}
	s, found := strings.CutPrefix(s, part)
	for found {
		if part, p, more = strings.Cut(p, "*"); !more {
			return strings.HasSuffix(s, part)
		}
		_, s, found = strings.Cut(s, part)
	}
	return false
}
