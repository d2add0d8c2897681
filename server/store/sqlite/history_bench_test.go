package sqlite

import (
	"database/sql"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/rollup"
	"telltale/shared/metric"
	"telltale/shared/series"
)

const (
	yearSamples = 10_000_000
	yearMS      = 365 * 86_400_000
	yearEnd     = 1_795_348_800_000
)

// fillYear opens a store and fills it with ten million samples of one metric over a year, taken by
// Apply while a clock runs through that year; all samples are kept raw too.
func fillYear(b *testing.B, dir string) *Store {
	b.Helper()
	var clock atomic.Int64
	s, err := Open(b.Context(), dir, Options{Now: func() time.Time { return time.UnixMilli(clock.Load()) }, Limits: ledger.Limits{Raw: 400 * 24 * time.Hour}})
	if err != nil {
		b.Fatal(err)
	}
	items := make([]ledger.Item, 16_000)
	for first := 0; first < yearSamples; first += len(items) {
		for i := range items {
			at := yearTime(first + i)
			items[i].Mutation = metric.Mutation{Metric: "temperature", Op: metric.Set, Time: at,
				Value: 20 + 8*math.Sin(float64(at)/yearMS*6) + float64((first+i)*7919%1000)/700}
		}
		clock.Store(items[len(items)-1].Time)
		if _, err := s.Apply(b.Context(), []ledger.Entry{{Items: items}}); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Maintain(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s
}

// yearTime is when the sample with this number was taken.
func yearTime(i int) int64 { return yearEnd - yearMS + int64(float64(i)*yearMS/yearSamples) }

// scan folds the raw samples of the log from..to, found by their seqs.
func scan(b *testing.B, s *Store, from, to, step int64) []series.Row {
	begin := series.Floor(from, step)
	first := uint64(max(0, float64(begin-(yearEnd-yearMS))/yearMS*yearSamples-2))
	rows, err := rollup.NewRows(from, to, step, math.MinInt64)
	if err != nil {
		b.Fatal(err)
	}
	found, err := s.query.log.Query(int64(first))
	if err != nil {
		b.Fatal(err)
	}
	defer found.Close()
	end := series.Floor(to, step) + step
	for more := true; more && found.Next(); {
		var seq uint64
		var base int64
		var blob sql.RawBytes
		if err := found.Scan(&seq, &base, &blob); err != nil {
			b.Fatal(err)
		}
		err := rollup.Samples(blob, base, func(p rollup.Sample) bool {
			bucket := sample{time: p.Time, value: p.Value, add: p.Add}.bucket()
			rows.Add(p.Time, 1, &bucket)
			more = p.Time < end
			return more
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return rows.Rows()
}

// BenchmarkHistory asks for ranges of that year in at most 1,000 buckets, and
// has the same rows folded from a scan of the raw samples.
func BenchmarkHistory(b *testing.B) {
	dir := b.TempDir()
	s := fillYear(b, dir)
	defer func() { _ = s.Close() }()
	for _, c := range []struct {
		name       string
		age, width int64 // of the range's end, and of the range, ms
	}{
		{"5m", 0, 300_000}, {"1h", 0, 3_600_000}, {"24h", 0, 86_400_000}, {"7d", 0, 7 * 86_400_000},
		{"30d", 0, 30 * 86_400_000}, {"90d", 0, 90 * 86_400_000}, {"1y", 0, yearMS},
		{"1h-5d-ago", 5 * 86_400_000, 3_600_000}, {"24h-60d-ago", 60 * 86_400_000, 86_400_000}, {"90d-200d-ago", 200 * 86_400_000, 90 * 86_400_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			now := s.now()
			to := now - c.age
			from := to - c.width + 1
			q := ledger.Range{IDs: []metric.ID{"temperature"}, From: from, To: to}
			for _, tier := range series.Tiers { // the finest that still covers the range
				if tier.Keep == 0 || from >= now-tier.Keep {
					q.Step = series.StepFor(from, to, 1000, tier.Step)
					break
				}
			}
			var rows []series.Row
			var each []float64 // ms
			for b.Loop() {
				begin := time.Now()
				all, err := s.Rows(b.Context(), q)
				if err != nil {
					b.Fatal(err)
				}
				each = append(each, float64(time.Since(begin).Microseconds())/1000)
				rows = all["temperature"]
			}
			slices.Sort(each)
			begin := time.Now()
			raw := scan(b, s, from, to, q.Step)
			took := time.Since(begin)
			b.ReportMetric(each[len(each)/2], "ours-ms")
			b.ReportMetric(each[len(each)*99/100], "ours-p99-ms")
			b.ReportMetric(float64(took.Microseconds())/1000, "raw-scan-ms")
			b.ReportMetric(float64(len(rows)), "rows")
			b.ReportMetric(0, "ns/op")
			compareRows(b, rows, raw)
		})
	}
	b.Run("open", func(b *testing.B) {
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			again, err := Open(b.Context(), dir, Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := again.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	})
}

// compareRows holds the rows against the plain fold; sums differ by rounding.
func compareRows(b *testing.B, rows, raw []series.Row) {
	if len(rows) != len(raw) || len(rows) == 0 || len(rows) > 1000 {
		b.Fatalf("%d rows, the raw samples make %d", len(rows), len(raw))
	}
	for i := range rows {
		got, want := rows[i], raw[i]
		if math.Abs(got.Avg-want.Avg) > 1e-9 {
			b.Fatalf("row %+v, the raw samples make %+v", got, want)
		}
		got.Avg, got.Sum, want.Avg, want.Sum = 0, 0, 0, 0
		if got != want {
			b.Fatalf("row %+v, the raw samples make %+v", got, want)
		}
	}
}
