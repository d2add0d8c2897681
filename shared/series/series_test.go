package series_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// samples makes n samples of one metric in order of seq, integers so that sums
// are exact, times mostly rising.
func samples(r *rand.Rand, n int, from int64) []metric.Sample {
	out := make([]metric.Sample, n)
	var value float64
	for i := range out {
		s := metric.Sample{Metric: "m", Seq: uint64(i + 1), Time: from + int64(i)*37 + r.Int64N(50)}
		if r.IntN(2) == 0 {
			s.Add = float64(r.IntN(9) + 1)
			value += s.Add
		} else {
			value = float64(r.IntN(1000))
		}
		s.Value = value
		out[i] = s
	}
	return out
}

func TestMergingBucketsOfPartsIsTheBucketOfTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		ss := samples(r, 1+r.IntN(40), 1000)
		var whole, merged series.Bucket
		for _, s := range ss {
			whole.Add(s)
		}
		for len(ss) > 0 {
			n := 1 + r.IntN(len(ss))
			var part series.Bucket
			for _, s := range ss[:n] {
				part.Add(s)
			}
			merged.Merge(part)
			ss = ss[n:]
		}
		if whole != merged {
			t.Fatalf("parts %+v, whole %+v", merged, whole)
		}
	}
}

func TestTheStepIsTheSmallestThatFits(t *testing.T) {
	for _, c := range []struct {
		rangeMS int64
		points  int
		want    int64
	}{
		{60_000, 600, 100}, {60_000, 300, 200}, {60_000, 60, 1000}, {300_000, 300, 1000}, {900_000, 450, 2000},
		{3_600_000, 360, 10_000}, {86_400_000, 600, 300_000}, {30 * 86_400_000, 720, 3_600_000},
		{365 * 86_400_000, 1000, 43_200_000}, {1000, 1, 1000}, {0, 1, 100}, {1 << 55, 1, 2419200000 * 2 << 23},
	} {
		if got := series.Step(c.rangeMS, c.points); got != c.want {
			t.Errorf("Step(%d, %d) = %d, want %d", c.rangeMS, c.points, got, c.want)
		}
	}
}

func TestAHistoryNeverHasMoreStepsThanPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		from := r.Int64N(1<<42) - 1<<40
		to := from + r.Int64N(1<<uint(1+r.IntN(45)))
		points := 1 + r.IntN(series.MaxPoints)
		if series.Floor(from, 1000) != series.Floor(to, 1000) || points > 1 {
			step := series.StepFor(from, to, points, 1000)
			if n := (series.Floor(to, step)-series.Floor(from, step))/step + 1; n > int64(points) && step < 1<<60 {
				t.Fatalf("%d..%d in %d points: step %d gives %d", from, to, points, step, n)
			}
		}
	}
}

func TestASeriesKeepsTheNewestWindowAndEverySpikeInIt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		step, columns := int64(1+r.IntN(200)), 1+r.IntN(50)
		s := series.NewSeries(step, columns)
		plain := map[int64]series.Bucket{}
		newest, at := int64(math.MinInt64), int64(r.IntN(4000)-2000)
		for _, sm := range samples(r, 200, at) {
			if r.IntN(20) == 0 {
				at += int64(r.IntN(20_000)) // a gap
			}
			if r.IntN(15) == 0 {
				sm.Time -= int64(r.IntN(3000)) // late
			}
			sm.Time += at
			k := series.Floor(sm.Time, step) / step
			s.Add(series.Of(sm))
			newest = max(newest, k)
			if k > newest-int64(columns) {
				b := plain[k]
				b.Add(sm)
				plain[k] = b
			}
		}
		first, next := s.Bounds()
		if next != newest+1 || next-first > int64(columns) {
			t.Fatalf("bounds %d..%d, newest %d, %d columns", first, next, newest, columns)
		}
		for k := newest - int64(columns) - 2; k <= newest+2; k++ {
			want := plain[k]
			if k <= newest-int64(columns) || k > newest {
				want = series.Bucket{}
			}
			if got := s.Column(k); got != want {
				t.Fatalf("column %d is %+v, want %+v", k, got, want)
			}
		}
	}
}

func TestFramesFoldIntoTheStateOfTheSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		ss := samples(r, 120, 50_000)
		for i := range ss {
			ss[i].Metric = metric.ID([]string{"a", "b"}[r.IntN(2)])
			if r.IntN(10) == 0 {
				ss[i].Time -= 2000
			}
		}
		heads := map[metric.ID]metric.Head{}
		set := series.NewSet(100, 1000)
		var frame series.Frame
		for i, s := range ss {
			h := heads[s.Metric]
			h.Apply(s)
			heads[s.Metric] = h
			frame.Add(s, h)
			if r.IntN(4) == 0 || i == len(ss)-1 {
				if err := set.Apply(frame); err != nil {
					t.Fatal(err)
				}
				frame = series.Frame{From: frame.Seq}
			}
		}
		for id, h := range heads {
			got := set.Metrics[id].Head
			if got.Time != h.Time || got.Value != h.Value {
				t.Fatalf("%s: folded head %+v, plain head %+v", id, got, h)
			}
		}
	}
}

func TestMergedFramesAreTheFrameOfBoth(t *testing.T) {
	a := series.Frame{From: 1, Seq: 2, Time: 10, Values: map[metric.ID]series.Bucket{
		"x": {Time: 9, Last: 1, Min: 1, Max: 8, Sum: 1, Total: 9, Count: 2}}}
	b := series.Frame{From: 2, Seq: 5, Time: 20, Values: map[metric.ID]series.Bucket{
		"x": {Time: 19, Last: 4, Min: 0, Max: 4, Sum: 3, Total: 4, Count: 2},
		"y": {Time: 18, Last: 7, Min: 7, Max: 7, Total: 7, Count: 1}}}
	m := series.Frame{From: 1, Seq: 1}
	for _, f := range []series.Frame{a, b} {
		if err := m.Merge(f); err != nil {
			t.Fatal(err)
		}
	}
	if m.From != 1 || m.Seq != 5 || m.Time != 20 || m.Values["y"] != b.Values["y"] ||
		m.Values["x"] != (series.Bucket{Time: 19, Last: 4, Min: 0, Max: 8, Sum: 4, Total: 13, Count: 4}) {
		t.Errorf("merged: %+v", m)
	}
	if a.Values["x"].Count != 2 {
		t.Error("merging changed the frame merged")
	}
	if err := m.Merge(b); !errors.Is(err, series.ErrGap) {
		t.Errorf("a frame twice: %v", err)
	}
}

func TestAFrameThatDoesNotFollowChangesNothing(t *testing.T) {
	set := series.NewSet(1000, 10)
	set.Load(series.Snapshot{Epoch: "e", Seq: 7, Values: map[metric.ID]series.Point{"m": {Time: 5000, Value: 3}}})
	for _, from := range []uint64{6, 8} {
		f := series.Frame{From: from, Seq: 9, Values: map[metric.ID]series.Bucket{"m": {Time: 6000, Last: 4, Count: 1}}}
		if err := set.Apply(f); !errors.Is(err, series.ErrGap) || set.Seq != 7 || set.Metrics["m"].Head.Value != 3 {
			t.Errorf("from %d: %v, seq %d, %+v", from, err, set.Seq, set.Metrics["m"].Head)
		}
	}
}

func TestAResumedSnapshotAddsAndAFreshOneReplaces(t *testing.T) {
	row := func(at int64, v float64) series.Row {
		return series.Row{Time: at, Min: v, Max: v, Avg: v, Last: v, Sum: v, Count: 1}
	}
	set := series.NewSet(1000, 10)
	set.Load(series.Snapshot{Epoch: "e", Seq: 1, Values: map[metric.ID]series.Point{"m": {Time: 1000, Value: 1}, "gone": {Time: 1000}},
		History: map[metric.ID][]series.Row{"m": {row(1000, 1)}}})
	set.Load(series.Snapshot{Epoch: "e", Seq: 3, Resumed: true, Values: map[metric.ID]series.Point{"m": {Time: 1500, Value: 5}},
		History: map[metric.ID][]series.Row{"m": {row(1000, 5)}}})
	if got := set.Metrics["m"].Series.Column(1); got.Count != 2 || got.Max != 5 || got.Min != 1 || got.Sum != 6 {
		t.Errorf("resumed: %+v", got)
	}
	if set.Metrics["gone"] == nil || set.Seq != 3 {
		t.Error("a resumed snapshot dropped what it did not name")
	}
	set.Load(series.Snapshot{Epoch: "f", Seq: 2, Values: map[metric.ID]series.Point{"m": {Time: 9000, Value: 2}}})
	if set.Metrics["gone"] != nil || set.Epoch != "f" || set.Metrics["m"].Series.Column(1).Count != 0 {
		t.Error("a fresh snapshot kept what was there before")
	}
}

func TestWhatLiesAheadWaitsForItsTime(t *testing.T) {
	at := func(ms int64, v float64) map[metric.ID]series.Bucket {
		return map[metric.ID]series.Bucket{"m": {Time: ms, Last: v, Min: v, Max: v, Count: 1}}
	}
	set := series.NewSet(1000, 5)
	for _, f := range []series.Frame{
		{From: 0, Seq: 1, Time: 10_500, Values: at(10_400, 1)},
		{From: 1, Seq: 2, Time: 10_600, Values: at(60_200, 7)},
		{From: 2, Seq: 3, Time: 10_700, Values: at(60_100, 9)},
		{From: 3, Seq: 4, Time: 11_900, Values: at(11_800, 2)},
	} {
		if err := set.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	m := set.Metrics["m"]
	if m.Head.Value != 7 || m.Series.Column(10).Last != 1 || m.Series.Column(11).Last != 2 || m.Series.Column(60).Count != 0 {
		t.Errorf("the future moved the window: head %+v, columns %+v %+v %+v", m.Head, m.Series.Column(10), m.Series.Column(11), m.Series.Column(60))
	}
	set.Reach(60_150)
	if got := m.Series.Column(60).Count; got != 0 {
		t.Errorf("half a bucket came early: %d samples", got)
	}
	set.Reach(60_200)
	if got := m.Series.Column(60); got.Count != 2 || got.Last != 7 || got.Max != 9 {
		t.Errorf("its time has come, and the column holds %+v", got)
	}
}

func TestWhatIsHeldBackIsBounded(t *testing.T) {
	set := series.NewSet(1000, 10_000)
	set.Reach(1)
	for i := range int64(5000) {
		b := series.Bucket{Time: 10_000 + i*1000, Count: 1}
		if err := set.Apply(series.Frame{From: uint64(i), Seq: uint64(i + 1), Time: 2, Values: map[metric.ID]series.Bucket{"m": b}}); err != nil {
			t.Fatal(err)
		}
	}
	set.Reach(1 << 40)
	first, next := set.Metrics["m"].Series.Bounds()
	if n := next - first; n < 10 || n > 1000 {
		t.Errorf("%d columns were held back", n)
	}
}
