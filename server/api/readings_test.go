package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/metric"
)

// tell takes and records the readings.
func (h *house) tell(r *Readings) int {
	h.t.Helper()
	batch, err := r.Take(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	e := ledger.Entry{}
	for _, m := range batch {
		e.Items = append(e.Items, ledger.Item{Mutation: m})
	}
	outcomes, err := h.api.Ledger.Apply(h.t.Context(), e)
	if err != nil {
		h.t.Fatal(err)
	}
	for i, o := range outcomes {
		if o.Err != nil {
			h.t.Errorf("%v: %v", batch[i], o.Err)
		}
	}
	return len(batch)
}

// telltales are the values of telltale.* metrics.
func (h *house) telltales() map[string]float64 {
	h.t.Helper()
	var rows []struct {
		Metric, Kind, Title string
		Value               float64
	}
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/metrics", "")), &rows); err != nil {
		h.t.Fatal(err)
	}
	values := map[string]float64{}
	for _, row := range rows {
		if name, is := strings.CutPrefix(row.Metric, "telltale."); is {
			values[name] = row.Value
			if row.Title == "" || row.Kind == "" {
				h.t.Errorf("%s is not declared", row.Metric)
			}
		}
	}
	return values
}

func (h *house) expectTelltales(want map[string]float64) {
	h.t.Helper()
	got := h.telltales()
	for name, value := range want {
		if is, known := got[name]; !known || is != value {
			h.t.Errorf("telltale.%s is %v (%v), want %v", name, is, known, value)
		}
	}
}

func TestTheServerTellsOfItselfOnItsBoard(t *testing.T) {
	h := open(t)
	readings := h.api.Readings()
	h.tell(readings)
	h.expectTelltales(map[string]float64{"sockets": 0, "streams": 0, "rooms": 0, "messages.sent": 0, "messages.received": 0})

	listener := h.stream("/r/build")
	p := h.dial("/ws")
	p.send(`{"type":"join","room_id":"lobby","user_id":"ann"}`)
	p.until("joined")
	h.must("POST", "/r/build", "one")
	h.must("POST", "/r/build", "two")
	listener.expect("one", "two")
	h.tell(readings)
	h.expectTelltales(map[string]float64{"sockets": 1, "streams": 1, "rooms": 2, "messages.received": 3,
		`room.messages{room="build"}`: 2, `room.members{room="lobby"}`: 1})

	// Another life of the server goes on with the same counters.
	h.api.traffic.sent.Store(0)
	h.api.traffic.received.Store(0)
	sent := h.telltales()["messages.sent"]
	again := h.api.Readings()
	h.tell(again)
	h.expectTelltales(map[string]float64{"messages.sent": sent, "messages.received": 3, `room.messages{room="build"}`: 2})
	h.must("POST", "/r/build", "three")
	listener.expect("three")
	p.send(`{"type":"leave","room_id":"lobby"}`)
	p.until("left")
	h.tell(again)
	h.expectTelltales(map[string]float64{"messages.received": 5, `room.messages{room="build"}`: 3, `room.members{room="lobby"}`: 0, "rooms": 1})
	if n := h.tell(again); n > 5 {
		t.Errorf("%d readings where nothing happens", n)
	}
}

func TestFewRoomsHaveMetricsAndASeatIsLostOnlyAfterADay(t *testing.T) {
	h := open(t)
	readings := h.api.Readings()
	for n := range seatsOfRooms + 5 {
		h.must("POST", fmt.Sprintf("/r/room.%d", n), "x")
	}
	h.tell(readings)
	count := func() (n int) {
		for name := range h.telltales() {
			if strings.HasPrefix(name, "room.messages") {
				n++
			}
		}
		return n
	}
	if n := count(); n != seatsOfRooms {
		t.Fatalf("%d rooms have metrics", n)
	}
	// Their metrics are found again after a restart, and with them since when nothing happened.
	again := h.api.Readings()
	h.tell(again)
	if len(again.seats) != seatsOfRooms {
		t.Fatalf("%d seats are found again", len(again.seats))
	}
	h.must("POST", "/r/late", "x")
	h.tell(again)
	if _, seated := h.telltales()[`room.messages{room="late"}`]; seated || count() != seatsOfRooms {
		t.Error("a room lost its seat at once")
	}
	var oldest string
	for name, p := range again.seats {
		p.busy = time.Now().Add(-seatKept + time.Hour)
		oldest = name
	}
	again.seats[oldest].busy = time.Now().Add(-seatKept - time.Hour)
	// Somebody listens, so that this room is the first of those without a seat; it
	// keeps its seat though in all the others something happens too.
	listener := h.stream("/r/late?since=all")
	listener.expect("x")
	h.tell(again)
	values := h.telltales()
	_, kept := values[`room.messages{room="`+oldest+`"}`]
	if seated := values[`room.messages{room="late"}`]; kept || seated != 1 || count() != seatsOfRooms || len(again.seats) != seatsOfRooms {
		t.Errorf("%s lost its seat to another than late, or kept it: %v", oldest, values)
	}
	if id := ofRoom(membersOfRoom, "a.b:c-d"); id != metric.ID(`telltale.room.members{room="a.b:c-d"}`) {
		t.Error(id)
	} else if parsed, err := metric.Parse(string(id)); err != nil || parsed != id {
		t.Error(parsed, err)
	}
}

func TestARoomWithASeatIsToldOfAlsoWhereManyAreBusier(t *testing.T) {
	h := open(t)
	readings := h.api.Readings()
	p := h.dial("/ws")
	p.send(`{"type":"join","room_id":"lobby","user_id":"ann"}`)
	p.until("joined")
	h.tell(readings)
	for n := range 2 * mostRooms {
		out := hub.NewOutbox()
		for k := range 2 {
			if _, err := h.api.Hub.Join(out, fmt.Sprintf("crowd.%d", n+k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.tell(readings)
	h.expectTelltales(map[string]float64{`room.members{room="lobby"}`: 1})
}
