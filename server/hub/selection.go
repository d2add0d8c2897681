package hub

import (
	"errors"
	"fmt"
	"slices"

	"telltale/shared/metric"
)

// Bounds of the patterns of one watch. Globs cost a comparison with every metric.
const (
	MaxPatterns = 1000 // names and globs
	MaxGlobs    = 32   // of them with a * or conditions
	MaxGlob     = 256  // bytes of one of these
)

// ErrWatch is wrapped by the errors of a watch that cannot be meant, which are
// sentences for the user; those of a name wrap metric.ErrName or ErrPattern.
var ErrWatch = errors.New("not a watch")

// canonical checks patterns, writes names in their canonical form, and sorts
// them, so that one selection has one feed.
func canonical(patterns []string) ([]string, error) {
	if len(patterns) == 0 {
		return nil, fmt.Errorf("%w: it names at least one metric", ErrWatch)
	}
	if len(patterns) > MaxPatterns {
		return nil, fmt.Errorf("%w: it names at most %d metrics and patterns: use a *", ErrWatch, MaxPatterns)
	}
	globs := 0
	out := make([]string, len(patterns))
	for i, p := range patterns {
		if err := metric.CheckPattern(p); err != nil {
			return nil, err
		}
		if !metric.IsGlob(p) {
			id, err := metric.Parse(p)
			if err != nil {
				return nil, err
			}
			out[i] = string(id)
			continue
		}
		if globs++; globs > MaxGlobs || len(p) > MaxGlob {
			return nil, fmt.Errorf("%w: it names at most %d patterns with a * or conditions on labels, each of at most %d bytes", ErrWatch, MaxGlobs, MaxGlob)
		}
		out[i] = p
	}
	if slices.Contains(out, "*") {
		return []string{"*"}, nil
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// selection is canonical patterns, made to be asked quickly.
type selection struct {
	names map[string]bool
	globs []string
}

// narrowed are the patterns within which a watch stays, sorted, so that one selection has one
// feed. What is no pattern matches nothing.
func narrowed(within [][]string) [][]string {
	all := make([][]string, len(within))
	for i, patterns := range within {
		all[i] = slices.Clone(patterns)
		slices.Sort(all[i])
		all[i] = slices.Compact(all[i])
	}
	return all
}

func selections(within [][]string) []selection {
	all := make([]selection, len(within))
	for i, patterns := range within {
		all[i] = newSelection(patterns)
	}
	return all
}

// matches tells whether the feed has the metric.
func (f *feed) matches(id metric.ID) bool {
	return f.selection.matches(id) && !slices.ContainsFunc(f.within, func(s selection) bool { return !s.matches(id) })
}

func newSelection(patterns []string) selection {
	s := selection{names: map[string]bool{}}
	for _, p := range patterns {
		if metric.IsGlob(p) {
			s.globs = append(s.globs, p)
		} else {
			s.names[p] = true
		}
	}
	return s
}

// matches is metric.Match for any of the patterns.
func (s selection) matches(id metric.ID) bool {
	if s.names[string(id)] || s.names[id.Name()] {
		return true
	}
	for _, p := range s.globs {
		if metric.Match(p, id) {
			return true
		}
	}
	return false
}
