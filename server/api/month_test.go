package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A board is opened by one message, answered by one: whatever it shows, and however far back.
func TestABoardOfThirtyPanelsOverThirtyDaysComesInOneRoundTrip(t *testing.T) {
	const panels, days, day = 30, 30, 86_400_000
	h := open(t)
	now := time.Now().UnixMilli()
	var rows, shown []string
	for n := range panels {
		shown = append(shown, fmt.Sprintf(`{"id":"p%d","kind":"line","queries":[{"metric":"m%d"}]}`, n, n))
		for age := days * 4; age >= 0; age-- {
			rows = append(rows, fmt.Sprintf(`{"metric":"m%d","set":%d,"time":%d}`, n, 1000*n+age, now-int64(age)*day/4))
		}
	}
	if made := h.ask("PUT", "/api/v1/boards/month", `{"title":"A month","panels":[`+strings.Join(shown, ",")+`]}`); made.status != http.StatusCreated {
		t.Fatal(made)
	}
	h.must("POST", "/api/v1/metrics", strings.Join(rows, "\n"))
	ws := h.dial("/ws")
	ws.read() // welcome
	ws.send(fmt.Sprintf(`{"type":"watch","id":"w","board":"month","range_ms":%d,"points":1000}`, days*day))
	var answer struct {
		Type, ID string
		Values   map[string][2]float64
		History  map[string][][7]float64
	}
	text := ws.read()
	if err := json.Unmarshal(text, &answer); err != nil || answer.Type != "snapshot" || answer.ID != "w" {
		t.Fatalf("%v: %.200s", err, text)
	}
	for n := range panels {
		id := fmt.Sprint("m", n)
		if got := answer.Values[id][1]; got != float64(1000*n) {
			t.Errorf("%s is %v, want %d", id, got, 1000*n)
		}
		if got := len(answer.History[id]); got < days || got > 1000 {
			t.Errorf("%s has %d rows of a month", id, got)
		}
	}
}
