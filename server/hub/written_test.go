package hub

import (
	"testing"

	"telltale/shared/metric"
	"telltale/shared/series"
)

func TestAClockThatIsSetMakesNoValueYounger(t *testing.T) {
	const start, hour = 1_700_000_000_000, 3_600_000
	steady, wall := int64(0), int64(start)
	pass := func(ms int64) { steady, wall = steady+ms, wall+ms }
	h := New("life", 2, []metric.Metric{
		{ID: "old", Head: metric.Head{Seq: 1, Time: start - hour}},
		{ID: "ahead", Head: metric.Head{Seq: 2, Time: start + hour}}, // the clock was set back while the server was down
	})
	h.Keep(func() (int64, int64) { return steady, wall })
	write := func(id metric.ID, seq uint64, at int64) {
		h.Publish([]metric.Sample{{Metric: id, Seq: seq, Time: at, Value: 1}})
	}
	write("now", 3, wall)
	write("late", 4, wall-hour)
	pass(60_000)

	ages := func(seq uint64) map[metric.ID]int64 {
		values := map[metric.ID]series.Point{}
		for id, m := range h.metrics {
			values[id] = series.Point{Time: m.head.Time}
		}
		now, written := h.Written(values, seq)
		ages := map[metric.ID]int64{}
		for id := range values {
			at := series.Snapshot{Time: now, Values: values, Written: written}.When(id)
			if ages[id] = now - at; at == 0 {
				ages[id] = -1
			}
		}
		return ages
	}
	check := func(seq uint64, want map[metric.ID]int64) {
		t.Helper()
		got := ages(seq)
		for id := range want {
			if got[id] != want[id] {
				t.Errorf("%s is %d ms old, want %d", id, got[id], want[id])
			}
		}
	}
	check(4, map[metric.ID]int64{"old": hour + 60_000, "ahead": -1, "now": 60_000, "late": hour + 60_000})

	wall -= hour // set back
	check(4, map[metric.ID]int64{"old": hour + 60_000, "ahead": -1, "now": 60_000, "late": hour + 60_000})
	write("now", 5, wall) // bears an older time than the head, which stays
	pass(1000)
	check(5, map[metric.ID]int64{"now": 61_000})
	write("new", 6, wall)
	pass(1000)
	check(6, map[metric.ID]int64{"new": 1000})

	wall += 3 * hour // the machine slept, or was set forward: nobody knows, and older is safe
	check(6, map[metric.ID]int64{"new": 1000 + 3*hour})
	write("new", 7, wall)
	check(7, map[metric.ID]int64{"new": 0})
}

func TestKnownTellsThatMetricsCameChangedOrWent(t *testing.T) {
	h := New("life", 0, nil)
	before := h.Known()
	for i, change := range []func(){
		func() { h.Publish([]metric.Sample{{Metric: "a", Seq: 1, Time: 1}}) },
		func() { h.Refresh("a") },
		func() { h.Forget("a") },
	} {
		if change(); h.Known() == before {
			t.Errorf("change %d: nothing told of it", i)
		}
		before = h.Known()
	}
	h.Publish([]metric.Sample{{Metric: "b", Seq: 2, Time: 1}})
	before = h.Known()
	if h.Publish([]metric.Sample{{Metric: "b", Seq: 3, Time: 2}}); h.Known() != before {
		t.Error("a further value is no news")
	}
}
