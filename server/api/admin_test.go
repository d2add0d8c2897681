package api

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// admin is the same house's second port.
func (h *house) admin() *house {
	server := httptest.NewServer(h.api.AdminRoutes())
	h.t.Cleanup(server.Close)
	return &house{t: h.t, api: h.api, store: h.store, url: server.URL}
}

func TestHealthCountsSocketsAndTheirMessages(t *testing.T) {
	h := open(t)
	p := h.dial("/ws")
	p.until("welcome")
	p.send(`{"type":"ping"}`)
	p.until("pong")
	var got struct {
		Status   string
		Active   int      `json:"active_connections"`
		Total    int      `json:"connections_total"`
		Sent     int      `json:"messages_sent"`
		Received int      `json:"messages_received"`
		Rate     *float64 `json:"messages_per_second"`
	}
	if err := json.Unmarshal([]byte(h.admin().must("GET", "/health", "")), &got); err != nil ||
		got.Status != "ok" || got.Active != 1 || got.Total != 1 || got.Sent != 2 || got.Received != 1 || got.Rate == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestARateIsTheMeanOfTheLastWholeSeconds(t *testing.T) {
	var r rate
	at := time.Unix(1_000_000, 0)
	for s := range 20 {
		for n := range 5 {
			r.add(at.Add(time.Duration(s)*time.Second), 4+n)
		}
	}
	now := at.Add(20 * time.Second)
	if got := r.perSecond(now); got != 30 {
		t.Errorf("%v a second, want 30", got)
	}
	if got := r.perSecond(now.Add(5 * time.Second)); got != 15 {
		t.Errorf("five seconds later %v, want 15", got)
	}
	if got := r.perSecond(now.Add(time.Hour)); got != 0 {
		t.Errorf("an hour later %v", got)
	}
}

func TestReadyFollowsTheServersLife(t *testing.T) {
	h := open(t)
	h.api.state.Store(starting)
	admin := h.admin()
	if r := admin.ask("GET", "/ready", ""); r.status != 503 || !strings.Contains(r.detail(), "starting") {
		t.Errorf("at first %d %s", r.status, r.body)
	}
	h.api.Serving()
	if r := admin.ask("GET", "/ready", ""); r.status != 200 {
		t.Errorf("serving: %d %s", r.status, r.body)
	}
	h.api.Drain(context.Background())
	if r := admin.ask("GET", "/ready", ""); r.status != 503 || !strings.Contains(r.detail(), "draining") {
		t.Errorf("draining: %d %s", r.status, r.body)
	}
	if r := h.ask("GET", "/ws", "", "Upgrade: websocket", "Connection: Upgrade"); r.status != 503 {
		t.Errorf("a socket while draining: %d %s", r.status, r.body)
	}
}

func TestTheServersOwnReadingsAreThereForPrometheus(t *testing.T) {
	h := open(t)
	h.must("POST", "/order", "")
	h.ask("DELETE", "/product", "")
	got := h.admin().must("GET", "/metrics", "")
	for _, want := range []string{
		`telltale_mutations_total{outcome="accepted"} 1`, `telltale_mutations_total{outcome="refused"} 1`,
		`telltale_http_requests_total{code="200",method="POST",route="POST /order"} 1`, `telltale_build_info{version="v0"} 1`,
		"telltale_sockets 0", "# HELP telltale_http_request_duration_seconds ", "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestTheAdminPortKnowsNothingElseAndLooksAtTheHost(t *testing.T) {
	admin := open(t).admin()
	if r := admin.ask("POST", "/order", ""); r.status != 404 {
		t.Errorf("an order: %d", r.status)
	}
	for _, path := range []string{"/", "/m/orders", "/nowhere"} {
		if r := admin.ask("GET", path, "", "Accept: text/html"); r.status != 404 || !strings.Contains(r.detail(), path) {
			t.Errorf("a browser that opens %s: %d %s", path, r.status, r.body)
		}
	}
	if r := admin.ask("GET", "/metrics", "", "Host: evil.example"); r.status != 403 {
		t.Errorf("under a foreign name: %d", r.status)
	}
	if r := admin.ask("GET", "/debug/pprof/", ""); r.status != 200 {
		t.Errorf("pprof: %d", r.status)
	}
	if r := admin.ask("POST", "/health", ""); r.status != 405 || r.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /health: %d", r.status)
	}
}
