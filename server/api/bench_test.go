package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/server/hub"
	"telltale/shared/metric"
	"telltale/shared/wire"
)

// BenchmarkFanOut has 1,000 viewers of 100 metrics that change 10,000 times a
// second, conflated every 50 ms. Staleness is from a change, the oldest of its
// frame, to its receipt; viewers share the machine with the server.
func BenchmarkFanOut(b *testing.B) {
	const viewers, changes, metrics = 1000, 10_000, 100
	h := open(b)
	a := h.api
	var mu sync.Mutex
	var stale []float64
	var all sync.WaitGroup
	for range viewers {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			b.Fatal(err)
		}
		p := shake(b, conn, "/ws")
		const ask = `{"type":"watch","metrics":["m*"],"rate":20}`
		if _, err := p.Write(append([]byte{0x81, 0x80 | byte(len(ask)), 0, 0, 0, 0}, ask...)); err != nil {
			b.Fatal(err)
		}
		all.Go(func() {
			var mine []float64
			for {
				_, payload, err := p.frame()
				if err != nil {
					break
				}
				if at, ok := oldest(payload); ok {
					mine = append(mine, float64(time.Now().UnixMicro())/1000-at)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			stale = append(stale, mine...)
		})
	}
	for a.traffic.sent.Load() < 2*viewers { // each has its welcome and its snapshot
		<-time.After(time.Millisecond)
	}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	seq := uint64(0)
	b.ResetTimer()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range b.N { // one op is a second of changes
		for range 1000 {
			<-tick.C
			batch := make([]metric.Sample, changes/1000)
			for i := range batch {
				seq++
				now := float64(time.Now().UnixMicro()) / 1000
				batch[i] = metric.Sample{Metric: metric.ID(fmt.Sprintf("m%d", seq%metrics)), Seq: seq, Time: int64(now), Value: now}
			}
			a.Hub.Publish(batch)
		}
	}
	b.StopTimer()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	a.Drain(ctx)
	all.Wait()
	slices.Sort(stale)
	if len(stale) == 0 {
		b.Fatal("no frame came")
	}
	b.ReportMetric(float64(before.HeapInuse+before.StackInuse)/viewers/1024, "KiB/viewer")
	b.ReportMetric(stale[len(stale)/2], "ms-p50")
	b.ReportMetric(stale[len(stale)*99/100], "ms-p99")
	b.ReportMetric(float64(len(stale))/float64(b.N)/viewers, "frames/s/viewer")
}

// oldest is the smallest value of the first metric of a frame.
func oldest(frame []byte) (float64, bool) {
	_, values, found := bytes.Cut(frame, []byte(`"values":{"`))
	if !found || !bytes.HasPrefix(frame, []byte(`{"type":"frame"`)) {
		return 0, false
	}
	_, bucket, _ := bytes.Cut(values, []byte("["))
	parts := bytes.SplitN(bucket, []byte(","), 4)
	if len(parts) < 4 {
		return 0, false
	}
	at, err := strconv.ParseFloat(string(parts[2]), 64)
	return at, err == nil
}

// BenchmarkJoin is what one viewer of the start page costs when it comes: eight
// metrics with a history of an hour, 300 points.
func BenchmarkJoin(b *testing.B) {
	h := open(b)
	now := time.Now().UnixMilli()
	var rows strings.Builder
	for i := range 3600 {
		for m := range 8 {
			fmt.Fprintf(&rows, `{"metric":"m%d","set":%d,"time":%d}`+"\n", m, i%100, now-int64(i)*1000)
		}
	}
	h.must("POST", "/api/v1/metrics", rows.String())
	out := hub.NewOutbox()
	b.ReportAllocs()
	for b.Loop() {
		viewer, err := h.api.Hub.Watch(out, hub.Watch{Patterns: []string{"m*"}})
		if err != nil {
			b.Fatal(err)
		}
		_, at := viewer.Next()
		s, history, err := h.api.snapshot(b.Context(), &watch{Viewer: viewer, reach: 3_600_000, points: 300}, at)
		if err != nil || len(s.Values) != 8 {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(wire.AppendSnapshotOf(nil, s, history, ""))))
		viewer.Close()
	}
}

// BenchmarkOrder is a durable POST /order over HTTP, by many clients at once.
func BenchmarkOrder(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(strconv.Itoa(clients), func(b *testing.B) {
			h := open(b)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
			b.SetParallelism(max(1, clients/runtime.GOMAXPROCS(0)))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					response, err := client.Post(h.url+"/order", "", nil)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}
