package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"telltale/server/ledger"
)

// line is a line of a build's output.
const line = "[ 42%] Building CXX object src/CMakeFiles/telltale.dir/render/quad_batch.cpp.o"

// Post appends the bytes of the messages and calls fdatasync, and decides nothing.
func (b *bare) Post(_ context.Context, batch []ledger.Post) ([]ledger.Posted, error) {
	b.buf = b.buf[:0]
	out := make([]ledger.Posted, len(batch))
	for i, p := range batch {
		out[i].First = b.seq + 1
		for _, l := range p.Lines {
			b.seq++
			b.buf = append(append(b.buf, l.Content...), '\n')
		}
		out[i].Last = b.seq
	}
	if _, err := b.file.Write(b.buf); err != nil {
		return nil, err
	}
	return out, datasync(b.file)
}

// post lets so many callers post n times, of so many lines each, in so many rooms,
// each waiting for its answer before it posts again.
func post(b *testing.B, l *ledger.Ledger, callers, perPost, rooms, n int) time.Duration {
	var left atomic.Int64
	var all sync.WaitGroup
	left.Store(int64(n))
	begin := time.Now()
	for c := range callers {
		p := ledger.Post{Room: fmt.Sprintf("room%d", c%rooms), Sender: fmt.Sprintf("user%d", c)}
		for range perPost {
			p.Lines = append(p.Lines, ledger.Line{Content: line})
		}
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if answer, err := l.Post(b.Context(), p); err != nil || answer.Err != nil {
					b.Error(answer, err)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(begin)
}

func benchLedgers(b *testing.B) (s *Store, ours, rival *ledger.Ledger) {
	s, err := Open(b.Context(), b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(s.Close(), f.Close()); err != nil {
			b.Error(err)
		}
	})
	return s, ledger.New(s, silent{}), ledger.New(&bare{file: f}, silent{})
}

// BenchmarkPosts compares durable messages a second with appending the same bytes
// to a file. The two take turns, so that a busy disk is busy for both; the figures
// are medians over the turns.
func BenchmarkPosts(b *testing.B) {
	for _, c := range []struct{ callers, lines, rooms int }{{64, 1, 1}, {64, 1, 64}, {1, 1, 1}, {1, 256, 1}, {16, 256, 16}} {
		b.Run(fmt.Sprintf("clients=%d/lines=%d/rooms=%d", c.callers, c.lines, c.rooms), func(b *testing.B) {
			_, ours, rival := benchLedgers(b)
			turn := 50 * c.callers
			for range 4 { // until journal and file have some size
				post(b, ours, c.callers, c.lines, c.rooms, turn)
				post(b, rival, c.callers, c.lines, c.rooms, turn)
			}
			var took, rivals []time.Duration
			for b.Loop() {
				for range 10 {
					took = append(took, post(b, ours, c.callers, c.lines, c.rooms, turn))
					rivals = append(rivals, post(b, rival, c.callers, c.lines, c.rooms, turn))
				}
			}
			messages := float64(turn * c.lines)
			b.ReportMetric(messages/median(took), "ours/s")
			b.ReportMetric(messages/median(rivals), "append+fdatasync/s")
			b.ReportMetric(median(rivals)/median(took), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPostsBesideMutations has 32 clients that mutate and 32 that post, each
// alone and both at once: neither may starve the other.
func BenchmarkPostsBesideMutations(b *testing.B) {
	for _, perPost := range []int{1, 256} {
		b.Run(fmt.Sprintf("lines=%d", perPost), func(b *testing.B) {
			s, ours, _ := benchLedgers(b)
			mutators := newClients(32, s)
			mutators.ledger = ours
			const turn = 32 * 40
			var alone, beside [2][]time.Duration
			for b.Loop() {
				for range 5 {
					alone[0] = append(alone[0], mutators.mutate(b, turn))
					alone[1] = append(alone[1], post(b, ours, 32, perPost, 4, turn))
					var both sync.WaitGroup
					both.Go(func() { beside[0] = append(beside[0], mutators.mutate(b, turn)) })
					both.Go(func() { beside[1] = append(beside[1], post(b, ours, 32, perPost, 4, turn)) })
					both.Wait()
				}
			}
			for i, name := range []string{"mutations", "posts"} {
				b.ReportMetric(turn/median(alone[i]), name+"-alone/s")
				b.ReportMetric(turn/median(beside[i]), name+"-beside/s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// fillRoom posts 100,000 messages, so many a commit.
func fillRoom(b *testing.B, s *Store, name string, perPost int) {
	p := ledger.Post{Room: name, Sender: "alice"}
	for range perPost {
		p.Lines = append(p.Lines, ledger.Line{Content: line})
	}
	for first := 0; first < 100_000; first += perPost {
		if _, err := s.Post(b.Context(), []ledger.Post{p}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRoomPage reads from the middle of a room of 100,000 messages, kept one
// by one or 250 a commit: a page of 64 KiB, one of 1,000 messages, and how long
// it takes to find out since when.
func BenchmarkRoomPage(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	s.sync = func(*os.File) error { return nil }
	for _, perPost := range []int{1, 250} {
		name := fmt.Sprintf("room%d", perPost)
		fillRoom(b, s, name, perPost)
		for _, limit := range []int{100, 1000} {
			b.Run(fmt.Sprintf("commit=%d/messages=%d", perPost, limit), func(b *testing.B) {
				n := 0
				for b.Loop() {
					page, err := s.Messages(b.Context(), name, 50_000, limit)
					if n = len(page); err != nil || page[0].Seq != 50_001 {
						b.Fatal(page, err)
					}
				}
				b.ReportMetric(float64(n), "messages")
			})
		}
		b.Run(fmt.Sprintf("commit=%d/since", perPost), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.SeqBefore(b.Context(), name, s.now()-1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpenRooms opens a store of 10,000 rooms, one of them with 100,000
// messages; and lists them.
func BenchmarkOpenRooms(b *testing.B) {
	dir := b.TempDir()
	s, err := Open(b.Context(), dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	s.sync = func(*os.File) error { return nil }
	fillRoom(b, s, "build", 1)
	for i := range 9999 {
		name := fmt.Sprintf("run.%d", i)
		if _, err := s.Post(b.Context(), []ledger.Post{{Room: name, Lines: []ledger.Line{{Content: strings.Repeat(line, 20)}}}}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if s, err = Open(b.Context(), dir, Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			if all, err := s.Rooms(b.Context()); err != nil || len(all) != 10_000 {
				b.Fatal(len(all), err)
			}
		}
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
