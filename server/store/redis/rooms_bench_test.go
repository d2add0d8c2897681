package redis

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
)

// BenchmarkPosts says lines of 100 bytes, each of which is on disk before it is answered.
func BenchmarkPosts(b *testing.B) {
	server := redistest.Start(b)
	for _, producers := range []int{1, 64, 1024} {
		b.Run(fmt.Sprintf("producers=%d", producers), func(b *testing.B) {
			s, err := Open(b.Context(), Options{URL: server.URL(), Prefix: newEpoch()})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			one := ledger.New(s, silent{})
			line := []ledger.Line{{Content: string(make([]byte, 100))}}
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for p := range producers {
				all.Go(func() {
					for next.Add(1) <= int64(b.N) {
						if posted, err := one.Post(context.Background(), ledger.Post{Room: fmt.Sprint("room", p%8), Lines: line}); err != nil || posted.Err != nil {
							b.Error(err, posted.Err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
