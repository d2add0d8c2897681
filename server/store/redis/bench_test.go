package redis

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// BenchmarkMutations counts adds to 100 counters, a mutation a request, through the ledgers of one and
// of two processes; and beside it, in the same run, has redis-benchmark call the very script: over a
// connection for each process, with as many mutations a call as each process has producers, which is
// the most that can come together.
//
// What all cost does not depend on what else the machine does: CPU time of Redis and of this process,
// and mutations a call, each of which, or a few together, Redis syncs.
func BenchmarkMutations(b *testing.B) {
	for _, sync := range []string{"always", "everysec"} {
		server := redistest.Start(b, "--appendfsync", sync)
		for _, producers := range []int{64, 1024} {
			for _, processes := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%d producers, %d processes", sync, producers, processes), func(b *testing.B) {
					ours := through(b, server, producers, processes)
					rival := benchmark(b, server, producers/processes, processes)
					b.ReportMetric(ours, "mutations/s")
					b.ReportMetric(rival, "redis-benchmark/s")
					b.ReportMetric(ours/rival, "of-redis-benchmark")
				})
			}
		}
		server.Kill()
	}
}

func counter(i int) ledger.Item {
	return ledger.Item{Mutation: metric.Mutation{Metric: metric.ID("orders_" + strconv.Itoa(i%100)), Op: metric.Add, Value: 1}}
}

func through(b *testing.B, server *redistest.Server, producers, processes int) (rate float64) {
	prefix := newEpoch()
	stores, ledgers := make([]*Store, processes), make([]*ledger.Ledger, processes)
	for i := range ledgers {
		s, err := Open(b.Context(), Options{URL: server.URL(), Prefix: prefix})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		stores[i], ledgers[i] = s, ledger.New(s, silent{})
	}
	var next atomic.Int64
	var all sync.WaitGroup
	redis, own := redisCPU(b, stores[0]), ownCPU(b)
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
	b.StopTimer()
	b.ReportMetric((redisCPU(b, stores[0])-redis)/float64(b.N), "redis-µs/op")
	b.ReportMetric((ownCPU(b)-own)/float64(b.N), "own-µs/op")
	stores[0].follow.Lock()
	defer stores[0].follow.Unlock()
	b.ReportMetric(float64(b.N)/float64(stores[0].place.n), "mutations/call")
	return float64(b.N) / b.Elapsed().Seconds()
}

// redisCPU is the CPU time that Redis has had, µs.
func redisCPU(b *testing.B, s *Store) (all float64) {
	client := s.redis()
	text, err := client.Do(b.Context(), client.B().Info().Section("cpu").Build()).ToString()
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if seconds, err := strconv.ParseFloat(value, 64); err == nil && (name == "used_cpu_user" || name == "used_cpu_sys") {
			all += seconds * 1e6
		}
	}
	return all
}

// benchmark has redis-benchmark call the script that decides so many mutations at a time, over so many
// connections, and answers mutations a second. The tool has no argument that holds a zero byte, as the
// request does: a line before the script gets it from a key. Each call is of a lane of its own.
func benchmark(b *testing.B, server *redistest.Server, mutations, connections int) float64 {
	s, err := Open(b.Context(), Options{URL: server.URL(), Prefix: newEpoch()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	items := make([]ledger.Item, mutations)
	for i := range items {
		items[i] = counter(i)
	}
	request := s.request([]ledger.Entry{{Items: items}})
	client := s.redis()
	sha, err := client.Do(b.Context(), client.B().ScriptLoad().Script("table.insert(ARGV, 7, redis.call('GET', KEYS[1] .. 'request'))\n"+begin+applyBody).Build()).ToString()
	if err != nil {
		b.Fatal(err)
	}
	if err := client.Do(b.Context(), client.B().Set().Key(s.prefix+"request").Value(request[1]).Build()).Error(); err != nil {
		b.Fatal(err)
	}
	s.stop() // nobody follows
	s.tasks.Wait()
	host, port, _ := strings.Cut(server.Addr(), ":")
	calls := max(b.N/mutations, 50)
	args := append([]string{"-h", host, "-p", port, "-c", strconv.Itoa(connections), "-n", strconv.Itoa(calls), "-r", "1000000000", "-q",
		"EVALSHA", sha, "1", s.prefix, "lane__rand_int__", "1", "the call", s.Epoch(), "0", request[0]}, request[2:]...)
	said, err := exec.Command(redistest.Program("benchmark"), args...).CombinedOutput()
	found := regexp.MustCompile(`([0-9.]+) requests per second`).FindAllSubmatch(said, -1)
	if err != nil || found == nil {
		b.Fatalf("%s: %v: %.2000q", redistest.Program("benchmark"), err, said)
	}
	if done, err := client.Do(b.Context(), client.B().Xlen().Key(s.prefix+"log").Build()).AsInt64(); err != nil || done < int64(calls) {
		b.Fatalf("of %d calls %d were decided, %v", calls, done, err)
	}
	rate, err := strconv.ParseFloat(string(found[len(found)-1][1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate * float64(mutations)
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
