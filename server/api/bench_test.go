package api

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/shared/metric"
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
