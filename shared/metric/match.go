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

// glob backtracks to the last star only, so its time is at most len(p)*len(s).
func glob(p, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && p[i] == s[j]:
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}
