package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/room"
)

func TestASearchFindsAllThatIsThereAndAllThatComes(t *testing.T) {
	chat(t, func(s *server, v *Viewer) {
		say := func(n int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for range n {
				s.post("r", "", fmt.Sprint("line ", len(s.room("r").said)+1))
			}
		}
		say(1800)
		ctx, cancel := context.WithCancel(context.Background()) // of this bubble
		defer cancel()
		var hits []uint64
		var through bool
		var told int
		match := func(m room.Message) bool { return strings.HasSuffix(m.Content, "00") }
		go v.Search(ctx, "r", match, func(h []uint64, done bool) {
			told++
			hits, through = h, done
			if !slices.IsSorted(h) {
				t.Errorf("told of %v", h)
			}
		})
		want := func(n int) {
			t.Helper()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if len(hits) != n || !through || slices.ContainsFunc(hits, func(seq uint64) bool { return seq%100 != 0 }) {
				t.Fatalf("%v found, all looked through: %v", hits, through)
			}
		}
		want(18)
		if told < 4 {
			t.Errorf("told %d times of 1,800 lines", told)
		}
		say(250)
		want(20)
		s.mu.Lock()
		s.down = true
		s.mu.Unlock()
		time.Sleep(3 * time.Second)
		s.mu.Lock()
		s.down = false
		s.mu.Unlock()
		say(50)
		want(21)
		cancel()
		synctest.Wait()
		reads := s.room("r").reads
		say(100)
		time.Sleep(5 * time.Second)
		if now := s.room("r").reads; now > reads+1 {
			t.Errorf("%d reads after the search had ended", now-reads)
		}
	})
}
