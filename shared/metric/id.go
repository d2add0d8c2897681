package metric

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of an identity.
const (
	MaxName   = 128  // bytes of a metric's name, without labels
	MaxLabels = 32   // labels of one metric
	MaxID     = 2048 // bytes of the canonical form, name and labels together
)

// Grammar is what a refused name's error tells the user.
const Grammar = "a metric's name matches [A-Za-z_][A-Za-z0-9_.:-]{0,127}, with optional labels as in " +
	`name{code="200",job="web"} (at most 32 labels, 2 KiB in all)`

// ErrName is wrapped by every error of Parse.
var ErrName = errors.New("not a metric's name")

// ID is a metric's identity in canonical form: `orders` or
// `http_requests{code="200",job="web"}`. Only Parse makes one from input.
type ID string

// Label is one name and value of an identity; the value is unescaped.
type Label struct{ Name, Value string }

// Parse reads an identity and answers its canonical form: labels in any order
// come out sorted, and `name{}` is `name`. Escapes are those of the Prometheus
// text format: \\, \" and \n. Its errors wrap ErrName and state the grammar.
func Parse(s string) (ID, error) {
	name, rest := s, ""
	if i := strings.IndexByte(s, '{'); i >= 0 {
		name, rest = s[:i], s[i:]
	}
	if !validName(name) {
		return "", refuse(s, "")
	}
	labels, err := parseLabels(rest)
	if err != nil {
		return "", refuse(s, err.Error())
	}
	id := join(name, labels)
	if len(id) > MaxID {
		return "", refuse(s, "it is longer than 2 KiB")
	}
	return id, nil
}

// Name is the identity without its labels.
func (id ID) Name() string {
	name, _, _ := strings.Cut(string(id), "{")
	return name
}

// Labels are the identity's labels, sorted by name; nil where it has none.
func (id ID) Labels() []Label {
	i := strings.IndexByte(string(id), '{')
	if i < 0 {
		return nil
	}
	labels, err := parseLabels(string(id)[i:])
	if err != nil {
		return nil
	}
	return labels
}

func refuse(s, why string) error {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	if why != "" {
		why = " (" + why + ")"
	}
	return fmt.Errorf("%w: %q%s: %s", ErrName, s, why, Grammar)
}

func validName(s string) bool {
	if s == "" || len(s) > MaxName || !letter(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !inName(s[i]) {
			return false
		}
	}
	return true
}

func inName(c byte) bool { return letter(c) || digit(c) || c == '.' || c == ':' || c == '-' }

func letter(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }

// parseLabels reads `{a="b",c="d"}`; "" and "{}" hold none.
func parseLabels(s string) ([]Label, error) {
	if s == "" || s == "{}" {
		return nil, nil
	}
	if len(s) > 2*MaxID || s[len(s)-1] != '}' {
		return nil, errors.New("the labels do not end with }")
	}
	var labels []Label
	for s = s[1:]; ; s = s[1:] {
		l, rest, err := parseLabel(s)
		if err != nil {
			return nil, err
		}
		labels = append(labels, l)
		if len(labels) > MaxLabels {
			return nil, errors.New("more than 32 labels")
		}
		if rest == "}" {
			break
		}
		if rest == "" || rest[0] != ',' {
			return nil, errors.New("labels are separated by a comma")
		}
		s = rest
	}
	slices.SortFunc(labels, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(labels); i++ {
		if labels[i].Name == labels[i-1].Name {
			return nil, fmt.Errorf("label %s stands twice", labels[i].Name)
		}
	}
	return labels, nil
}

func parseLabel(s string) (l Label, rest string, err error) {
	n := 0
	for n < len(s) && (letter(s[n]) || n > 0 && digit(s[n])) {
		n++
	}
	if n == 0 || !strings.HasPrefix(s[n:], `="`) {
		return l, "", errors.New(`a label is name="value", its name [A-Za-z_][A-Za-z0-9_]*`)
	}
	l.Name = s[:n]
	value, rest, err := unquote(s[n+2:])
	l.Value = value
	return l, rest, err
}

// unquote reads up to the closing quote.
func unquote(s string) (value, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			if !utf8.ValidString(b.String()) {
				return "", "", errors.New("a label's value is not UTF-8")
			}
			return b.String(), s[i+1:], nil
		case '\\':
			i++
			if i == len(s) {
				return "", "", errors.New("a label's value has no closing quote")
			}
			switch s[i] {
			case '\\', '"':
				b.WriteByte(s[i])
			case 'n':
				b.WriteByte('\n')
			default:
				return "", "", errors.New(`a label's value knows the escapes \\, \" and \n`)
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("a label's value has no closing quote")
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func join(name string, labels []Label) ID {
	if len(labels) == 0 {
		return ID(name)
	}
	var b strings.Builder
	b.WriteString(name)
	for i, l := range labels {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(l.Name)
		b.WriteString(`="`)
		escapes.WriteString(&b, l.Value)
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return ID(b.String())
}
