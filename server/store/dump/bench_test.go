package dump_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/redis"
	"telltale/server/store/redistest"
	"telltale/server/store/sqlite"
	"telltale/shared/metric"
)

var (
	moved = flag.Int("samples", 1_000_000, "samples that BenchmarkMove moves")
	kept  = flag.String("kept", "", "folder of these samples, kept for the next time; \"\" for none")
)

// BenchmarkMove moves a store of so many samples of 1,000 metrics over a day, and says how many a second, and how
// much the heap held at most.
func BenchmarkMove(b *testing.B) {
	dir := *kept
	if dir == "" {
		dir = b.TempDir()
	}
	now := time.Now()
	if _, err := os.Stat(filepath.Join(dir, "telltale.db")); err != nil {
		fill(b, dir, now)
	}
	file := filepath.Join(b.TempDir(), "file")
	b.Run("export from a folder", func(b *testing.B) {
		measure(b, func() {
			to, err := os.Create(file)
			if err != nil {
				b.Fatal(err)
			}
			defer to.Close()
			if _, err := dump.Write(b.Context(), to, sqlite.Export(dir, sqlite.Options{})); err != nil {
				b.Fatal(err)
			}
		})
		if about, err := os.Stat(file); err == nil {
			b.ReportMetric(float64(about.Size())/float64(*moved), "B/sample")
		}
	})
	from := func() io.Reader {
		opened, err := os.Open(file)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = opened.Close() })
		return opened
	}
	b.Run("import into a folder", func(b *testing.B) {
		measure(b, func() {
			i, err := sqlite.Begin(b.Context(), b.TempDir(), sqlite.Options{})
			if err == nil {
				err = takeAll(b.Context(), i, from())
			}
			if err != nil {
				b.Fatal(err)
			}
		})
	})
	server := redistest.Start(b, "--appendfsync", "everysec")
	o := redis.Options{URL: server.URL()}
	b.Run("import into Redis", func(b *testing.B) {
		measure(b, func() {
			o.Prefix = fmt.Sprint("bench", time.Now().UnixNano())
			i, err := redis.Begin(b.Context(), o)
			if err == nil {
				err = takeAll(b.Context(), i, from())
			}
			if err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("export from Redis", func(b *testing.B) {
		measure(b, func() {
			end, err := dump.Write(b.Context(), io.Discard, redis.Export(o))
			if err != nil {
				b.Fatal(err)
			}
			if last := tailOf(b, file); !strings.Contains(last, end.SHA256) {
				b.Fatalf("its SHA-256 is %s, the file ends in %q", end.SHA256, last)
			}
		})
	})
}

// tailOf is the last bytes of a file, where its SHA-256 stands.
func tailOf(b *testing.B, name string) string {
	b.Helper()
	file, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		b.Fatal(err)
	}
	text := make([]byte, min(about.Size(), 200))
	if _, err := file.ReadAt(text, about.Size()-int64(len(text))); err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// measure runs a move, and reports its pace and the most that the heap held.
func measure(b *testing.B, do func()) {
	b.Helper()
	stop, most := make(chan struct{}), make(chan uint64)
	runtime.GC()
	go func() {
		var peak uint64
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			case <-stop:
				tick.Stop()
				most <- peak
				return
			}
		}
	}()
	for range b.N {
		do()
	}
	close(stop)
	b.ReportMetric(float64(*moved)*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(float64(<-most)/(1<<20), "MiB-heap")
}

func fill(b *testing.B, dir string, now time.Time) {
	b.Helper()
	at := now.Add(-23 * time.Hour)
	s, err := sqlite.Open(b.Context(), dir, sqlite.Options{Now: func() time.Time { return at }})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const metrics, batch = 1000, 2000
	step := 23 * time.Hour / time.Duration(*moved/batch)
	for n := 0; n < *moved; {
		e := ledger.Entry{Items: make([]ledger.Item, batch)}
		for i := range e.Items {
			e.Items[i].Mutation = metric.Mutation{Metric: metric.ID(fmt.Sprintf(`bench.metric{n="%d"}`, n%metrics)), Op: metric.Set, Value: float64(n%7919) / 8}
			n++
		}
		if _, err := s.Apply(b.Context(), []ledger.Entry{e}); err != nil {
			b.Fatal(err)
		}
		at = at.Add(step)
	}
}
