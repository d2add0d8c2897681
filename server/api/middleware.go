package api

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"telltale/server/auth"
)

// answer is an HTTP handler that leaves its errors to explain.
type answer func(w http.ResponseWriter, r *http.Request) error

// answering makes an http.Handler of an answer.
func (a *API) answering(do answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := do(w, r)
		if err == nil || errors.Is(err, errGone) || r.Context().Err() != nil {
			return
		}
		p := explain(err)
		if p.Status >= http.StatusInternalServerError {
			a.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		p.write(w)
	})
}

// around is what every request of a port passes through.
func (a *API) around(mux *http.ServeMux, loopback bool) http.Handler {
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &recorder{ResponseWriter: w}
		route := "other"
		defer func() {
			a.recovered(seen, r, recover())
			a.metrics.request(route, r.Method, seen.status, time.Since(begun))
			a.Log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", seen.status), slog.Duration("took", time.Since(begun)), slog.String("from", r.RemoteAddr))
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if loopback && !auth.IsLocal(r.Host) {
			refuseHost(seen, r)
			return
		}
		if err := cross.Check(r); err != nil {
			(&problem{Status: http.StatusForbidden, Detail: "a page of another site may not change anything here"}).write(seen)
			return
		}
		if _, pattern := mux.Handler(r); pattern != "" {
			route = pattern
			mux.ServeHTTP(seen, r)
			return
		}
		a.unrouted(mux, seen, r)
	})
}

// unrouted answers a path or a method that no route has.
func (a *API) unrouted(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	none := &discard{header: http.Header{}}
	mux.ServeHTTP(none, r)
	switch {
	case none.status == http.StatusMethodNotAllowed:
		allow := none.header.Get("Allow")
		w.Header().Set("Allow", allow)
		(&problem{Status: none.status, Detail: r.Method + " is not possible here, only " + allow}).write(w)
	case none.status >= 300 && none.status < 400:
		mux.ServeHTTP(w, r)
	case a.Pages != nil && wantsHTML(r) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		a.Pages.ServeHTTP(w, r)
	default:
		(&problem{Status: http.StatusNotFound, Detail: "there is nothing at " + r.URL.Path}).write(w)
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
	a.Log.Error("request panicked", "method", r.Method, "path", r.URL.Path, "panic", cause, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // the client must not take half an answer for a whole one
	}
	explain(errors.New("panic")).write(w)
}

func refuseHost(w http.ResponseWriter, r *http.Request) {
	(&problem{Status: http.StatusForbidden, Detail: "this server is reached as localhost only, not as " + r.Host +
		": listen on another address (--listen) to be reached by that name"}).write(w)
}

// wantsHTML tells a browser that opens a page from everything else.
func wantsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// wantsSocket tells a WebSocket handshake.
func wantsSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 || status == http.StatusSwitchingProtocols {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController and the WebSocket library reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// discard takes an answer of which only status and header are wanted.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
