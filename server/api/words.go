package api

import (
	"html/template"
	"net/http"
	"net/url"
)

// wordsPage tells a person in a browser why a page is not shown. It needs no script.
var wordsPage = template.Must(template.New("words").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>{{.Title}} · Telltale</title><meta name="robots" content="noindex">
<link rel="stylesheet" href="/web/app.css"><link rel="icon" href="/web/icon/icon.svg"><script src="/web/first.js"></script></head>
<body class="way-in"><main><section class="card">
<h1>{{.Title}}</h1>
<p>{{.Detail}}</p>
<p><a href="/">To the start page</a></p>
{{if .Next}}<p><a href="/sign-in?next={{.Next}}">Sign in with another token</a></p>
{{end}}</section></main></body></html>
`))

// words are what it says.
type words struct {
	Title, Detail string
	Next          string // what was asked for, where another token may help
}

// inWords answers a person in a browser who may not do what they ask: it leads them to where a
// token is shown, or says what is missing. false leaves the answer to others.
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
	_ = wordsPage.Execute(w, of) // the client has gone: nobody is left to tell
}

// addressed is a path as a log may have it: the secret of a share link is none of its business.
func addressed(u *url.URL) string {
	const link = "/s/"
	if len(u.Path) > len(link) && u.Path[:len(link)] == link {
		return link + "…"
	}
	return u.Path
}
