package journey

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"telltale/server/store/redistest"
)

// TestWhileRedisIsAwayWhatIsKnownIsToldWithItsAge asks all that a viewer asks: of a process that
// has heard all there is, and of one that came later.
func TestWhileRedisIsAwayWhatIsKnownIsToldWithItsAge(t *testing.T) {
	redis := redistest.Start(t)
	one := quiet(t, "--redis", redis.URL())
	eventually(t, wait, "the process has reached Redis", func() bool {
		status, _ := one.call("GET", "/m/customers", "", "Accept", "text/plain")
		return status == http.StatusOK
	})
	one.must("POST", "/m/load", "41")
	one.must("POST", "/m/load", "42")
	one.must("POST", "/r/hall", "first line")
	one.must("POST", "/r/hall", "second line")
	before := one.must("GET", "/api/v1/metrics/load/history?from=-5m", "")
	other := quiet(t, "--redis", redis.URL())
	eventually(t, wait, "the second process has reached Redis", func() bool {
		status, _ := other.call("GET", "/m/load", "", "Accept", "text/plain")
		return status == http.StatusOK
	})
	redis.Kill()
	for _, s := range []*server{one, other} {
		eventually(t, wait, "the loss is noticed", func() bool {
			_, header := s.head("/m/load")
			return header.Get("Telltale-Stale") != ""
		})
		if value := s.must("GET", "/m/load", "", "Accept", "text/plain"); value != "42\n" {
			t.Errorf("load is %q", value)
		}
	}
	if after := one.must("GET", "/api/v1/metrics/load/history?from=-5m", ""); strings.Count(after, "[") != strings.Count(before, "[") || !strings.Contains(after, "41") {
		t.Errorf("the history was %s and is %s", before, after)
	}
	if status, answer := other.call("GET", "/api/v1/metrics/load/history?from=-5m", ""); status != http.StatusServiceUnavailable || !strings.Contains(answer, "since it started") {
		t.Errorf("who has not heard it answers %d %s", status, answer)
	}
	if status, header := other.head("/api/v1/metrics/load/history?from=-5m"); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("who has not heard it answers %d, Retry-After %q", status, header.Get("Retry-After"))
	}
	if lines := one.must("GET", "/api/v1/rooms/hall/messages", ""); !strings.Contains(lines, "first line") || !strings.Contains(lines, "second line") {
		t.Errorf("the room has %s", lines)
	}
	if status, answer := other.call("GET", "/api/v1/rooms/hall/messages", ""); status != http.StatusServiceUnavailable || !strings.Contains(answer, "only the newest") {
		t.Errorf("who has not heard them answers %d %s", status, answer)
	}

	p := dialRoom(one, "hall", "ada")
	p.send(map[string]any{"type": "join", "id": "2", "room_id": "hall", "user_id": "ada", "since": "all"})
	for _, content := range []string{"first line", "second line"} {
		if m := p.hears("broadcast"); m["content"] != content {
			t.Errorf("the room says %v", m)
		}
	}
	p.send(map[string]any{"type": "watch", "metrics": []string{"load"}, "range_ms": 60_000, "clock": true})
	snapshot := p.hears("snapshot")
	if stale, _ := snapshot["stale"].(float64); stale < 1 {
		t.Errorf("a snapshot says that its values are %v ms old", stale)
	}
	if page := one.must("GET", "/", "", "Accept", "text/html"); !strings.Contains(page, `"stale":`) {
		t.Error("a page does not say how old its values are")
	}
	if values, history := text(t, snapshot["values"]), text(t, snapshot["history"]); !strings.Contains(values, ",42]") || !strings.Contains(history, "41") {
		t.Errorf("a new watch is told %s and %s", values, history)
	}
	p.send(map[string]any{"type": "ping", "id": "p", "clock": true})
	if stale, _ := p.hears("pong")["stale"].(float64); stale < 1 {
		t.Errorf("a pong says that values are %v ms old", stale)
	}
	p.send(map[string]any{"type": "mutate", "id": "m", "metric": "load", "set": 43})
	if answer := p.any("error"); answer["code"] != "unavailable" {
		t.Errorf("a mutation is told %v", answer)
	}

	redis.Begin()
	eventually(t, wait, "the process comes back", func() bool {
		status, _ := one.call("POST", "/m/load", "44")
		return status == http.StatusOK
	})
	if frame := text(t, p.hears("frame")["values"]); !strings.Contains(frame, "44") {
		t.Errorf("then the watch is told %s", frame)
	}
	p.send(map[string]any{"type": "ping", "id": "p", "clock": true})
	if stale, is := p.hears("pong")["stale"]; is {
		t.Errorf("afterwards a pong says that values are %v ms old", stale)
	}
}

// head asks for the status and the header of a page, as curl would.
func (s *server) head(path string) (status int, header http.Header) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/plain")
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode, response.Header
}

// any reads until a message of that type comes, errors too.
func (p *talker) any(kind string) (message map[string]any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	for {
		typ, b, err := p.conn.Read(ctx)
		if err != nil || typ != websocket.MessageText {
			p.t.Fatalf("waiting for %s: %v", kind, err)
		}
		message = nil
		if err := json.Unmarshal(b, &message); err == nil && message["type"] == kind {
			return message
		}
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
