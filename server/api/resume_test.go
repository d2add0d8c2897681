package api

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// A page that scrolls comes back with only some of its metrics' history.
func TestWhoComesBackWithSomeMetricsGetsTheOthersWhole(t *testing.T) {
	h := open(t)
	for i := range 3 {
		for _, id := range []string{"a", "b", "c"} {
			h.must("POST", "/api/v1/metrics/"+id, fmt.Sprintf(`{"set":%d,"time":%d}`, i, time.Now().UnixMilli()-int64(60_000*(3-i))))
		}
	}
	p := h.dial("/ws")
	p.until("welcome")
	type answer struct {
		Seq     uint64
		Time    int64
		Resumed bool
		Values  map[string][2]float64
		History map[string][][7]float64
		Written map[string]int64
	}
	watch := func(metrics, more string) (s answer) {
		t.Helper()
		p.send(fmt.Sprintf(`{"type":"watch","metrics":%s,"range_ms":600000,"points":600,"clock":true%s}`, metrics, more))
		if err := json.Unmarshal(p.until("snapshot"), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := watch(`["a","b"]`, "")
	if len(s.History["a"]) != 3 || s.Resumed || time.Now().UnixMilli()-s.Time > 10_000 || len(s.Written) != 0 {
		t.Fatalf("%+v", s)
	}
	since := fmt.Sprintf(`,"since":%d,"epoch":%q,"have":`, s.Seq, h.store.Epoch())
	h.must("POST", "/m/a", "7")
	h.must("POST", "/m/c", "9")

	s = watch(`["a","c"]`, since+`["a","b","not a name"]`)
	if !s.Resumed || len(s.History["a"]) != 1 || len(s.History["c"]) != 4 || len(s.History["b"]) != 0 {
		t.Errorf("with a and b known: resumed %v, %d rows of a, %d of b, %d of c; want 1, 0 and 4", s.Resumed, len(s.History["a"]), len(s.History["b"]), len(s.History["c"]))
	}
	if len(s.Values) != 2 || s.Values["c"][1] != 9 {
		t.Errorf("values %v", s.Values)
	}
	s = watch(`["a","c"]`, since+`["a","c"]`)
	if !s.Resumed || len(s.History["a"]) != 1 || len(s.History["c"]) != 1 {
		t.Errorf("with both known: resumed %v, %d and %d rows, want 1 of each", s.Resumed, len(s.History["a"]), len(s.History["c"]))
	}
	s = watch(`["a","c"]`, `,"since":1,"epoch":"another","have":["a"]`)
	if s.Resumed || len(s.History["a"]) != 4 || len(s.History["c"]) != 4 {
		t.Errorf("of another life: resumed %v, %d and %d rows, want 4 of each", s.Resumed, len(s.History["a"]), len(s.History["c"]))
	}
}

func TestASnapshotSaysWhenAValueOfATimeToComeWasWritten(t *testing.T) {
	h := open(t)
	h.must("POST", "/api/v1/metrics/ahead", fmt.Sprintf(`{"set":1,"time":%d}`, time.Now().UnixMilli()+600_000))
	p := h.dial("/ws")
	p.until("welcome")
	p.send(`{"type":"watch","metrics":["ahead"],"clock":true}`)
	var s struct {
		Time    int64
		Written map[string]int64
	}
	if err := json.Unmarshal(p.until("snapshot"), &s); err != nil || s.Written["ahead"] == 0 || s.Written["ahead"] > s.Time || s.Time-s.Written["ahead"] > 10_000 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestAPongTellsTheTimeAndOfNewMetrics(t *testing.T) {
	h := open(t)
	p := h.dial("/ws")
	p.until("welcome")
	ping := func() (pong struct {
		ID    string
		Time  int64
		Known uint64
	}) {
		t.Helper()
		p.send(`{"type":"ping","id":"7","clock":true}`)
		if err := json.Unmarshal(p.until("pong"), &pong); err != nil {
			t.Fatal(err)
		}
		return pong
	}
	before := ping()
	if age := time.Now().UnixMilli() - before.Time; before.ID != "7" || age < 0 || age > 10_000 {
		t.Errorf("%+v", before)
	}
	h.must("POST", "/m/new", "1")
	after := ping()
	h.must("POST", "/m/new", "2")
	if again := ping(); after.Known == before.Known || again.Known != after.Known {
		t.Errorf("known %d, %d with a new metric, %d with a new value", before.Known, after.Known, again.Known)
	}
}
