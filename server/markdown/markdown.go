package markdown

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var reader = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough, extension.TaskList, extension.Linkify),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(below{}, 100))),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(boxes{}, 1))),
)

// below puts headings below those of a page and of its cards.
type below struct{}

// Transform lowers the headings by two levels, to the sixth at most.
func (below) Transform(page *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(page, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, is := n.(*ast.Heading); is && entering {
			h.Level = min(h.Level+2, 6)
		}
		return ast.WalkContinue, nil
	})
}

// boxes writes those of task lists as characters: they cannot be pressed, and a form's
// would have no name.
type boxes struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (boxes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(extast.KindTaskCheckBox, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			box := "☐ "
			if n.(*extast.TaskCheckBox).IsChecked {
				box = "☑ "
			}
			_, _ = w.WriteString(box)
		}
		return ast.WalkContinue, nil
	})
}

// policy is what may remain.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "del", "code", "pre", "blockquote",
		"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|right|center)$`)).OnElements("th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true) // with noopener
	return p
}()

// Bounds beyond which a text is tangled: the parser's time grows with their squares.
const (
	mostNested   = 32   // quotes and lists begun on one line
	mostBrackets = 2000 // [
	mostMarks    = 6000 // *, _ and ~
)

// HTML makes it of Markdown. A text that is too tangled to be read stays as it was
// written. It is safe for concurrent use.
func HTML(source string) string {
	return remembered.get(source, func() string {
		var page bytes.Buffer
		if tangled(source) || reader.Convert([]byte(source), &page) != nil {
			return "<pre>" + html.EscapeString(source) + "</pre>"
		}
		return policy.SanitizeReader(&page).String()
	})
}

func tangled(source string) bool {
	if strings.Count(source, "[") > mostBrackets || strings.Count(source, "*")+strings.Count(source, "_")+strings.Count(source, "~") > mostMarks {
		return true
	}
	for line := range strings.Lines(source) {
		if rest := strings.TrimLeft(line, beginnings); begun(line[:len(line)-len(rest)]) > mostNested && !isRule(line) {
			return true
		}
	}
	return false
}

// isRule tells whether a line draws one, as long as it likes.
func isRule(line string) bool {
	line = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, line)
	return strings.Trim(line, "-") == "" || strings.Trim(line, "*") == ""
}

// beginnings are what quotes and lists begin with.
const beginnings = "> \t-+*0123456789.)"

// begun is how many quotes and lists the beginning of a line begins at most.
func begun(beginning string) (n int) {
	for i := range len(beginning) {
		if strings.IndexByte(">-+*.)", beginning[i]) >= 0 {
			n++
		}
	}
	return n
}

// memory keeps what was made last: a page is asked for more often than its text changes.
type memory struct {
	mu   sync.Mutex
	made map[string]string
	size int // bytes of both
}

// mostMade is how much is remembered, in bytes.
const mostMade = 8 << 20

var remembered = memory{made: map[string]string{}}

func (m *memory) get(source string, make func() string) string {
	m.mu.Lock()
	made, is := m.made[source]
	m.mu.Unlock()
	if is {
		return made
	}
	made = make()
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, is := m.made[source]; is {
		return made
	}
	if m.size += len(source) + len(made); m.size > mostMade {
		clear(m.made)
		m.size = len(source) + len(made)
	}
	m.made[source] = made
	return made
}
