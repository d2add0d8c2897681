package rollup_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"telltale/server/store/rollup"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// numbers are those whose forms differ.
var numbers = []float64{0, math.Copysign(0, -1), 1, -1, 0.1, -3.75, 1 << 47, 1<<48 - 1, 1 << 48, -1 << 48, 1 << 60, 1e300, -1e-300,
	math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1)}

func number(r *rand.Rand) float64 {
	if r.IntN(2) == 0 {
		return numbers[r.IntN(len(numbers))]
	}
	return float64(r.IntN(1000)) / 4
}

func same(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func TestSamplesAreReadBackToTheBit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const base = 1_795_348_800_000
	var blob []byte
	var want []rollup.Sample
	for range 2000 {
		s := rollup.Sample{Num: r.Uint32N(rollup.MaxNum + 1), Time: base - r.Int64N(1<<r.IntN(46)), Value: number(r), Add: number(r)}
		want = append(want, s)
		blob = rollup.AppendSample(blob, base, s)
	}
	i := 0
	err := rollup.Samples(blob, base, func(s rollup.Sample) bool {
		w := want[i]
		if s.Num != w.Num || s.Time != w.Time || !same(s.Value, w.Value) || !same(s.Add, w.Add) {
			t.Fatalf("sample %d is %+v, was %+v", i, s, w)
		}
		i++
		return true
	})
	if err != nil || i != len(want) {
		t.Errorf("%d of %d read, %v", i, len(want), err)
	}
}

func randomCells(r *rand.Rand, step int64, n int) (cells []rollup.Cell) {
	for range n {
		time := metric.MinTime + r.Int64N(1<<46)
		if r.IntN(2) == 0 {
			time = 1_795_348_800_000 + r.Int64N(int64(n)*step)
		}
		v := float64(r.IntN(100)) / 4
		cells = rollup.Fold(cells, step, series.Bucket{Time: time, Last: v, Min: v - 1, Max: v + 1, Sum: 1, Total: 2 * v, Count: 2})
	}
	return cells
}

func TestCellsAreReadBackToTheBit(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for _, tier := range series.Tiers {
		cells := randomCells(r, tier.Step, 300)
		for i := range cells {
			c := &cells[i]
			if i%3 == 0 {
				c.Last = number(r)
				c.Min, c.Max, c.Total, c.Count = c.Last, c.Last, c.Last, 1
			} else {
				c.Last, c.Min, c.Max, c.Sum, c.Total, c.Count = number(r), number(r), number(r), number(r), number(r), 1+r.Int64N(1<<40)
			}
		}
		blob := rollup.AppendCells([]byte("before"), tier.Step, cells)
		got, rest, err := rollup.Cells(append(blob, "after"...)[6:], tier.Step)
		if err != nil || string(rest) != "after" || !reflect.DeepEqual(got, cells) {
			t.Errorf("step %d: %v, rest %q, equal %v", tier.Step, err, rest, reflect.DeepEqual(got, cells))
		}
	}
}

func TestFoldingInPartsIsFoldingTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	const step = 1000
	for range 200 {
		var whole, merged, part []rollup.Cell
		for range 100 {
			v := float64(r.IntN(100)) / 4
			b := series.Bucket{Time: r.Int64N(30 * step), Last: v, Min: v, Max: v, Sum: v, Total: v, Count: 1}
			whole, part = rollup.Fold(whole, step, b), rollup.Fold(part, step, b)
			if r.IntN(7) == 0 {
				merged, part = rollup.Merge(merged, part), nil
			}
		}
		if merged = rollup.Merge(merged, part); !reflect.DeepEqual(merged, whole) {
			t.Fatalf("parts %v\nwhole %v", merged, whole)
		}
	}
}

func TestKeysKeepMetricsTiersAndTimesApartAndInOrder(t *testing.T) {
	before := int64(-1)
	for _, num := range []uint32{0, 1, 2, rollup.MaxNum} {
		for i, tier := range series.Tiers {
			first, last := rollup.Keys(num, i)
			if first <= before {
				t.Errorf("metric %d tier %d begins at %d, not after %d", num, i, first, before)
			}
			before = first - 1
			for _, time := range []int64{metric.MinTime, -1, 0, 1_795_348_800_000, 1_795_348_800_000 + rollup.PerChunk*tier.Step} {
				key := rollup.Key(num, i, tier.Step, time)
				if key <= before || key < first || key > last {
					t.Errorf("metric %d tier %d time %d has key %d, not after %d and in %d to %d", num, i, time, key, before, first, last)
				}
				before = key
			}
			before = last
		}
	}
}

func TestDamageIsAnErrorAndNeverAPanic(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	blob := rollup.AppendCells(nil, 1000, randomCells(r, 1000, 50))
	for n := range blob {
		if _, _, err := rollup.Cells(blob[:n], 1000); !errors.Is(err, rollup.ErrCorrupt) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	sample := rollup.AppendSample(nil, 0, rollup.Sample{Num: 300, Time: 1e12, Value: 0.1, Add: 0.2})
	for n := 1; n < len(sample); n++ {
		if err := rollup.Samples(sample[:n], 0, func(rollup.Sample) bool { return true }); !errors.Is(err, rollup.ErrCorrupt) {
			t.Errorf("a sample cut at %d: %v", n, err)
		}
	}
	if _, err := rollup.NewRows(0, math.MaxInt64, 1000, 0); err == nil {
		t.Error("a history without end is not refused")
	}
}

func FuzzCells(f *testing.F) {
	f.Add(rollup.AppendCells(nil, 1000, randomCells(rand.New(rand.NewPCG(5, 1)), 1000, 9)))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		cells, _, err := rollup.Cells(b, 1000)
		if err != nil {
			return
		}
		again, rest, err := rollup.Cells(rollup.AppendCells(nil, 1000, cells), 1000)
		if err != nil || len(rest) > 0 || len(again) != len(cells) {
			t.Errorf("%d cells, then %d, %v", len(cells), len(again), err)
		}
	})
}

func FuzzSamples(f *testing.F) {
	f.Add(rollup.AppendSample(nil, 0, rollup.Sample{Num: 1, Time: 5, Value: 0.5, Add: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		err := rollup.Samples(b, 0, func(rollup.Sample) bool { n++; return true })
		if err == nil && n == 0 && len(b) > 0 {
			t.Error("bytes without a sample are no damage")
		}
	})
}
