package api

import (
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"telltale/server/auth"
)

// signedIn is how long a browser keeps the token.
const signedIn = 90 * 24 * time.Hour

// maxForm is how large the form that signs in may be, bytes.
const maxForm = 32 << 10

// signIn is the page on which a token is shown. It works without the app, whose code a browser may not have yet,
// and without scripts: first.js only sets the theme that was chosen, shows what is typed, and forgets what was seen.
type signIn struct {
	Host, Next, Wrong string
	Ended             bool // the access that there was
	Back              bool // the browser is to go on to Next by itself
}

// page has all that comes from elsewhere escaped, in texts and in quoted attributes.
func (of signIn) page() string {
	next, wrong := html.EscapeString(of.Next), html.EscapeString(of.Wrong)
	back, says, marked := "", "", ""
	if of.Back {
		back = `<meta http-equiv="refresh" content="0;url=` + next + `">`
	}
	switch {
	case wrong != "":
		says = `<p id="wrong" class="wrong" role="alert">` + wrong + `</p>`
		marked = ` aria-invalid="true" aria-describedby="wrong"`
	case of.Ended:
		says = `<p class="ended" role="status">Your access has ended. Changes that were not saved are kept on this machine.</p>`
	}
	return begunPage + back + `<title>Sign in · Telltale</title><meta name="theme-color" content="#f4f6f8"><meta name="robots" content="noindex">
<link rel="stylesheet" href="/web/app.css"><link rel="icon" href="/web/icon/icon.svg"><script src="/web/first.js"></script></head>
<body class="way-in"><main>
<form method="post" action="/sign-in" class="card">
<svg class="glyph" viewBox="0 0 16 16" width="40" height="40" aria-hidden="true" focusable="false"><path d="M1 10.3h3l1.8-4.8 2.3 6.6 1.4-3.7"/><circle class="lit" cx="12" cy="5.5" r="2.2"/></svg>
<h1>Sign in to Telltale</h1>
<p class="where"><bdi>` + html.EscapeString(of.Host) + `</bdi></p>
` + says + `
<label for="token">Token</label>
<div class="field"><input id="token" name="token" type="password" autocomplete="current-password" autocapitalize="off" autocorrect="off" spellcheck="false" required autofocus` + marked + `>
<button type="button" id="show" class="chip" aria-pressed="false" hidden>Show</button></div>
<input type="hidden" name="next" value="` + next + `">
<button type="submit" class="chip full">Sign in</button>
<p class="hint">Whoever runs this server makes a token, and it is shown once:</p>
<pre class="hint"><code>telltale token create NAME --scope read</code></pre>
</form></main></body></html>
`
}

// toSignIn leads a person in a browser, who was refused for want of a token, to where one is shown.
func toSignIn(w http.ResponseWriter, r *http.Request, err error) bool {
	p := explain(err)
	if p.Status != http.StatusUnauthorized || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	return true
}

func (a *API) getSignIn(w http.ResponseWriter, r *http.Request) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	return a.sendSignIn(w, r, http.StatusOK, query.Get("next"), "")
}

func (a *API) sendSignIn(w http.ResponseWriter, r *http.Request, status int, next, wrong string) error {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	of := signIn{Host: r.Host, Next: here(next), Wrong: wrong, Ended: r.URL.Query().Has("ended"), Back: fromElsewhere(r)}
	_, _ = io.WriteString(w, of.page()) // the client has gone: nobody is left to tell
	return nil
}

// fromElsewhere tells who follows a link on another site, and is not known to have signed in: a
// browser keeps the strict cookie back until this server's own page leads on.
func fromElsewhere(r *http.Request) bool {
	_, err := r.Cookie(auth.Cookie)
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Site") == "cross-site" && err != nil
}

// postSignIn puts a token that is valid into a cookie that scripts cannot read and other
// sites' pages cannot send.
func (a *API) postSignIn(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		if size := (*http.MaxBytesError)(nil); errors.As(err, &size) {
			return err
		}
		return refuse(http.StatusBadRequest, "this is not the form of /sign-in")
	}
	token, next := strings.TrimSpace(r.PostForm.Get("token")), r.PostForm.Get("next")
	if a.Gate != nil {
		if _, err := a.Gate.Keyring.Find(token); err != nil {
			return a.sendSignIn(w, r, http.StatusUnauthorized, next, "This token is not known here, or has ended.")
		}
		setCookie(w, r, token, int(signedIn.Seconds()))
	}
	http.Redirect(w, r, here(next), http.StatusSeeOther)
	return nil
}

// postSignOut takes the cookies away.
func (a *API) postSignOut(w http.ResponseWriter, r *http.Request) error {
	setCookie(w, r, "", -1)
	http.SetCookie(w, &http.Cookie{Name: auth.LinkCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: encrypted(r)})
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

func setCookie(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: auth.Cookie, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: encrypted(r)})
}

// here is a path of this server: what came with a link may name another one.
func here(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") || u.Path == "/sign-in" {
		return "/"
	}
	return next
}
