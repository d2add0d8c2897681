package api

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// answer is an HTTP handler that leaves its errors to explain.
type answer func(w http.ResponseWriter, r *http.Request) error

// answering makes an http.Handler of an answer, for those whom the rule lets in.
func (a *API) answering(rule rule, do answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := a.sure(a.meets(r, rule))
		if err == nil {
			with, done := a.sharing(r)
			defer done()
			err = do(w, with)
		}
		if err == nil || errors.Is(err, errGone) || inWords(w, r, err) {
			return
		}
		p := explain(err)
		if p.Status >= http.StatusInternalServerError {
			if r.Context().Err() != nil {
				// Who asked is no longer there, and nothing was done. Returning would be 200.
				panic(http.ErrAbortHandler)
			}
			a.complain("request failed", "method", r.Method, "path", addressed(r.URL), "error", err)
		}
		p.write(w)
	})
}

// handled makes an answer of a handler that answers its errors itself.
func handled(h http.Handler) answer {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// packed is an answer that is sent packed to who takes it so.
func (a *API) packed(do answer) answer {
	if a.Packs == nil {
		return do
	}
	return func(w http.ResponseWriter, r *http.Request) error { return do(a.Packs(w, r), r) }
}

// around is what every request of a port passes through. pages answers a browser
// that asks for what no route has; nil where a port has no pages.
func (a *API) around(mux *http.ServeMux, pages http.Handler, loopback bool) http.Handler {
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		if pages != nil {
			r = a.through(r)
		}
		seen := &recorder{ResponseWriter: w, r: r}
		defer func() {
			route := r.Pattern
			if route == "" {
				route = "other"
			}
			a.metrics.request(route, r.Method, seen, time.Since(begun))
			a.Log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("method", r.Method), slog.String("path", addressed(r.URL)),
				slog.Int("status", seen.status), slog.Duration("took", time.Since(begun)), slog.String("from", r.RemoteAddr))
		}()
		defer func() { a.recovered(seen, r, recover()) }()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		a.sayStale(w)
		if !a.named(r.Host, loopback) {
			refuseHost(seen, r)
			return
		}
		if err := cross.Check(r); err != nil {
			(&problem{Status: http.StatusForbidden, Detail: "a page of another site may not change anything here"}).write(seen)
			return
		}
		asked, err := a.asking(r)
		err = a.sure(err)
		if pages != nil { // not the port by which is asked whether the server is there
			// Who shows a token that is not valid is counted as who shows none.
			if fast := a.pace(callerOf(asked), r.RemoteAddr); fast != nil {
				err = fast
			}
		}
		if err != nil {
			explain(err).write(seen)
			return
		}
		r, seen.r = asked, asked
		// A path that is percent-encoded in part only, as in /m/a{b="%2F"}, would be taken
		// for plain text, and its %2F for a slash between two names.
		r.URL.RawPath = plain.Replace(r.URL.RawPath)
		mux.ServeHTTP(seen, r)
		if seen.unrouted != 0 {
			a.answerUnrouted(seen, pages)
		}
	})
}

// plain is what people write in a path as it is, though RFC 3986 has it encoded.
var plain = strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22", `\`, "%5C", "<", "%3C", ">", "%3E", "|", "%7C", "^", "%5E", "`", "%60")

// answerUnrouted answers a path or a method that no route has.
func (a *API) answerUnrouted(w *recorder, pages http.Handler) {
	r, status := w.r, w.unrouted
	w.unrouted = 0
	if err := a.meets(r, someone); err != nil { // what there is and is not is nobody else's business
		if !inWords(w, r, err) {
			explain(err).write(w)
		}
		return
	}
	switch {
	case status == http.StatusMethodNotAllowed:
		explain(refuse(status, "%s is not possible here, only %s", r.Method, w.Header().Get("Allow"))).write(w)
	case pages != nil && wantsHTML(r) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		w.Header().Del("Content-Type")
		pages.ServeHTTP(w.ResponseWriter, r)
	default:
		explain(refuse(status, "there is nothing at %s", r.URL.Path)).write(w)
	}
}

// recovered turns a panic into an answer, where none was begun, and a log line.
func (a *API) recovered(w *recorder, r *http.Request, cause any) {
	if cause == nil {
		return
	}
	if err, is := cause.(error); is && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	a.Log.Error("request panicked", "method", r.Method, "path", addressed(r.URL), "panic", cause, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // the client must not take half an answer for a whole one
	}
	explain(errors.New("panic")).write(w)
}

// wantsHTML tells a browser that opens a page from everything else.
func wantsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// wantsSocket tells a WebSocket handshake.
func wantsSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// recorder notes the status of an answer, and keeps back what the mux says of a
// request that no route has.
type recorder struct {
	http.ResponseWriter
	r        *http.Request
	status   int
	unrouted int
	lasts    bool
}

// lasting says that the answer takes as long as its reader or its sender wants,
// which is no measure of the server.
func lasting(w http.ResponseWriter) {
	if seen, is := w.(*recorder); is {
		seen.lasts = true
	}
}

// WriteHeader notes the status and passes it on, but for one of a request that no route has.
func (w *recorder) WriteHeader(status int) {
	if w.r.Pattern == "" && w.status == 0 && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		w.status, w.unrouted = status, status
		return
	}
	if w.status == 0 && status >= 200 || status == http.StatusSwitchingProtocols {
		w.status = status
		w.secure()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write passes b on, but for what the mux says where no route is.
func (w *recorder) Write(b []byte) (int, error) {
	if w.unrouted != 0 {
		return len(b), nil
	}
	if w.status == 0 {
		w.status = http.StatusOK
		w.secure()
	}
	return w.ResponseWriter.Write(b)
}

// secure gives HTML that has no policy of its own, as that of redirects, one by which it loads
// nothing, runs nothing and is in nobody's frame.
func (w *recorder) secure() {
	if h := w.Header(); strings.HasPrefix(h.Get("Content-Type"), "text/html") && h.Get("Content-Security-Policy") == "" {
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	}
}

// Unwrap lets http.ResponseController and the WebSocket library reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
