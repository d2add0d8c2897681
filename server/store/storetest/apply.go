package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

func inOrder(t *testing.T, w *world) {
	out := w.batch(
		entry(add("a", 2), add("a", -3), add("b", -1), set("c", -4.5)),
		entry(add("a", 1), at(start-5000, set("c", 9)), set("c", math.Inf(1)), at(start+4_000_000, add("a", 1))),
	)
	var got []metric.Sample
	var refused []error
	for _, outcomes := range out {
		for _, o := range outcomes {
			if o.Err != nil {
				refused = append(refused, o.Err)
			} else {
				got = append(got, o.Sample)
			}
		}
	}
	want := []metric.Sample{
		{Metric: "a", Value: 2, Seq: 1, Time: start, Add: 2},
		{Metric: "c", Value: -4.5, Seq: 2, Time: start},
		{Metric: "a", Value: 3, Seq: 3, Time: start, Add: 1},
		{Metric: "c", Value: 9, Seq: 4, Time: start - 5000},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("samples %v, want %v", got, want)
	}
	reasons := []error{metric.ErrFloor, metric.ErrFloor, metric.ErrNotFinite, metric.ErrFuture}
	for i, err := range refused {
		if !errors.Is(err, reasons[i]) {
			t.Errorf("refusal %d is %v, want %v", i, err, reasons[i])
		}
	}
	if s := w.take(add("a", 1)); s.Seq != 5 || s.Value != 4 {
		t.Errorf("the next batch begins with %+v", s)
	}
}

func durable(t *testing.T, w *world) {
	floor := -1.5
	if _, err := w.Declare(t.Context(), "g", metric.Declaration{Kind: metric.Gauge, Title: "G", Floor: &floor}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w.batch(entry(add("a", 1), set("b{x=\"1\"}", float64(i)), at(start-90_000, set("g", 0.25))))
		before, seq := w.state()
		rows := w.rows("a", start-7*day, start, day, 0)
		w.reopen()
		after, seq2 := w.state()
		if !reflect.DeepEqual(before, after) || seq != seq2 {
			t.Errorf("before %v as of %d, after a restart %v as of %d", before, seq, after, seq2)
		}
		if again := w.rows("a", start-7*day, start, day, 0); !reflect.DeepEqual(rows, again) {
			t.Errorf("rows before %v, after a restart %v", rows, again)
		}
		w.maintain() // the second time round, what was flushed is read back
	}
}

func allOrNothing(t *testing.T, w *world) {
	w.take(add("a", 1))
	before, seq := w.state()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := w.Apply(t.Context(), []ledger.Entry{entry(add("a", 1)), {Key: "k", Items: []ledger.Item{add("b", 1)}}})
	if !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("a closed store answers %v", err)
	}
	w.open()
	if after, seq2 := w.state(); !reflect.DeepEqual(before, after) || seq != seq2 {
		t.Errorf("before %v as of %d, after %v as of %d", before, seq, after, seq2)
	}
	if out := w.batch(ledger.Entry{Key: "k", Items: []ledger.Item{add("b", 1)}}); out[0][0].Repeat {
		t.Error("the key of a batch that failed counts as seen")
	}
}

func all(items ...ledger.Item) ledger.Entry { return ledger.Entry{Atomic: true, Items: items} }

func atomically(t *testing.T, w *world) {
	out := w.batch(
		entry(add("a", 1)),
		all(add("a", 1), keyed("row", 1, set("new", 1)), add("a", -9), add("a", 1)),
		entry(add("a", 1)),
		all(add("a", 1), set("c", 1)),
	)
	for i, o := range out[1] {
		var refused *ledger.ItemError
		if !errors.As(o.Err, &refused) || refused.Item != 2 || !errors.Is(o.Err, metric.ErrFloor) {
			t.Errorf("outcome %d of the refused entry: %+v", i, o)
		}
	}
	for i, want := range map[int]metric.Sample{
		0: {Metric: "a", Value: 1, Seq: 1, Time: start, Add: 1},
		2: {Metric: "a", Value: 2, Seq: 2, Time: start, Add: 1},
		3: {Metric: "a", Value: 3, Seq: 3, Time: start, Add: 1},
	} {
		if out[i][0].Sample != want {
			t.Errorf("entry %d: %+v, want %+v", i, out[i][0], want)
		}
	}
	if _, err := w.Metric(t.Context(), "new"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("a refused atomic entry left a metric behind: %v", err)
	}
	if o := w.one(keyed("row", 2, set("new", 5))); o.Err != nil || o.Repeat {
		t.Errorf("a refused atomic entry's row key counts as seen: %+v", o)
	}
	w.reopen()
	if m, err := w.Metric(t.Context(), "a"); err != nil || m.Head.Value != 3 {
		t.Errorf("after a restart a is %+v, %v", m, err)
	}
}

func floors(t *testing.T, w *world) {
	w.take(add("orders", 50))
	var accepted, refused atomic.Int64
	var callers sync.WaitGroup
	for range 100 {
		callers.Go(func() {
			out, err := w.Apply(context.Background(), []ledger.Entry{entry(add("orders", -1))})
			switch {
			case err != nil:
				t.Error(err)
			case out[0][0].Err == nil:
				accepted.Add(1)
			case errors.Is(out[0][0].Err, metric.ErrFloor):
				refused.Add(1)
			}
		})
	}
	callers.Wait()
	if accepted.Load() != 50 || refused.Load() != 50 {
		t.Errorf("of 100 removes from 50, %d were accepted and %d refused", accepted.Load(), refused.Load())
	}
	if m, _ := w.Metric(t.Context(), "orders"); m.Head.Value != 0 || m.Head.Seq != 51 {
		t.Errorf("it ends at %+v", m.Head)
	}
}

func keys(t *testing.T, w *world) {
	same := func(what string, first, again ledger.Outcome) {
		t.Helper()
		if first.Repeat || !again.Repeat || first.Sample != again.Sample ||
			fmt.Sprint(first.Err) != fmt.Sprint(again.Err) || errors.Is(first.Err, metric.ErrFloor) != errors.Is(again.Err, metric.ErrFloor) {
			t.Errorf("%s: first %+v, then %+v", what, first, again)
		}
	}
	it := keyed("k1", 7, add("a", 1))
	out := w.batch(entry(it, it))
	same("twice in one batch", out[0][0], out[0][1])
	same("in the next batch", out[0][0], w.one(it))
	bad := keyed("k2", 7, add("a", -100))
	refusal := w.one(bad)
	if !errors.Is(refusal.Err, metric.ErrFloor) {
		t.Fatalf("%+v", refusal)
	}
	w.take(add("a", 200))
	same("a refusal", refusal, w.one(bad))
	if o := w.one(keyed("k1", 8, add("a", 1))); !errors.Is(o.Err, ledger.ErrKeyReused) {
		t.Errorf("the same key with another body: %+v", o)
	}
	whole := ledger.Entry{Key: "k3", Digest: 1, Items: []ledger.Item{add("a", 1), add("a", -1000), set("g", 2.5)}}
	first := w.batch(whole)[0]
	failed := ledger.Entry{Key: "k4", Digest: 1, Atomic: true, Items: []ledger.Item{add("a", 1), add("a", -1000)}}
	firstFailed := w.batch(failed)[0]
	w.reopen()
	w.now += 24*3_600_000 - 1000
	w.maintain()
	same("after a restart and almost a day", out[0][0], w.one(it))
	for i, o := range w.batch(whole)[0] {
		same("an entry's item", first[i], o)
	}
	for i, o := range w.batch(failed)[0] {
		same("an atomic entry's item", firstFailed[i], o)
		if refused := (*ledger.ItemError)(nil); !errors.As(o.Err, &refused) || refused.Item != 1 {
			t.Errorf("it no longer names the item: %+v", o)
		}
	}
	w.now += 2000
	if o := w.one(it); o.Repeat || o.Err != nil {
		t.Errorf("after a day the key still holds: %+v", o)
	}
	same("the key anew", w.one(keyed("k5", 1, add("a", 1))), w.one(keyed("k5", 1, add("a", 1))))
}

func bound(t *testing.T, w *world) {
	w.options.MaxMetrics = 3
	w.reopen()
	out := w.batch(entry(add("a", 1), add("b", -1), set("b", 1), set("c", 1), set("d", 1), add("a", 1)))
	for i, want := range []error{nil, metric.ErrFloor, nil, nil, ledger.ErrTooMany, nil} {
		if !errors.Is(out[0][i].Err, want) {
			t.Errorf("item %d: %v, want %v", i, out[0][i].Err, want)
		}
	}
	if _, err := w.Declare(t.Context(), "e", metric.Declaration{}); !errors.Is(err, ledger.ErrTooMany) {
		t.Errorf("declaring one more: %v", err)
	}
	if _, err := w.Metric(t.Context(), "d"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("the refused metric: %v", err)
	}
	if err := w.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if o := w.one(set("d", 1)); o.Err != nil {
		t.Errorf("after one was deleted there is room: %v", o.Err)
	}
	if o := w.one(add("c", 1)); o.Err != nil {
		t.Errorf("existing ones go on: %v", o.Err)
	}
}

func heads(t *testing.T, w *world) {
	w.batch(entry(set("z", 1), add("a", 1)))
	w.take(at(start-1000, set("z", 7)))
	w.take(at(start-1000, add("a", 1)))
	all, seq := w.state()
	want := []metric.Metric{
		{ID: "a", Declaration: metric.Declaration{Kind: metric.Counter}, Head: metric.Head{Time: start, Seq: 4, Value: 2}},
		{ID: "z", Declaration: metric.Declaration{Kind: metric.Gauge}, Head: metric.Head{Time: start, Seq: 1, Value: 1}},
	}
	if !reflect.DeepEqual(all, want) || seq != 4 {
		t.Errorf("metrics %v as of %d, want %v", all, seq, want)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := w.Apply(context.Background(), []ledger.Entry{entry(add("a", 1), add("b", 1))}); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	for range 50 {
		all, seq := w.state()
		var a, b, newest float64
		for _, m := range all {
			newest = max(newest, float64(m.Head.Seq))
			switch m.ID {
			case "a":
				a = m.Head.Value
			case "b":
				b = m.Head.Value
			}
		}
		if a-2 != b || newest != float64(seq) {
			t.Errorf("a is %v and b is %v as of %d, newest %v", a, b, seq, newest)
		}
	}
	close(stop)
	writer.Wait()
}
