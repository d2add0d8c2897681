package redis

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/server/store/sqlite"
	"telltale/shared/metric"
)

var strange = []float64{0, math.Copysign(0, -1), 1, -1, 0.1, -0.1, 1e-320, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64,
	1 << 31, -1 << 31, 1<<31 - 1, 1 << 53, 1<<53 + 2, 1e300, math.Pi, math.Inf(1), math.Inf(-1), math.NaN()}

// life makes random requests, the same for each seed.
type life struct {
	*rand.Rand
	now   int64
	keyed []ledger.Entry // what came with a key: an entry, or one item
}

func (l *life) number() float64 {
	switch l.IntN(3) {
	case 0:
		return strange[l.IntN(len(strange))]
	case 1:
		return float64(l.IntN(40) - 12)
	}
	return l.NormFloat64() * 100
}

// key gives an entry a key: a new one, or one that was used, with what came with it then
// or with another digest.
func (l *life) key(e *ledger.Entry) {
	if n := len(l.keyed); n > 0 && l.IntN(2) == 0 {
		before := l.keyed[l.IntN(n)]
		if l.IntN(5) == 0 {
			e.Key, e.Digest = before.Key, l.Uint64()
			return
		}
		*e = before
		return
	}
	e.Key, e.Digest = fmt.Sprintf("k%d", len(l.keyed)), l.Uint64()
	l.keyed = append(l.keyed, *e)
}

func (l *life) item() ledger.Item {
	it := ledger.Item{Mutation: metric.Mutation{Metric: metric.ID(fmt.Sprintf(`m%d{a="ü"}`, l.IntN(9))), Op: metric.Add, Value: l.number()}}
	if l.IntN(3) == 0 {
		it.Op = metric.Set
	}
	switch l.IntN(12) {
	case 0, 1, 2:
		it.Time = l.now - l.Int64N(5000)
	case 3:
		it.Time = []int64{1, -1, l.now + metric.MaxAhead, l.now + metric.MaxAhead + 1, metric.MinTime, metric.MinTime - 1, math.MaxInt64, math.MinInt64}[l.IntN(8)]
	}
	if l.IntN(4) == 0 {
		e := ledger.Entry{Items: []ledger.Item{it}}
		if l.key(&e); len(e.Items) == 1 && !e.Atomic && e.Items[0].Key == "" {
			it = e.Items[0]
		} else {
			e.Digest = l.Uint64() // what came with the key was more than an item
		}
		it.Key, it.Digest = e.Key, e.Digest
	}
	return it
}

func (l *life) batch() []ledger.Entry {
	batch := make([]ledger.Entry, 1+l.IntN(4))
	for i := range batch {
		e := &batch[i]
		e.Atomic = l.IntN(3) == 0
		for range 1 + l.IntN(5) {
			e.Items = append(e.Items, l.item())
		}
		if l.IntN(4) == 0 {
			l.key(e)
		}
	}
	return batch
}

func (l *life) declaration() (d metric.Declaration) {
	bound := func() *float64 {
		if v := l.number(); l.IntN(2) == 0 && !math.IsNaN(v) {
			return &v
		}
		return nil
	}
	return metric.Declaration{Kind: metric.Kind(l.IntN(3)), Title: []string{"", "T", "Ü\x00"}[l.IntN(3)], Unit: []string{"", "u"}[l.IntN(2)], Floor: bound(), Ceiling: bound()}
}

// spell is an outcome to the bit.
func spell(o ledger.Outcome) string {
	var item *ledger.ItemError
	n := -1
	if errors.As(o.Err, &item) {
		n = item.Item
	}
	return fmt.Sprintf("%q seq %d time %d value %x add %x repeat %v, item %d, %v", o.Sample.Metric, o.Sample.Seq, o.Sample.Time,
		math.Float64bits(o.Sample.Value), math.Float64bits(o.Sample.Add), o.Repeat, n, o.Err)
}

func spellMetric(m metric.Metric) string {
	bound := func(v *float64) string {
		if v == nil {
			return "none"
		}
		return fmt.Sprintf("%x", math.Float64bits(*v))
	}
	return fmt.Sprintf("%q %v %q %q %s %s, %d %d %x", m.ID, m.Kind, m.Title, m.Unit, bound(m.Floor), bound(m.Ceiling), m.Head.Time, m.Head.Seq, math.Float64bits(m.Head.Value))
}

// TestTheScriptDecidesAsTheEmbeddedStoreDoes lets both live the same random life: the
// embedded store asks metric.Decide.
func TestTheScriptDecidesAsTheEmbeddedStoreDoes(t *testing.T) {
	server := redistest.Start(t, "--appendfsync", "no")
	for seed := range uint64(4) {
		l := &life{Rand: rand.New(rand.NewPCG(seed, 7)), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMilli()}
		clock := func() time.Time { return time.UnixMilli(l.now) }
		want, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{Now: clock, Limits: ledger.Limits{MaxMetrics: 7}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(t.Context(), Options{URL: server.URL(), Prefix: newEpoch(), Now: clock, Limits: ledger.Limits{MaxMetrics: 7}})
		if err != nil {
			t.Fatal(err)
		}
		accepted, refused, repeated := 0, 0, 0
		for step := range 600 {
			l.now += l.Int64N(3000)
			if l.IntN(100) == 0 {
				l.now += l.Int64N(30 * 3_600_000)
			}
			switch id := metric.ID(fmt.Sprintf(`m%d{a="ü"}`, l.IntN(9))); l.IntN(12) {
			case 0:
				d := l.declaration()
				a, errA := got.Declare(t.Context(), id, d)
				b, errB := want.Declare(t.Context(), id, d)
				if fmt.Sprint(errA) != fmt.Sprint(errB) || spellMetric(a) != spellMetric(b) {
					t.Fatalf("seed %d step %d: declared %+v: %s, %v, want %s, %v", seed, step, d, spellMetric(a), errA, spellMetric(b), errB)
				}
			case 1:
				if errA, errB := got.Delete(t.Context(), id), want.Delete(t.Context(), id); fmt.Sprint(errA) != fmt.Sprint(errB) {
					t.Fatalf("seed %d step %d: deleted: %v, want %v", seed, step, errA, errB)
				}
			default:
				batch := l.batch()
				a, errA := got.Apply(t.Context(), batch)
				b, errB := want.Apply(t.Context(), batch)
				if errA != nil || errB != nil {
					t.Fatalf("seed %d step %d: %+v: %v, %v", seed, step, batch, errA, errB)
				}
				for i := range b {
					for k := range b[i] {
						if spell(a[i][k]) != spell(b[i][k]) {
							t.Fatalf("seed %d step %d: item %d of entry %d %+v:\n got %s\nwant %s", seed, step, k, i, batch[i], spell(a[i][k]), spell(b[i][k]))
						}
						switch {
						case b[i][k].Repeat:
							repeated++
						case b[i][k].Err != nil:
							refused++
						default:
							accepted++
						}
					}
				}
			}
			a, seqA, _ := got.Metrics(t.Context())
			b, seqB, _ := want.Metrics(t.Context())
			if seqA != seqB || len(a) != len(b) {
				t.Fatalf("seed %d step %d: %d metrics as of %d, want %d as of %d", seed, step, len(a), seqA, len(b), seqB)
			}
			for i := range b {
				if spellMetric(a[i]) != spellMetric(b[i]) {
					t.Fatalf("seed %d step %d: %s, want %s", seed, step, spellMetric(a[i]), spellMetric(b[i]))
				}
			}
		}
		if min(accepted, refused, repeated) < 100 {
			t.Errorf("%d accepted, %d refused, %d repeated: too few say anything", accepted, refused, repeated)
		}
		_, _ = got.Close(), want.Close()
	}
}
