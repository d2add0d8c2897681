package storetest

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// model is what a store should hold: metrics, and all samples of those that live.
type model struct {
	seq     uint64
	metrics map[metric.ID]metric.Metric
	samples []metric.Sample
}

func (m *model) apply(it ledger.Item, now int64) (metric.Sample, error) {
	known, found := m.metrics[it.Metric]
	if !found {
		known.ID = it.Metric
	}
	s, kind, err := metric.Decide(known, it.Mutation, now)
	if err != nil {
		return metric.Sample{}, err
	}
	m.seq++
	s.Seq = m.seq
	known.Kind = kind
	known.Head.Apply(s)
	m.metrics[it.Metric] = known
	m.samples = append(m.samples, s)
	return s, nil
}

func (m *model) delete(id metric.ID) {
	delete(m.metrics, id)
	kept := m.samples[:0]
	for _, s := range m.samples {
		if s.Metric != id {
			kept = append(kept, s)
		}
	}
	m.samples = kept
}

// rows is the plain fold: each sample on its own, in order of seq.
func (m *model) rows(id metric.ID, q ledger.Range, tier series.Tier, now int64) (rows []series.Row) {
	buckets := map[int64]*series.Bucket{}
	for _, s := range m.samples {
		forgotten := tier.Keep > 0 && series.Floor(s.Time, tier.Step)+tier.Step <= now-tier.Keep
		step := series.Floor(s.Time, q.Step)
		if s.Metric != id || forgotten || q.AsOf > 0 && s.Seq > q.AsOf || step < series.Floor(q.From, q.Step) || step > q.To {
			continue
		}
		if buckets[step] == nil {
			buckets[step] = &series.Bucket{}
		}
		buckets[step].Add(s)
	}
	for step := series.Floor(q.From, q.Step); step <= q.To; step += q.Step {
		if b := buckets[step]; b != nil {
			rows = append(rows, b.Row(step))
		}
	}
	return rows
}

var ids = []metric.ID{"a", "b", `c{x="1"}`, `c{x="2"}`}

func anyHistory(t *testing.T, w *world) {
	for seed := range uint64(2) {
		AnyHistory(t, w.fresh(t), seed)
	}
}

// AnyHistory lets a store and a plain model live through the same random life,
// one for each seed: mutations with times near and far, restarts, flushes,
// deletions, a clock that leaps; after each step it compares heads, and random
// histories as of now and as of before.
func AnyHistory(t *testing.T, place Open, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 2))
	life := &world{t: t, place: place, now: start}
	life.open()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
		_ = life.Close()
	}()
	m := &model{metrics: map[metric.ID]metric.Metric{}}
	for range 120 {
		live(t, r, life, m)
		compare(t, r, life, m)
	}
}

// live does one random thing to both.
func live(t *testing.T, r *rand.Rand, w *world, m *model) {
	switch n := r.IntN(100); {
	case n < 70:
		w.now += r.Int64N(3 * second)
		items := make([]ledger.Item, 1+r.IntN(40))
		for i := range items {
			items[i] = randomItem(r, w.now)
		}
		for i, o := range w.batch(entry(items...))[0] {
			want, err := m.apply(items[i], w.now)
			if o.Sample != want || (o.Err == nil) != (err == nil) {
				t.Fatalf("%+v: %+v, want %+v, %v", items[i], o, want, err)
			}
		}
	case n < 85:
		w.maintain()
	case n < 91:
		w.reopen()
	case n < 94:
		w.now += r.Int64N(40 * day)
	case n < 97:
		w.now += r.Int64N(3 * hour)
	default:
		id := ids[r.IntN(len(ids))]
		_, found := m.metrics[id]
		if err := w.Delete(t.Context(), id); found != (err == nil) {
			t.Fatalf("delete %s: %v", id, err)
		}
		m.delete(id)
	}
}

func randomItem(r *rand.Rand, now int64) ledger.Item {
	it := add(ids[r.IntN(len(ids))], float64(r.IntN(40)-8)/4)
	if r.IntN(3) == 0 {
		it = set(it.Metric, float64(r.IntN(400))/4)
	}
	it.Time = now - r.Int64N(second)
	switch r.IntN(10) {
	case 0:
		it.Time = now - r.Int64N(2*hour)
	case 1:
		it.Time = now - r.Int64N([]int64{2 * day, 8 * day, 100 * day, 4000 * day}[r.IntN(4)])
	case 2:
		it.Time = now + r.Int64N(metric.MaxAhead)
	}
	return it
}

var steps = []int64{second, 2 * second, 5 * second, 10 * second, 30 * second, minute, 5 * minute, 15 * minute, hour, 6 * hour, day, 7 * day}

// compare asks both for random histories, the heads, and what came after some seq.
func compare(t *testing.T, r *rand.Rand, w *world, m *model) {
	t.Helper()
	all, seq := w.state()
	if seq != m.seq || len(all) != len(m.metrics) {
		t.Fatalf("%d metrics as of %d, want %d as of %d", len(all), seq, len(m.metrics), m.seq)
	}
	for _, got := range all {
		if !reflect.DeepEqual(got, m.metrics[got.ID]) {
			t.Fatalf("%+v, want %+v", got, m.metrics[got.ID])
		}
	}
	for range 3 {
		q := ledger.Range{IDs: ids, Step: steps[r.IntN(len(steps))]}
		q.To = w.now + 2*hour - r.Int64N([]int64{2 * hour, 4 * hour, 4 * day, 200 * day}[r.IntN(4)])
		q.From = max(q.To-r.Int64N([]int64{30, 300}[r.IntN(2)]*q.Step), -90*day)
		if m.seq > 0 && r.IntN(2) == 0 {
			q.AsOf = m.seq - min(m.seq-1, r.Uint64N(30))
		}
		var tier series.Tier
		for _, each := range series.Tiers {
			if q.Step%each.Step == 0 {
				tier = each
			}
		}
		got, err := w.Rows(t.Context(), q)
		if errors.Is(err, ledger.ErrPassed) && q.AsOf != 0 && q.AsOf != m.seq {
			continue
		}
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		for _, id := range ids {
			if want := m.rows(id, q, tier, w.now); len(got[id])+len(want) > 0 && !reflect.DeepEqual(got[id], want) {
				t.Fatalf("%s %+v at %d:\n got %v\nwant %v", id, q, w.now, got[id], want)
			}
		}
	}
}
