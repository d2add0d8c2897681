package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
)

const (
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// rows asks for one metric's history.
func (w *world) rows(id metric.ID, from, to, step int64, asOf uint64) []series.Row {
	w.t.Helper()
	all, err := w.Rows(w.t.Context(), ledger.Range{IDs: []metric.ID{id}, From: from, To: to, Step: step, AsOf: asOf})
	if err != nil {
		w.t.Fatalf("rows of %s, %d to %d by %d as of %d: %v", id, from, to, step, asOf, err)
	}
	return all[id]
}

func rowsAsOf(t *testing.T, w *world) {
	w.batch(entry(at(start-2500, add("a", 1)), at(start-2400, add("a", 4)), at(start-500, add("a", -2)), set("b", 1)))
	w.take(at(start-2450, add("a", 10)))
	w.take(at(start-400, set("a", 1)))
	want := []series.Row{
		{Time: start - 3000, Min: 1, Max: 13, Avg: 19.0 / 3, Last: 5, Sum: 15, Count: 3},
		{Time: start - 1000, Min: 1, Max: 3, Avg: 2, Last: 1, Sum: -2, Count: 2},
	}
	asOf4 := []series.Row{
		{Time: start - 3000, Min: 1, Max: 5, Avg: 3, Last: 5, Sum: 5, Count: 2},
		{Time: start - 1000, Min: 3, Max: 3, Avg: 3, Last: 3, Sum: -2, Count: 1},
	}
	check := func(when string) {
		t.Helper()
		if got := w.rows("a", start-10_000, start, second, 0); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: rows %v, want %v", when, got, want)
		}
		if got := w.rows("a", start-10_000, start, second, 6); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: rows as of the newest %v, want %v", when, got, want)
		}
		if got := w.rows("a", start-2600, start-2500, second, 0); !reflect.DeepEqual(got, want[:1]) {
			t.Errorf("%s: the step that the range touches %v, want %v", when, got, want[:1])
		}
	}
	check("from memory")
	if got := w.rows("a", start-10_000, start, second, 4); !reflect.DeepEqual(got, asOf4) {
		t.Errorf("as of 4: %v, want %v", got, asOf4)
	}
	w.maintain()
	w.take(set("b", 2))
	check("between two flushes")
	w.maintain()
	check("flushed")
	_, err := w.Rows(t.Context(), ledger.Range{IDs: []metric.ID{"a"}, From: start - 10_000, To: start, Step: second, AsOf: 4})
	if err != nil && !errors.Is(err, ledger.ErrPassed) {
		t.Errorf("as of a seq long flushed: %v", err)
	}
	all, err := w.Rows(t.Context(), ledger.Range{IDs: []metric.ID{"b", "nobody", "a"}, From: start - day, To: start, Step: hour})
	if err != nil || len(all) != 2 || len(all["a"]) != 1 || len(all["b"]) != 1 {
		t.Errorf("three metrics, one of them unknown: %v, %v", all, err)
	}
}

// rowsWhileFlushing reads as of a seq just answered while samples come and are flushed.
func rowsWhileFlushing(t *testing.T, w *world) {
	for range 3 {
		before := w.take(add("flushed", 1))
		w.take(add("flushed", 1))
		w.maintain()
		rows := w.rows("flushed", start, start, second, before.Seq)
		if len(rows) != 1 || rows[0].Last != before.Value {
			t.Errorf("one flush after its answer, as of %d: %v", before.Seq, rows)
		}
	}
	_, first := w.state()
	done := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for range 100 {
			if _, err := w.Apply(context.Background(), []ledger.Entry{entry(add("a", 1), add("a", 1))}); err != nil {
				t.Error(err)
			}
		}
		close(done)
	})
	others.Go(func() {
		for open := true; open; {
			select {
			case <-done:
				open = false
			default:
			}
			if err := w.Maintain(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	exact := 0
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
		}
		_, seq := w.state()
		q := ledger.Range{IDs: []metric.ID{"a"}, From: start - minute, To: start + minute, Step: second, AsOf: seq}
		all, err := w.Rows(t.Context(), q)
		if errors.Is(err, ledger.ErrPassed) || seq == first {
			continue
		}
		if rows := all["a"]; err != nil || len(rows) != 1 || rows[0].Count != int64(seq-first) || rows[0].Last != float64(seq-first) {
			t.Errorf("as of %d: %v, %v", seq, rows, err)
			break
		}
		exact++
	}
	others.Wait()
	if exact == 0 {
		t.Error("each read was passed")
	}
}

func anything(metric.ID) bool { return true }

func after(t *testing.T, w *world) {
	var want []metric.Sample
	for i := range 30 {
		w.now += 10
		for _, o := range w.batch(entry(add("a", 1), add("a", -99), set("b", float64(i)+0.5)))[0] {
			if o.Err == nil {
				want = append(want, o.Sample)
			}
		}
		if i == 10 || i == 20 {
			w.maintain()
		}
	}
	check := func(since, upTo uint64, match func(metric.ID) bool, want []metric.Sample) {
		t.Helper()
		got, err := w.After(t.Context(), since, upTo, match, 100)
		if err != nil || len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("after %d up to %d: %v, %v, want %v", since, upTo, got, err, want)
		}
	}
	check(0, 60, anything, want)
	check(7, 33, anything, want[7:33])
	check(60, 60, anything, nil)
	if _, err := w.After(t.Context(), 61, 70, anything, 100); !errors.Is(err, ledger.ErrPruned) {
		t.Errorf("after a seq yet to come: %v", err)
	}
	w.reopen()
	check(59, 60, anything, want[59:])
	var a []metric.Sample
	for _, s := range want[10:] {
		if s.Metric == "a" {
			a = append(a, s)
		}
	}
	check(10, 60, func(id metric.ID) bool { return id == "a" }, a)
	if _, err := w.After(t.Context(), 0, 60, anything, 59); !errors.Is(err, ledger.ErrPruned) {
		t.Errorf("more than the limit: %v", err)
	}
	if err := w.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.After(t.Context(), 50, 60, anything, 100); !errors.Is(err, ledger.ErrPruned) {
		t.Errorf("across a deletion: %v", err)
	}
	w.take(add("a", 1))
	w.take(add("a", 1))
	if got, err := w.After(t.Context(), 61, 62, anything, 100); err != nil || len(got) != 1 {
		t.Errorf("after the deletion: %v, %v", got, err)
	}
	w.maintain()
	w.now += 25 * hour
	w.maintain()
	w.maintain()
	if _, err := w.After(t.Context(), 61, 62, anything, 100); !errors.Is(err, ledger.ErrPruned) {
		t.Errorf("after a day: %v", err)
	}
	check(62, 62, anything, nil)
}

func retention(t *testing.T, w *world) {
	ages := []int64{10 * second, 2 * day, 30 * day, 400 * day}
	write := func() {
		for _, age := range ages {
			w.take(at(w.now-age, set("g", float64(age/second))))
		}
	}
	write()
	check := func(when string, shift int64) {
		t.Helper()
		for i, tier := range series.Tiers {
			for j, age := range ages {
				from := start - age
				got := w.rows("g", from, from, tier.Step, 0)
				kept := tier.Keep == 0 || age+shift < tier.Keep
				if kept != (len(got) == 1) || kept && got[0].Last != float64(age/second) {
					t.Errorf("%s: tier %d of age %d: %v, kept should be %v", when, i, j, got, kept)
				}
			}
		}
	}
	check("from memory", 0)
	w.maintain()
	w.maintain()
	check("flushed", 0)
	for _, shift := range []int64{25 * hour, 10 * day, 100 * day} {
		w.now = start + shift
		check("before retention", shift)
		w.maintain()
		check("after retention", shift)
	}
	w.reopen()
	check("after a restart", 100*day)
	if m, err := w.Metric(t.Context(), "g"); err != nil || m.Head.Seq != 1 {
		t.Errorf("the head does not age: %+v, %v", m, err)
	}
	if s := w.take(set("g", 1)); s.Seq != 5 {
		t.Errorf("the order goes on after all samples are gone: %+v", s)
	}
}

// retentionInSteps lets days of history fall due at once.
func retentionInSteps(t *testing.T, w *world) {
	for range 40 {
		items := make([]ledger.Item, 100)
		for i := range items {
			w.now += 60 * second
			items[i] = keyed(time.UnixMilli(w.now).String(), 1, at(w.now, set("g", float64(i))))
		}
		w.batch(entry(items...))
		w.maintain()
	}
	w.now += 100 * day
	w.goesOn(func() { w.take(add("c", 1)) })
}

// goesOn fails unless what is done again and again is done several times while retention runs.
func (w *world) goesOn(do func()) {
	w.t.Helper()
	var running atomic.Bool
	running.Store(true)
	done := make(chan error)
	go func() {
		err := w.Maintain(context.Background())
		running.Store(false)
		done <- err
	}()
	meanwhile := 0
	for running.Load() {
		do()
		if running.Load() {
			meanwhile++
		}
	}
	if err := <-done; err != nil {
		w.t.Error(err)
	}
	if meanwhile < 3 {
		w.t.Errorf("%d were taken while retention ran", meanwhile)
	}
}

func deleteAndDeclare(t *testing.T, w *world) {
	w.batch(entry(add("a", 3), set("b", -1)))
	w.maintain()
	w.take(add("a", 2))
	w.maintain()
	before := w.rows("a", start-hour, start, hour, 0)
	ceiling := 10.0
	m, err := w.Declare(t.Context(), "a", metric.Declaration{Title: "A", Unit: "bytes", Ceiling: &ceiling})
	if err != nil || m.Kind != metric.Counter || m.Head.Value != 5 || m.Title != "A" || *m.Ceiling != 10 {
		t.Errorf("declared: %+v, %v", m, err)
	}
	if after := w.rows("a", start-hour, start, hour, 0); !reflect.DeepEqual(before, after) {
		t.Errorf("declaring changed the history: %v, then %v", before, after)
	}
	if o := w.one(add("a", 6)); !errors.Is(o.Err, metric.ErrCeiling) {
		t.Errorf("the ceiling does not hold: %+v", o)
	}
	if _, err := w.Declare(t.Context(), "b", metric.Declaration{Kind: metric.Counter}); !errors.Is(err, metric.ErrFloor) {
		t.Errorf("a floor above the head: %v", err)
	}
	if _, err := w.Declare(t.Context(), "d", metric.Declaration{Title: "D"}); err != nil {
		t.Error(err)
	}
	w.reopen()
	if o := w.one(add("d", 1)); o.Err != nil {
		t.Error(o.Err)
	}
	w.reopen()
	if o := w.one(add("d", -2)); !errors.Is(o.Err, metric.ErrFloor) {
		t.Errorf("the first mutation decided a counter, but: %+v", o)
	}

	if err := w.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	gone := func(when string) {
		t.Helper()
		if _, err := w.Metric(t.Context(), "a"); !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("%s: %v", when, err)
		}
		if err := w.Delete(t.Context(), "a"); !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("%s: deleted again: %v", when, err)
		}
		if rows := w.rows("a", start-hour, start, hour, 0); len(rows) != 0 {
			t.Errorf("%s: rows %v", when, rows)
		}
	}
	gone("deleted")
	w.reopen()
	gone("after a restart")
	w.maintain()
	if s := w.take(set("a", -7)); s.Value != -7 {
		t.Errorf("anew: %+v", s)
	}
	w.maintain()
	w.maintain()
	if rows := w.rows("a", start-hour, start, hour, 0); len(rows) != 1 || rows[0].Count != 1 || rows[0].Last != -7 {
		t.Errorf("the new one has %v", rows)
	}
}

func epoch(t *testing.T, w *world) {
	before := w.Epoch()
	w.reopen()
	if before == "" || w.Epoch() != before {
		t.Errorf("the epoch was %q and is %q", before, w.Epoch())
	}
	other := &world{t: t, place: w.fresh(t), now: start}
	other.open()
	defer other.Close()
	if other.Epoch() == before {
		t.Error("two stores have the same epoch")
	}
}

func opening(t *testing.T, w *world) {
	contents := slices.Repeat([]string{strings.Repeat("x", 100)}, 500)
	grow := func(batches int) {
		for range batches {
			items := make([]ledger.Item, 500)
			for i := range items {
				w.now += 7 * second
				items[i] = at(w.now, set("g", float64(i)))
			}
			w.batch(entry(items...))
			w.post(say("a", "", contents...))
		}
		w.maintain()
		w.take(set("g", 1))
		w.maintain()
	}
	fastest := func() time.Duration {
		best := time.Hour
		for range 5 {
			begin := time.Now()
			w.reopen()
			best = min(best, time.Since(begin))
		}
		return best
	}
	grow(2)
	small := fastest()
	grow(80)
	if large := fastest(); large > 4*small+20*time.Millisecond {
		t.Errorf("opening takes %v, and %v with forty times the history", small, large)
	}
}
