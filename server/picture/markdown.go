package picture

import (
	"strings"

	"telltale/shared/scene"
)

// textRows shows Markdown (CommonMark) as plain rows: headings strong, lists with a dot, code as it
// stands, of marks within a line the text alone. What it takes for marks is read line by line and
// is not the page's rendering; nothing of it is lost but the marks.
func textRows(text string, most int, fold func(string) []string) (rows []row) {
	fenced, pending := false, ""
	put := func(text string, strong bool, role scene.Role) {
		for _, part := range fold(text) {
			rows = append(rows, row{left: []piece{{text: part, role: role, weight: weightOf(strong)}}})
		}
	}
	flush := func() {
		if pending != "" {
			put(inline(pending), false, scene.Ink)
			pending = ""
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n \t")
		bare := strings.TrimLeft(line, " \t")
		switch {
		case strings.HasPrefix(bare, "```") || strings.HasPrefix(bare, "~~~"):
			flush()
			fenced = !fenced
		case fenced:
			put(strings.ReplaceAll(line, "\t", "    "), false, scene.Muted)
		case bare == "":
			flush()
			if len(rows) > 0 && len(rows[len(rows)-1].left) > 0 {
				rows = append(rows, row{})
			}
		case heading(bare) != "":
			flush()
			put(inline(heading(bare)), true, scene.Ink)
		case bullet(bare) != "":
			flush()
			pending = strings.Repeat(" ", len(line)-len(bare)) + "• " + bullet(bare)
		case strings.HasPrefix(bare, ">"):
			flush()
			put("› "+inline(strings.TrimLeft(bare, "> ")), false, scene.Muted)
		case strings.Trim(bare, "-*_ ") == "" && len(bare) > 2:
			flush()
		case pending != "":
			pending += " " + bare
		default:
			pending = bare
		}
		if len(rows) > most {
			break
		}
	}
	flush()
	for len(rows) > 0 && len(rows[len(rows)-1].left) == 0 {
		rows = rows[:len(rows)-1]
	}
	return rows[:min(len(rows), most)]
}

func weightOf(strong bool) scene.Weight {
	if strong {
		return scene.Semibold
	}
	return scene.Regular
}

// heading is the text of a heading's line; "" for any other.
func heading(line string) string {
	marks := len(line) - len(strings.TrimLeft(line, "#"))
	if marks == 0 || marks > 6 || len(line) == marks || line[marks] != ' ' {
		return ""
	}
	return strings.TrimRight(strings.TrimSpace(line[marks:]), "# ")
}

// bullet is the text of a list's item; "" for any other.
func bullet(line string) string {
	if len(line) > 2 && strings.ContainsRune("-*+", rune(line[0])) && line[1] == ' ' {
		return strings.TrimSpace(line[2:])
	}
	return ""
}

// inline takes the marks out of a line: emphasis, code, and all of a link but its text.
func inline(text string) string {
	var out strings.Builder
	code := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && !code:
			i++
			out.WriteByte(text[i])
		case c == '`':
			code = !code
		case !code && (c == '*' || c == '~' && strings.HasPrefix(text[i:], "~~")):
			if c == '~' {
				i++
			} else if i+1 < len(text) && text[i+1] == ' ' && (i == 0 || text[i-1] == ' ') {
				out.WriteByte(c) // 2 * 3
			}
		case !code && c == '_' && (!letter(text, i-1) || !letter(text, i+1)):
		case !code && (c == '[' || c == '!' && strings.HasPrefix(text[i:], "![")):
			label, rest, is := link(text[i:])
			if !is {
				out.WriteByte(c)
				continue
			}
			out.WriteString(inline(label))
			i = len(text) - len(rest) - 1
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// letter tells whether a letter or a figure stands there.
func letter(text string, at int) bool {
	return at >= 0 && at < len(text) && (text[at] >= 0x80 || text[at]|0x20 >= 'a' && text[at]|0x20 <= 'z' || text[at] >= '0' && text[at] <= '9')
}

// link takes [label](address) apart from what follows it.
func link(text string) (label, rest string, is bool) {
	text = strings.TrimPrefix(text, "!")
	label, rest, is = strings.Cut(text[1:], "](")
	if !is || strings.ContainsAny(label, "[]") {
		return "", "", false
	}
	_, rest, is = strings.Cut(rest, ")")
	return label, rest, is
}
