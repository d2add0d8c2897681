package sqlite

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"telltale/server/ledger"
	"telltale/shared/metric"
)

// silent publishes to nobody.
type silent struct{}

func (silent) Publish([]metric.Sample) {}
func (silent) Refresh(metric.ID)       {}
func (silent) Forget(metric.ID)        {}

// bare is the rival: it appends each mutation's bytes to a file and calls
// fdatasync, and decides nothing. It stands behind the same Ledger, so callers
// wait and are grouped as with the real store.
type bare struct {
	ledger.Store
	file *os.File
	seq  uint64
	buf  []byte
}

func (b *bare) Apply(_ context.Context, batch []ledger.Entry) ([][]ledger.Outcome, error) {
	b.buf = b.buf[:0]
	out := make([][]ledger.Outcome, len(batch))
	for i, e := range batch {
		out[i] = make([]ledger.Outcome, len(e.Items))
		for j, it := range e.Items {
			b.seq++
			b.buf = append(b.buf, it.Metric...)
			b.buf = binary.LittleEndian.AppendUint64(b.buf, math.Float64bits(it.Value))
			out[i][j].Sample.Seq = b.seq
		}
	}
	if _, err := b.file.Write(b.buf); err != nil {
		return nil, err
	}
	return out, syscall.Fdatasync(int(b.file.Fd()))
}

// mutate sends b.N mutations from so many clients, each waiting for its answer.
func mutate(b *testing.B, store ledger.Store, clients int) {
	l := ledger.New(store, silent{})
	ids := make([]metric.ID, 100)
	for i := range ids {
		ids[i] = metric.ID(fmt.Sprintf("requests_%d", i))
	}
	var left atomic.Int64
	var all sync.WaitGroup
	left.Store(int64(b.N))
	b.ResetTimer()
	for c := range clients {
		all.Go(func() {
			for i := c; left.Add(-1) >= 0; i++ {
				items := []ledger.Item{{Mutation: metric.Mutation{Metric: ids[i%len(ids)], Op: metric.Add, Value: 1}}}
				out, err := l.Apply(b.Context(), ledger.Entry{Items: items})
				if err != nil || out[0].Err != nil {
					b.Error(err, out)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mutations/s")
}

// BenchmarkDurable compares durable mutations a second with the bare loop.
func BenchmarkDurable(b *testing.B) {
	for _, clients := range []int{64, 1024} {
		b.Run(fmt.Sprintf("clients=%d/ours", clients), func(b *testing.B) {
			s, err := Open(b.Context(), b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			mutate(b, s, clients)
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
		b.Run(fmt.Sprintf("clients=%d/rival=append+fdatasync", clients), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "log"))
			if err != nil {
				b.Fatal(err)
			}
			mutate(b, &bare{file: f}, clients)
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
