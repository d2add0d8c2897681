package ui

import (
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// attr makes a value fit for an attribute. In the browser it is left alone. On the
// server go-app would write it with strconv.Quote, which HTML does not understand,
// and "true" as an attribute without a value: there, all that either would change
// is written as a character reference.
func attr(value string) string {
	if app.IsClient {
		return value
	}
	return escapeAttr(value)
}

func escapeAttr(value string) string {
	if value == "true" {
		return "&#116;rue"
	}
	var b strings.Builder
	for _, r := range value {
		if r == '"' || r == '\\' || r == '&' || r == '<' || r == '>' || !strconv.IsPrint(r) {
			b.WriteString("&#")
			b.WriteString(strconv.Itoa(int(r)))
			b.WriteByte(';')
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plain makes a page's title fit for go-app's pre-render, which writes it both as
// text and into an attribute.
func plain(title string) string {
	if app.IsClient {
		return title
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r == '<':
			return '‹'
		case r == '>':
			return '›'
		case !strconv.IsPrint(r):
			return -1
		}
		return r
	}, title)
}
