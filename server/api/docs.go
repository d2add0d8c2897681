package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"telltale/server/markdown"
)

// hereMark stands on the page of the API for where this server is.
const hereMark = "\x00"

// getDocs answers the description of the API for people. It needs no app and no script: first.js only sets the theme
// that was chosen.
func (a *API) getDocs(w http.ResponseWriter, r *http.Request) error {
	d, err := a.description()
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "same-origin")
	at := a.address(r, "")
	if strings.Trim(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/_-[]") != "" {
		at = "localhost:8082" // not what a shell would obey
	}
	_, _ = io.WriteString(w, strings.ReplaceAll(d.page, hereMark, html.EscapeString(at))) // the client has gone: nobody is left to tell
	return nil
}

// docs is the page.
func (d *description) docs() string {
	var b strings.Builder
	b.WriteString(begunPage + `<title>API · Telltale</title><meta name="theme-color" content="#f4f6f8">
<link rel="stylesheet" href="/web/app.css"><link rel="stylesheet" href="/web/docs.css"><link rel="icon" href="/web/icon/icon.svg"><script src="/web/first.js"></script></head>
<body class="docs"><a class="skip" href="#main">Skip to the calls</a>
<header class="masthead"><div class="inner"><a class="brand" href="/"><svg class="glyph" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="M1 10.3h3l1.8-4.8 2.3 6.6 1.4-3.7"/><circle class="lit" cx="12" cy="5.5" r="2.2"/></svg>Telltale</a></div></header>
<main class="inner" id="main" tabindex="-1"><h1>The API</h1>
` + markdown.HTML(d.Info.Description) + `<h2>Who may ask</h2>
` + markdown.HTML(d.Access) + `<p>All of this for machines, as OpenAPI 3.1:</p>
<pre><code>curl ` + hereMark + `/api/v1/openapi.json</code></pre>
<nav aria-label="Chapters"><ul>`)
	for _, c := range d.chapters {
		fmt.Fprintf(&b, `<li><a href="#%s">%[1]s</a></li>`, html.EscapeString(c.Name))
	}
	b.WriteString("<li><a href=\"#Schemas\">Schemas</a></li></ul></nav>\n")
	for _, c := range d.chapters {
		fmt.Fprintf(&b, "<section><h2 id=\"%s\">%[1]s</h2>\n%s", html.EscapeString(c.Name), markdown.HTML(c.About))
		for _, each := range c.Calls {
			d.writeCall(&b, each)
		}
		b.WriteString("</section>\n")
	}
	b.WriteString("<section><h2 id=\"Schemas\">Schemas</h2>\n")
	for _, name := range slices.Sorted(maps.Keys(d.Schemas)) {
		var text bytes.Buffer
		_ = json.Indent(&text, d.Schemas[name], "", "  ") // it was read as JSON
		fmt.Fprintf(&b, "<details><summary>%s</summary><pre id=\"schema-%[1]s\"><code>%s</code></pre></details>\n", html.EscapeString(name), html.EscapeString(text.String()))
	}
	b.WriteString("</section>\n</main></body></html>\n")
	return b.String()
}

// writeCall writes one call.
func (d *description) writeCall(b *strings.Builder, c *call) {
	method, path := c.address()
	fmt.Fprintf(b, "<article id=\"%s\"><h3><code><b>%s</b> %s</code></h3>\n<p class=\"says\">%s</p>\n%s", html.EscapeString(c.ID),
		method, html.EscapeString(path), html.EscapeString(c.Summary), markdown.HTML(c.About))
	if scope := c.rule.scope; scope != "" {
		fmt.Fprintf(b, "<p class=\"scope\">Scope <code>%s</code></p>\n", html.EscapeString(scope))
	}
	if !c.Socket {
		fmt.Fprintf(b, "<pre><code>%s</code></pre>\n", html.EscapeString(d.curl(c)))
	}
	b.WriteString("<details><summary>Parameters and answers</summary><dl>\n")
	for _, name := range c.parameters(&d.common) {
		p := d.Parameters[name]
		fmt.Fprintf(b, "<dt><code>%s</code> <span>%s%s</span></dt><dd>%s</dd>\n", html.EscapeString(p.Name), p.In, html.EscapeString(d.bounds(p.Schema)), inline(p.Description))
	}
	if c.Body != nil {
		fmt.Fprintf(b, "<dt>Body</dt><dd>%s</dd>\n", types(c.Body.Content))
	}
	statuses := c.statuses()
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		of := statuses[status]
		says, sent := of.Description, types(of.Content)
		if name := strings.TrimPrefix(of.Ref, "#/components/responses/"); name != "" {
			status, says, sent = name, d.Refusals[name], ""
		}
		fmt.Fprintf(b, "<dt>%s</dt><dd>%s</dd>\n", status, strings.TrimSpace(inline(says)+" "+sent))
	}
	b.WriteString("</dl></details></article>\n")
}

// inline is Markdown of one paragraph, without its element.
func inline(text string) string {
	made := strings.TrimSpace(markdown.HTML(text))
	return strings.TrimSuffix(strings.TrimPrefix(made, "<p>"), "</p>")
}

// types are the media types of what is sent, with what each holds.
func types(of content) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(of)) {
		text := "<code>" + html.EscapeString(kind) + "</code>"
		var schema struct {
			Ref   string `json:"$ref"`
			Items struct {
				Ref string `json:"$ref"`
			} `json:"items"`
		}
		_ = json.Unmarshal(of[kind].Schema, &schema) // it was read as JSON, and none is none
		if name := strings.TrimPrefix(cmp.Or(schema.Ref, schema.Items.Ref), "#/components/schemas/"); name != "" {
			text += fmt.Sprintf(" <a href=\"#schema-%s\">%[1]s</a>", html.EscapeString(name))
		}
		if schema.Items.Ref != "" {
			text += "[]"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// bounds are the words for what a parameter may be.
func (d *description) bounds(schema json.RawMessage) string {
	var of struct {
		Ref              string `json:"$ref"`
		Type             string
		Pattern          string
		Enum             []any
		Minimum, Maximum *float64
		MaxLength        int
		Default          any
	}
	_ = json.Unmarshal(schema, &of)
	if of.Ref != "" {
		return d.bounds(d.Schemas[strings.TrimPrefix(of.Ref, "#/components/schemas/")])
	}
	text := ", " + of.Type
	if of.Minimum != nil {
		text += fmt.Sprintf(" from %g", *of.Minimum)
	}
	if of.Maximum != nil {
		text += fmt.Sprintf(" to %g", *of.Maximum)
	}
	if of.Enum != nil {
		text += " " + strings.Trim(fmt.Sprint(of.Enum), "[]")
	}
	if of.Pattern != "" {
		text += " " + of.Pattern
	}
	if of.MaxLength > 0 {
		text += fmt.Sprintf(", at most %d bytes", of.MaxLength)
	}
	if of.Default != nil {
		text += fmt.Sprintf(", %v where it is left out", of.Default)
	}
	return text
}

// example is a request that the call answers; kind is the body's media type.
func (d *description) example(c *call, kind string) (method, target, body string) {
	method, target = c.address()
	query := c.Try
	for _, name := range c.parameters(&d.common) {
		switch p := d.Parameters[name]; {
		case p.In == "path":
			target = strings.ReplaceAll(target, "{"+p.Name+"}", url.PathEscape(p.Example))
		case p.Required && p.In == "query":
			query = strings.Trim(query+"&"+p.Name+"="+url.QueryEscape(p.Example), "&")
		}
	}
	if query != "" {
		target += "?" + query
	}
	if c.Body == nil {
		return method, target, ""
	}
	sample := c.Body.Content[kind].Example
	form := map[string]string{}
	switch {
	case json.Unmarshal(sample, &body) == nil: // text
	case kind == "application/x-www-form-urlencoded" && json.Unmarshal(sample, &form) == nil:
		fields := url.Values{}
		for name, value := range form {
			fields.Set(name, value)
		}
		body = fields.Encode()
	default:
		var text bytes.Buffer
		_ = json.Compact(&text, sample) // it was read as JSON
		body = text.String()
	}
	return method, target, body
}

// curl is the line that sends the example.
func (d *description) curl(c *call) string {
	kind := ""
	if c.Body != nil {
		kind = slices.Min(slices.Collect(maps.Keys(c.Body.Content)))
	}
	method, target, body := d.example(c, kind)
	line := "curl "
	if c.Lasts {
		line += "-N "
	}
	if method != http.MethodGet && (method != http.MethodPost || body == "") {
		line += "-X " + method + " "
	}
	if body != "" {
		line += "-d " + quotedWord(body) + " "
	}
	return line + quotedWord(hereMark+target)
}

// quotedWord is a word of a shell's line.
func quotedWord(text string) string {
	if strings.Trim(text, hereMark+"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_:,-") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
