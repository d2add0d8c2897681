package metric

import (
	"errors"
	"strings"
)

// MaxPattern is the longest pattern in bytes.
const MaxPattern = MaxID

// ErrPattern is what CheckPattern answers.
var ErrPattern = errors.New("a pattern is a metric's name, labels included, with * for any run of characters, at most 2 KiB")

// CheckPattern refuses what can match no metric.
func CheckPattern(p string) error {
	if p == "" || len(p) > MaxPattern {
		return ErrPattern
	}
	return nil
}

// Match tells whether a pattern names the metric. The pattern is compared with
// the canonical form, labels included; `*` stands for any run of characters,
// and a pattern without labels or stars also names every labelled metric of
// that name.
func Match(pattern string, id ID) bool {
	if pattern == string(id) {
		return true
	}
	if !strings.Contains(pattern, "*") {
		return !strings.Contains(pattern, "{") && pattern == id.Name()
	}
	return glob(pattern, string(id))
}

// glob takes each part between stars where it first occurs, which never is too late
// for the next, so that its time grows with the length of s alone. p has a star.
func glob(p, s string) bool {
	part, p, _ := strings.Cut(p, "*")
	s, found := strings.CutPrefix(s, part)
	for found {
		var more bool
		if part, p, more = strings.Cut(p, "*"); !more {
			return strings.HasSuffix(s, part)
		}
		_, s, found = strings.Cut(s, part)
	}
	return false
}
