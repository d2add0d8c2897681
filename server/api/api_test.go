package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/server/store/sqlite"
)

// house is a whole server on the loopback: real store, ledger, hub and HTTP.
type house struct {
	t     testing.TB
	api   *API
	store *sqlite.Store
	url   string
	close func() // of the store
}

func open(t testing.TB, change ...func(*Options)) *house {
	return openWith(t, sqlite.Options{}, change...)
}

func openWith(t testing.TB, keep sqlite.Options, change ...func(*Options)) *house {
	t.Helper()
	store, err := sqlite.Open(t.Context(), t.TempDir(), keep)
	if err != nil {
		t.Fatal(err)
	}
	known, seq, err := store.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := hub.New(store.Epoch(), seq, known)
	page := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", name, r.URL.Path) })
	}
	o := Options{Ledger: ledger.New(store, h), Hub: h, Writable: store.Writable, Pages: page("page"), Assets: page("asset"),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "v0", Loopback: true, AdminLoopback: true}
	for _, c := range change {
		c(&o)
	}
	a := New(o)
	server := httptest.NewServer(a.Routes())
	house := &house{t: t, api: a, store: store, url: server.URL, close: sync.OnceFunc(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		a.Drain(ctx)
		server.Close()
		house.close()
	})
	a.Serving()
	return house
}

// reply is what a request got.
type reply struct {
	status int
	header http.Header
	body   string
}

// detail is the sentence of a problem+json answer.
func (r reply) detail() string {
	var p problem
	if r.header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(r.body), &p) != nil ||
		p.Status != r.status || p.Type != "about:blank" || p.Title == "" {
		return "not problem+json: " + r.body
	}
	return p.Detail
}

// ask sends a request; headers are "Name: value".
func (h *house) ask(method, path, body string, headers ...string) reply {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

// must is ask, of which 200 is expected.
func (h *house) must(method, path, body string, headers ...string) string {
	h.t.Helper()
	r := h.ask(method, path, body, headers...)
	if r.status != http.StatusOK {
		h.t.Fatalf("%s %s %q: %d %s", method, path, body, r.status, r.body)
	}
	return r.body
}

// value is what GET /m/ says of a metric.
func (h *house) value(name string) string {
	h.t.Helper()
	return strings.TrimSuffix(h.must("GET", "/m/"+name, ""), "\n")
}

// dial opens a WebSocket.
func (h *house) dial(path string) *peer {
	h.t.Helper()
	conn, _, err := websocket.Dial(h.t.Context(), strings.Replace(h.url, "http", "ws", 1)+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	conn.SetReadLimit(64 << 20)
	h.t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t: h.t, conn: conn}
}

// peer is a client's end of a socket.
type peer struct {
	t    testing.TB
	conn *websocket.Conn
}

func (p *peer) read() []byte {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	_, message, err := p.conn.Read(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	return message
}

// until reads until a message contains the text.
func (p *peer) until(text string) []byte {
	p.t.Helper()
	for {
		if message := p.read(); bytes.Contains(message, []byte(text)) {
			return message
		}
	}
}

func (p *peer) send(message string) {
	p.t.Helper()
	if err := p.conn.Write(p.t.Context(), websocket.MessageText, []byte(message)); err != nil {
		p.t.Fatal(err)
	}
}

// closed reads on to the end and answers its code.
func (p *peer) closed() websocket.StatusCode {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	for {
		if _, _, err := p.conn.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}
