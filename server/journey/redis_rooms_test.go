package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"telltale/server/store/redistest"
)

// twins starts two processes that share a Redis.
func twins(t *testing.T, redis *redistest.Server) (one, other *server) {
	t.Helper()
	one, other = quiet(t, "--redis", redis.URL()), quiet(t, "--redis", redis.URL())
	for _, s := range []*server{one, other} {
		eventually(t, wait, "the shop's counters are there", func() bool {
			status, _ := s.call("GET", "/m/customers", "", "Accept", "text/plain")
			return status == http.StatusOK
		})
	}
	return one, other
}

// hears reads until a message of that type comes, and answers it.
func (p *talker) hears(kind string) (message map[string]any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*wait)
	defer cancel()
	for {
		_, text, err := p.conn.Read(ctx)
		if err != nil {
			p.t.Fatalf("waiting for %s: %v", kind, err)
		}
		message = nil
		if err := json.Unmarshal(text, &message); err != nil || message["type"] == "error" {
			p.t.Fatalf("%s", text)
		}
		if message["type"] == kind {
			return message
		}
	}
}

func TestTwoProcessesHaveTheSameRooms(t *testing.T) {
	redis := redistest.Start(t)
	one, other := twins(t, redis)
	ada := dialRoom(one, "hall", "ada")
	bob := dialRoom(other, "hall", "bob")
	if who := ada.hears("member_joined"); who["user_id"] != "bob" {
		t.Errorf("ada is told of %v", who)
	}
	const both = `[{"user_id":"ada","connections":1},{"user_id":"bob","connections":1}]`
	for _, s := range []*server{one, other} {
		eventually(t, wait, "both processes list both", func() bool {
			return strings.TrimSpace(s.must("GET", "/api/v1/rooms/hall/presence", "")) == both || strings.Contains(s.must("GET", "/api/v1/rooms/hall/presence", ""), both)
		})
	}
	for i := range 10 {
		at := []*server{one, other}[i%2]
		if answer := at.must("POST", "/r/hall", fmt.Sprint("line ", i+1)); !strings.Contains(answer, fmt.Sprintf(`"seq":%d`, i+1)) {
			t.Errorf("line %d: %s", i+1, answer)
		}
	}
	for i := range 10 {
		for _, p := range []*talker{ada, bob} {
			if m := p.hears("broadcast"); m["seq"] != float64(i+1) || m["content"] != fmt.Sprint("line ", i+1) {
				t.Errorf("message %d: %v", i+1, m)
			}
		}
	}
	bob.send(map[string]any{"type": "direct", "id": "d", "user_id": "ada", "content": "psst"})
	if m := ada.hears("direct"); m["content"] != "psst" || m["sender"] != "bob" {
		t.Errorf("said to ada: %v", m)
	}

	board := `{"title":"Here","panels":[{"id":"p","title":"Orders","kind":"stat","queries":[{"metric":"orders"}]}]}`
	if status, answer := one.call("PUT", "/api/v1/boards/here", board); status/100 != 2 {
		t.Fatalf("%d: %s", status, answer)
	}
	if answer := other.must("GET", "/api/v1/boards/here", ""); !strings.Contains(answer, `"Here"`) {
		t.Errorf("the board there: %s", answer)
	}
	if status, _ := other.call("PUT", "/api/v1/boards/here", board, "If-Match", `"another"`); status != http.StatusPreconditionFailed {
		t.Errorf("a change of what was not seen is answered %d", status)
	}

	redis.Kill()
	eventually(t, wait, "both say that they are stale", func() bool {
		for _, s := range []*server{one, other} {
			if status, _ := s.call("POST", "/r/hall", "lost"); status != http.StatusServiceUnavailable {
				return false
			}
		}
		return true
	})
	if answer := other.must("GET", "/api/v1/rooms/hall/messages", ""); strings.Count(answer, "line ") != 10 {
		t.Errorf("while Redis is away the room has %s", answer)
	}
	redis.Begin()
	eventually(t, wait, "it is taken again", func() bool {
		status, _ := other.call("POST", "/r/hall", "again")
		return status == http.StatusOK
	})
	if m := ada.hears("broadcast"); m["seq"] != 11.0 || m["content"] != "again" {
		t.Errorf("after Redis came back: %v", m)
	}
	other.kill()
	if who := ada.hears("member_left"); who["user_id"] != "bob" {
		t.Errorf("ada is told of %v", who)
	}
}

func TestAPageOfOneProcessShowsWhatHappensInTheOther(t *testing.T) {
	one, other := twins(t, redistest.Start(t))
	b := look(t, one, other)
	p := b.open(one.url+"/", 1280, 900, "light")
	p.until("it is live", live)
	other.must("POST", "/order", "")
	p.until("an order by curl at the other is seen", shows("orders", "1"))
	one.must("POST", "/order", "")
	p.until("and one at this", shows("orders", "2"))
	if status, answer := other.call("DELETE", "/order", ""); status != http.StatusOK || !strings.Contains(answer, `"value":1`) {
		t.Errorf("removed at the other: %d %s", status, answer)
	}
	p.until("a removal is seen", shows("orders", "1"))
	p.visit(one.url + "/r/build")
	p.until("it is live", live)
	other.must("POST", "/r/build", "said at the other")
	p.until("a line is seen", shown+`.includes("said at the other")`)
	zoe := dialRoom(other, "build", "Zoë")
	p.until("who is there is seen", `document.body.innerText.includes("Zoë")`)
	zoe.close()
	p.until("and that they left", `!document.body.innerText.includes("Zoë")`)
}

func TestAPageSaysThatRedisIsAway(t *testing.T) {
	redis := redistest.Start(t)
	one, other := twins(t, redis)
	p := look(t, one, other).open(one.url+"/", 1280, 900, "light")
	other.must("POST", "/order", "")
	p.until("an order is seen", shows("orders", "1"))
	const cut = `document.querySelectorAll("[data-trust=cut]").length`
	p.until("what it shows is to be trusted", cut+" === 0")
	redis.Kill()
	p.until("values are cut off from what keeps them", cut+` > 0 && document.documentElement.dataset.values !== "stale"`)
	redis.Begin()
	p.until("they are to be trusted again", cut+" === 0")
	eventually(t, wait, "orders are taken", func() bool { status, _ := other.call("POST", "/order", ""); return status == http.StatusOK })
	p.until("the next order is seen", shows("orders", "2"))
}
