package storetest

import (
	"math/rand/v2"
	"testing"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// valueAt asks for one metric's value at a time.
func (w *world) valueAt(id metric.ID, time int64) (series.Point, bool) {
	w.t.Helper()
	all, err := w.ValuesAt(w.t.Context(), []metric.ID{id, "nobody"}, time)
	if err != nil {
		w.t.Fatalf("the value of %s at %d: %v", id, time, err)
	}
	if _, made := all["nobody"]; made {
		w.t.Errorf("a metric that nobody made has a value at %d", time)
	}
	p, found := all[id]
	return p, found
}

// valuesAt lets samples come late and early, over days and over the flushes and the
// retention of all tiers, and compares with a plain look through all of them.
func valuesAt(t *testing.T, w *world) {
	random := rand.New(rand.NewPCG(30, 1))
	var all []metric.Sample
	check := func(when string) {
		t.Helper()
		for range 60 {
			time := w.now - random.Int64N([]int64{minute, hour, 2 * day, 30 * day, 200 * day}[random.IntN(5)])
			step := int64(0)
			for _, tier := range series.Tiers {
				if step = tier.Step; tier.Keep == 0 || time >= w.now-tier.Keep {
					break
				}
			}
			got, found := w.valueAt("a", time)
			truth, known := newest(all, time)
			sure, must := newest(all, series.Floor(time, step)-1)
			switch {
			case found && got.Time > time:
				t.Errorf("%s: at %d the value of %d, which is yet to come", when, time, got.Time)
			case must && (!found || got.Time < sure.Time), found && !known:
				t.Errorf("%s: at %d %v, %v; the newest was %v, in a step before it %v", when, time, got, found, truth, sure)
			case found && !has(all, got):
				t.Errorf("%s: at %d %v, which was never", when, time, got)
			}
			to := series.Floor(time, step) + 40*step
			rows, err := w.Rows(t.Context(), ledger.Range{IDs: []metric.ID{"a"}, From: time - 400*step, To: to, Step: step, Until: time})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows["a"] {
				if r.Time > time || !hasUpTo(all, r.Last, time) {
					t.Errorf("%s: rows until %d tell of %v", when, time, r)
				}
			}
		}
	}
	for round := range 12 {
		for range 40 {
			w.now += random.Int64N(20 * minute)
			item := set("a", float64(len(all)))
			if random.IntN(4) == 0 {
				item = at(w.now-random.Int64N(3*day), item)
			}
			all = append(all, w.take(item))
		}
		check("in memory")
		if round%2 == 0 {
			w.maintain()
			w.maintain()
			check("flushed")
		}
		if round == 8 {
			w.now += 10 * day
			w.maintain()
			check("after retention")
			w.reopen()
			check("after a restart")
		}
	}
	if p, found := w.valueAt("a", w.now-300*day); found {
		t.Errorf("before its first sample the metric had the value %v", p)
	}
	w.take(add("c", 1))
	w.now += second
	w.take(add("c", 1))
	if p, _ := w.valueAt("c", w.now-1); p.Value != 1 {
		t.Errorf("a moment before its second add the counter was %v", p)
	}
	if p, _ := w.valueAt("c", w.now); p.Value != 2 {
		t.Errorf("at its second add the counter was %v", p)
	}
}

// newest is the newest sample up to a time, of those of one time the last.
func newest(all []metric.Sample, time int64) (s metric.Sample, found bool) {
	for _, each := range all {
		if each.Time <= time && (!found || each.Time >= s.Time) {
			s, found = each, true
		}
	}
	return s, found
}

func has(all []metric.Sample, p series.Point) bool {
	for _, s := range all {
		if s.Time == p.Time && s.Value == p.Value {
			return true
		}
	}
	return false
}

func hasUpTo(all []metric.Sample, value float64, time int64) bool {
	for _, s := range all {
		if s.Value == value && s.Time <= time {
			return true
		}
	}
	return false
}
