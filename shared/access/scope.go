package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"telltale/shared/metric"
)

// Scope is a right over the names that a glob matches, as metric.Match does.
type Scope struct {
	Right Right
	Glob  string // "*" for all
}

// Scopes are what one caller may.
type Scopes []Scope

// MaxScopes is how many one token has at most.
const MaxScopes = 100

// ErrScope is wrapped by every error of ParseScopes.
var ErrScope = errors.New("a scope is read, write, room, run, board or admin, and after a colon a name in which * is any run of characters")

// ParseScopes reads scopes as people write them: "write:orders,read:*,room:build". A right
// without a name is over all names. A comma within a name's labels is the name's.
func ParseScopes(text string) (Scopes, error) {
	var all Scopes
	for _, part := range split(text) {
		right, glob, named := strings.Cut(part, ":")
		if !named {
			glob = "*"
		}
		if !slices.Contains(rights[:], Right(right)) || glob == "" || len(glob) > metric.MaxPattern || stray(glob) {
			return nil, fmt.Errorf("%w, not %.60q", ErrScope, part)
		}
		if s := (Scope{Right(right), glob}); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if len(all) > MaxScopes {
		return nil, fmt.Errorf("%w: they are more than %d", ErrScope, MaxScopes)
	}
	return all, nil
}

// split cuts at the commas that a right follows.
func split(text string) []string {
	var parts []string
	for piece := range strings.SplitSeq(text, ",") {
		right, _, _ := strings.Cut(piece, ":")
		if len(parts) > 0 && !slices.Contains(rights[:], Right(right)) {
			parts[len(parts)-1] += "," + piece
			continue
		}
		parts = append(parts, piece)
	}
	return parts
}

// stray tells whether a comma stands outside of a name's labels: what follows it was
// meant to be a scope.
func stray(glob string) bool {
	name, labels, _ := strings.Cut(glob, "{")
	return strings.Contains(name+labels[strings.LastIndexByte(labels, '}')+1:], ",")
}

// String writes them as ParseScopes reads them.
func (s Scopes) String() string {
	var text strings.Builder
	for i, one := range s {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(string(one.Right) + ":" + one.Glob)
	}
	return text.String()
}

// MarshalText writes them for JSON.
func (s Scopes) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads them from JSON.
func (s *Scopes) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*s = nil
		return nil
	}
	*s, err = ParseScopes(string(text))
	return err
}

// May tells whether they give what is needed. A need that names nothing is met only by a
// scope over all names, but for Read of None: whoever may read anything may ask for
// lists, which then hold what it may read.
func (s Scopes) May(n Need) bool {
	return slices.ContainsFunc(s, func(one Scope) bool {
		switch {
		case one.Right == Admin:
			return one.over(n.Name)
		case n.Right == Read && n.Class == None:
			return one.Right == Read || slices.Contains(readers[:], one.Right)
		case one.Right == n.Right, n.Right == Read && int(n.Class) < len(readers) && one.Right == readers[n.Class]:
			return one.over(n.Name)
		}
		return false
	})
}

// over tells whether the scope is about the name, or about all where none is given.
func (s Scope) over(name string) bool {
	return s.Glob == "*" || name != "" && metric.Match(s.Glob, metric.ID(name))
}

// Globs are the names that the right is given over in a class, for whoever has to sift many.
// "*" alone where it is over all.
func (s Scopes) Globs(right Right, class Class) (globs []string) {
	for _, one := range s {
		if one.Right == Admin || one.Right == right || right == Read && int(class) < len(readers) && one.Right == readers[class] {
			if one.Glob == "*" {
				return []string{"*"}
			}
			globs = append(globs, one.Glob)
		}
	}
	return globs
}
