package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/room"
)

// silent publishes to nobody.
type silent struct{}

func (silent) Publish([]metric.Sample) {}
func (silent) Say([]room.Message)      {}
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
	return out, datasync(b.file)
}

// clients are callers that each wait for their answer before they ask again.
type clients struct {
	number int
	ledger *ledger.Ledger
	ids    []metric.ID
}

func newClients(number int, store ledger.Store) *clients {
	c := &clients{number: number, ledger: ledger.New(store, silent{})}
	for i := range 100 {
		c.ids = append(c.ids, metric.ID(fmt.Sprintf("requests_%d", i)))
	}
	return c
}

// mutate sends n mutations and answers how long they took.
func (c *clients) mutate(b *testing.B, n int) time.Duration {
	var left atomic.Int64
	var all sync.WaitGroup
	left.Store(int64(n))
	begin := time.Now()
	for first := range c.number {
		all.Go(func() {
			for i := first; left.Add(-1) >= 0; i++ {
				it := ledger.Item{Mutation: metric.Mutation{Metric: c.ids[i%len(c.ids)], Op: metric.Add, Value: 1}}
				out, err := c.ledger.Apply(b.Context(), ledger.Entry{Items: []ledger.Item{it}})
				if err != nil || out[0].Err != nil {
					b.Error(err, out)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(begin)
}

// BenchmarkDurable compares durable mutations a second with the bare loop. The
// two take turns of some fifty commits, so that a busy disk is busy for both; the
// figures are medians over the turns.
func BenchmarkDurable(b *testing.B) {
	for _, number := range []int{64, 1024} {
		b.Run(fmt.Sprintf("clients=%d", number), func(b *testing.B) {
			s, err := Open(b.Context(), b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			f, err := os.Create(filepath.Join(b.TempDir(), "log"))
			if err != nil {
				b.Fatal(err)
			}
			ours, rival := newClients(number, s), newClients(number, &bare{file: f})
			turn := 50 * number
			for written := int64(0); written < int64(usual.holdAfter)*4096; { // until the journal has its size
				ours.mutate(b, turn)
				journal, err := s.journal.Stat()
				if err != nil {
					b.Fatal(err)
				}
				written = journal.Size()
			}
			var took, rivals []time.Duration
			for b.Loop() {
				for range 10 {
					took = append(took, ours.mutate(b, turn))
					rivals = append(rivals, rival.mutate(b, turn))
				}
			}
			b.ReportMetric(float64(turn)/median(took), "ours/s")
			b.ReportMetric(float64(turn)/median(rivals), "append+fdatasync/s")
			b.ReportMetric(median(rivals)/median(took), "ratio")
			b.ReportMetric(0, "ns/op")
			if err := errors.Join(s.Close(), f.Close()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// median is in seconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return all[len(all)/2].Seconds()
}
