package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
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

func TestHealthTellsOfRoomsAndWhyConnectionsEnded(t *testing.T) {
	h := open(t)
	closes := h.dial("/ws")
	closes.until("welcome")
	_ = closes.conn.Close(1000, "")
	breaks := h.dial("/ws")
	breaks.until("welcome")
	_ = breaks.conn.Write(t.Context(), websocket.MessageBinary, []byte("x"))
	breaks.closed()
	large := h.dial("/ws")
	large.until("welcome")
	large.send(strings.Repeat(" ", 64<<10+1))
	large.closed()
	member := h.dial("/ws")
	member.send(`{"type":"join","room_id":"build","user_id":"ann"}`)
	member.until("joined")
	listener := h.stream("/r/build")
	h.must("POST", "/r/build", "one")
	listener.expect("one")
	member.until("one")
	for h.api.Sockets() != 1 {
		runtimeYield(t)
	}
	var got struct {
		Active  int              `json:"active_connections"`
		Total   int              `json:"connections_total"`
		Closed  map[string]int   `json:"connections_closed"`
		Queued  *int             `json:"messages_queued"`
		Behind  *int             `json:"readers_behind"`
		Caught  *int             `json:"messages_caught_up"`
		Dropped *int             `json:"messages_dropped"`
		Rooms   int              `json:"rooms"`
		Busiest []map[string]any `json:"busiest_rooms"`
	}
	body := h.admin().must("GET", "/health", "")
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Active != 2 || got.Total != 5 || got.Rooms != 1 || len(got.Busiest) != 1 ||
		got.Queued == nil || *got.Queued != 0 || got.Behind == nil || got.Caught == nil || got.Dropped == nil {
		t.Errorf("%s, %v", body, err)
	}
	if want := map[string]int{"client": 1, "protocol": 1, "too_large": 1}; !maps.Equal(got.Closed, want) {
		t.Errorf("closed %v, want %v", got.Closed, want)
	}
	if room := got.Busiest[0]; room["room_id"] != "build" || room["members"] != 1.0 || room["connections"] != 2.0 || room["messages"] != 1.0 {
		t.Errorf("%v", room)
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

// What Prometheus says of names and types holds for ours, and clients cannot make more series than a few hundred.
func TestReadingsForPrometheusKeepToItsConventionsAndAreBounded(t *testing.T) {
	h := open(t)
	for n := range mostRooms + 20 {
		h.must("POST", fmt.Sprintf("/r/room.%d", n), "x")
	}
	quiet := h.stream("/r/room.7") // busier than those of which more was heard lately
	p := h.dial("/status")
	p.read()
	_ = p.conn.Close(1000, "")
	for h.api.Sockets() != 0 {
		runtimeYield(t)
	}
	families, err := h.api.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
	names := map[string]int{}
	for _, family := range families {
		names[family.GetName()] = len(family.GetMetric())
	}
	for name, want := range map[string]int{"telltale_room_members": 100, "telltale_room_connections": 100, "telltale_room_messages_total": 100,
		"telltale_sockets_closed_total": 1, "telltale_rooms": 1, "telltale_outbox_messages": 1, "telltale_room_messages_dropped_total": 1} {
		if names[name] != want {
			t.Errorf("%s has %d series, want %d", name, names[name], want)
		}
		// The name of a counter without _total must not be another's (OpenMetrics).
		if base, is := strings.CutSuffix(name, "_total"); is && names[base] != 0 {
			t.Errorf("%s and %s", name, base)
		}
	}
	got := h.admin().must("GET", "/metrics", "")
	for _, want := range []string{`telltale_room_connections{room="room.7"} 1`, `telltale_room_messages_total{room="room.119"} 1`, `telltale_rooms 120`, `telltale_sockets_closed_total{reason="client"} 1`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
	h.must("POST", "/r/room.7", "done")
	quiet.expect("done")
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

func TestOneWhoAsksFromElsewhereIsToldOfTheRoomsTheyMayRead(t *testing.T) {
	kept := &shelf{}
	all, cook := "Authorization: Bearer "+kept.add("all", "admin"), "Authorization: Bearer "+kept.add("cook", "read:kitchen")
	h := closed(t, kept, func(o *Options) { o.AdminLoopback = false })
	for _, room := range []string{"kitchen", "secret"} {
		if r := h.ask("POST", "/r/"+room, "said", all); r.status != 200 {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	for who, want := range map[string][]string{"": {}, cook: {"kitchen"}, all: {"kitchen", "secret"}} {
		var got struct {
			Rooms   int
			Busiest []busyRoom `json:"busiest_rooms"`
		}
		var header []string
		if who != "" {
			header = []string{who}
		}
		r := h.admin().ask("GET", "/health", "", header...)
		if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.status != 200 || got.Rooms != 2 {
			t.Errorf("%q: %d %s", who, r.status, r.body)
		}
		names := []string{}
		for _, room := range got.Busiest {
			names = append(names, room.Room)
		}
		if slices.Sort(names); !slices.Equal(names, want) {
			t.Errorf("%q was told of %q, want %q", who, names, want)
		}
	}
}
