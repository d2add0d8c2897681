package redis

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/shared/metric"
	"telltale/shared/room"
)

type silent struct{}

func (silent) Say([]room.Message)      {}
func (silent) Publish([]metric.Sample) {}
func (silent) Refresh(metric.ID)       {}
func (silent) Forget(metric.ID)        {}

// BenchmarkMutations counts adds to 100 counters, a mutation a request, through the ledgers of
// one and of two processes, and in the same run through a bare loop that has the same
// script decide batches of 256 that were made before, one connection and no answer read.
func BenchmarkMutations(b *testing.B) {
	for _, sync := range []string{"always", "everysec"} {
		server := redistest.Start(b, "--appendfsync", sync)
		b.Run(sync+"/bare script, batches of 256", func(b *testing.B) { bare(b, server) })
		for _, producers := range []int{64, 1024} {
			for _, processes := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%d producers, %d processes", sync, producers, processes), func(b *testing.B) {
					through(b, server, producers, processes)
				})
			}
		}
		server.Kill()
	}
}

func counter(i int) ledger.Item {
	return ledger.Item{Mutation: metric.Mutation{Metric: metric.ID("orders_" + strconv.Itoa(i%100)), Op: metric.Add, Value: 1}}
}

func through(b *testing.B, server *redistest.Server, producers, processes int) {
	prefix := newEpoch()
	ledgers := make([]*ledger.Ledger, processes)
	for i := range ledgers {
		s, err := Open(b.Context(), Options{URL: server.URL(), Prefix: prefix})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		ledgers[i] = ledger.New(s, silent{})
	}
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for p := range producers {
		l := ledgers[p%processes]
		all.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				out, err := l.Apply(context.Background(), ledger.Entry{Items: []ledger.Item{counter(int(i))}})
				if err != nil || out[0].Err != nil {
					b.Error(err, out)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mutations/s")
}

func bare(b *testing.B, server *redistest.Server) {
	s, err := Open(b.Context(), Options{URL: server.URL(), Prefix: newEpoch()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.stop()
	s.tasks.Wait()
	items := make([]ledger.Item, 256)
	for i := range items {
		items[i] = counter(i)
	}
	dial, _ := Dial(server.URL())
	client, err := rueidis.NewClient(dial)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	request := s.request([]ledger.Entry{{Items: items}})
	b.ResetTimer()
	for n := 0; n < b.N; n += len(items) {
		args := append([]string{"bare", strconv.Itoa(n/len(items) + 1), newID(), s.Epoch(), "0"}, request...)
		if err := apply.Exec(context.Background(), client, []string{s.prefix}, args).Error(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mutations/s")
}

// receipt is a Publisher that says when each sample reached it.
type receipt struct {
	silent
	seen chan time.Time
}

func (r receipt) Publish(samples []metric.Sample) {
	now := time.Now()
	for range samples {
		r.seen <- now
	}
}

// BenchmarkDelivery measures from a request to one process until the publisher of another has
// its sample; in the same run until the request is answered, and a bare write of as much.
func BenchmarkDelivery(b *testing.B) {
	server := redistest.Start(b)
	prefix := newEpoch()
	var stores []*Store
	for range 2 {
		s, err := Open(b.Context(), Options{URL: server.URL(), Prefix: prefix})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		stores = append(stores, s)
	}
	r := receipt{seen: make(chan time.Time, 1)}
	stores[1].Follow(r)
	var delivered, answered, bare []time.Duration
	for range b.N {
		begun := time.Now()
		if _, err := addOne(stores[0], "a"); err != nil {
			b.Fatal(err)
		}
		answered = append(answered, time.Since(begun))
		delivered = append(delivered, (<-r.seen).Sub(begun))
		client := stores[0].redis()
		begun = time.Now()
		if err := client.Do(b.Context(), client.B().Set().Key(stores[0].prefix+"bare").Value("a sample's worth").Build()).Error(); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, time.Since(begun))
	}
	for name, all := range map[string][]time.Duration{"delivered": delivered, "answered": answered, "bare-SET": bare} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), name+"-p50-µs")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), name+"-p99-µs")
	}
}
