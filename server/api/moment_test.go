package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"telltale/server/store/sqlite"
	"telltale/shared/wire"
)

func TestAWatchOfAMomentHoldsNothingLaterAndIsNotFollowed(t *testing.T) {
	h := open(t)
	begin := time.Now().Add(-10*time.Minute).UnixMilli() / 60_000 * 60_000
	for i := range 60 {
		h.must("POST", "/api/v1/metrics/t", fmt.Sprintf(`{"set":%d,"time":%d}`, i, begin+int64(i)*1000))
	}
	h.must("POST", "/api/v1/metrics/still", fmt.Sprintf(`{"set":7,"time":%d}`, begin-3_600_000))
	h.must("POST", "/m/later", "1")
	p := h.dial("/ws")
	p.until("welcome")
	watch := func(to int64) (snapshot struct {
		ID      string
		Resumed bool
		Values  map[string][2]float64
		History map[string][][7]float64
	}) {
		t.Helper()
		p.send(fmt.Sprintf(`{"type":"watch","id":"%d","metrics":["*"],"range_ms":20000,"points":21,"since":1,"epoch":%q,"to":%d}`, to, h.store.Epoch(), to))
		if err := json.Unmarshal(p.until("snapshot"), &snapshot); err != nil || snapshot.ID != fmt.Sprint(to) || snapshot.Resumed {
			t.Fatalf("%+v, %v", snapshot, err)
		}
		return snapshot
	}
	for _, second := range []int64{0, 1, 17, 40, 59} {
		to := begin + second*1000
		s := watch(to)
		if len(s.Values) != 2 || s.Values["t"] != [2]float64{float64(to), float64(second)} || s.Values["still"][1] != 7 {
			t.Errorf("as of second %d: %v", second, s.Values)
		}
		rows := s.History["t"]
		if n := len(rows); n != int(min(second, 20))+1 || rows[n-1][4] != float64(second) || rows[n-1][0] != float64(to) {
			t.Errorf("as of second %d the history is %v", second, rows)
		}
	}
	if s := watch(begin + 30_400); s.Values["t"][1] != 30 {
		t.Errorf("between two samples: %v", s.Values)
	}
	if s := watch(begin - 7_200_000); len(s.Values) != 0 {
		t.Errorf("before all samples: %v", s.Values)
	}
	h.must("POST", "/m/t", "99")
	p.send(`{"type":"ping","id":"x"}`)
	if got := string(p.read()); !strings.HasPrefix(got, `{"type":"pong","id":"x"`) {
		t.Errorf("a watch of the past was followed by %s", got)
	}
	p.send(`{"type":"watch","metrics":["t"]}`)
	p.until("snapshot")
	h.must("POST", "/m/t", "100")
	if got := string(p.read()); !strings.Contains(got, `"type":"frame"`) {
		t.Errorf("live again: %s", got)
	}
	p.send(fmt.Sprintf(`{"type":"watch","metrics":["t"],"to":%d}`, time.Now().Add(3*time.Hour).UnixMilli()))
	if got := string(p.until("error")); !strings.Contains(got, `"bad_message"`) {
		t.Errorf("a moment to come: %s", got)
	}
}

func TestAWatchOfAMomentAsksForOneSnapshotOfManyMetrics(t *testing.T) {
	h := open(t)
	now := time.Now().UnixMilli()
	var batch strings.Builder
	for i := range 300 {
		for _, age := range []int64{120_000, 60_000, 0} {
			fmt.Fprintf(&batch, `{"metric":"m%d","set":%d,"time":%d}`+"\n", i, age, now-age)
		}
	}
	h.must("POST", "/api/v1/metrics", batch.String())
	p := h.dial("/ws")
	p.until("welcome")
	began := time.Now()
	p.send(fmt.Sprintf(`{"type":"watch","metrics":["m*"],"range_ms":300000,"points":300,"to":%d}`, now-30_000))
	var s struct{ Values map[string][2]float64 }
	if err := json.Unmarshal(p.until("snapshot"), &s); err != nil || len(s.Values) != 300 || s.Values["m7"][1] != 60_000 {
		t.Errorf("%d values, %v", len(s.Values), err)
	}
	t.Logf("300 metrics as they were: %v", time.Since(began))
}

func TestARoomsHistoryUntilATime(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Now().UnixMilli())
	h := openWith(t, sqlite.Options{Now: func() time.Time { return time.UnixMilli(now.Load()) }})
	var times []int64
	for n := range 5 {
		h.must("POST", "/r/build", fmt.Sprintf("line %d", n+1))
		var rows []wire.MessageRow
		if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/rooms/build/messages?limit=1", "")), &rows); err != nil {
			t.Fatal(err)
		}
		times = append(times, rows[0].Time)
		now.Add(2)
	}
	for i, at := range times {
		if _, last, n := h.page("build", fmt.Sprintf("?until=%d", at)); last != uint64(i+1) || n != i+1 {
			t.Errorf("until line %d: up to %d, %d lines", i+1, last, n)
		}
		if _, last, _ := h.page("build", fmt.Sprintf("?until=%d&limit=2", at-1)); last != uint64(i) {
			t.Errorf("until a moment before line %d: up to %d", i+1, last)
		}
	}
	if _, last, n := h.page("build", fmt.Sprintf("?until=%d&before=3", times[4])); last != 2 || n != 2 {
		t.Errorf("until and before: up to %d, %d lines", last, n)
	}
	if _, _, n := h.page("build", "?until=-1h"); n != 0 {
		t.Errorf("until an hour ago: %d lines", n)
	}
	if r := h.ask("GET", "/api/v1/rooms/build/messages?until=yesterday", ""); r.status != 400 || !strings.Contains(r.body, "until is now") {
		t.Error(r)
	}
}
