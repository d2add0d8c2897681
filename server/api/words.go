package api

import (
	"html"
	"io"
	"net/http"
	"net/url"
)

// begunPage is how a page begins that needs no app and no script; the title follows. Package html/template is
// not used: it calls methods by their names, so that the linker keeps all methods that there are, a third of the binary.
const begunPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
`

// words are what a page says that tells a person in a browser why another is not shown.
type words struct {
	Title, Detail string
	Next          string // what was asked for, where another token may help
}

// inWords answers a person in a browser who may not do what they ask, or asks for a board, a metric or a room by what
// is no name: it leads them to where a token is shown, or says what is missing. false leaves the answer to others.
func inWords(w http.ResponseWriter, r *http.Request, err error) bool {
	if !wantsHTML(r) || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	p := explain(err)
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Del("Content-Type") // what the mux says of a page that is not there
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		return toSignIn(w, r, err)
	case http.StatusForbidden:
		sendWords(w, p.Status, words{Title: "This is not for you to see", Detail: asSentence(p.Detail), Next: r.URL.RequestURI()})
		return true
	case http.StatusBadRequest, http.StatusNotFound:
		if begin := r.URL.Path[:min(3, len(r.URL.Path))]; begin == "/b/" || begin == "/m/" || begin == "/r/" {
			sendWords(w, p.Status, words{Title: "There is nothing here", Detail: asSentence(p.Detail)})
			return true
		}
	}
	return false
}

// asSentence begins and ends a detail as a page does.
func asSentence(detail string) string {
	if detail == "" {
		return ""
	}
	if c := detail[0]; 'a' <= c && c <= 'z' {
		detail = string(c-'a'+'A') + detail[1:]
	}
	return detail + "."
}

func sendWords(w http.ResponseWriter, status int, of words) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	if header.Get("Referrer-Policy") == "" {
		header.Set("Referrer-Policy", "same-origin")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, of.page()) // the client has gone: nobody is left to tell
}

// page has all that comes from elsewhere escaped, in texts and in quoted attributes.
func (of words) page() string {
	next := ""
	if of.Next != "" {
		next = `<p><a href="/sign-in?next=` + html.EscapeString(url.QueryEscape(of.Next)) + `">Sign in with another token</a></p>
`
	}
	title := html.EscapeString(of.Title)
	return begunPage + `<title>` + title + ` · Telltale</title><meta name="robots" content="noindex">
<link rel="stylesheet" href="/web/app.css"><link rel="icon" href="/web/icon/icon.svg"><script src="/web/first.js"></script></head>
<body class="way-in"><main><section class="card">
<h1>` + title + `</h1>
<p>` + html.EscapeString(of.Detail) + `</p>
<p><a href="/">To the start page</a></p>
` + next + `</section></main></body></html>
`
}

// addressed is a path as a log may have it: the secret of a share link is none of its business.
func addressed(u *url.URL) string {
	const link = "/s/"
	if len(u.Path) > len(link) && u.Path[:len(link)] == link {
		return link + "…"
	}
	return u.Path
}
