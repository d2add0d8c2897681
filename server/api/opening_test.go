package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/store/sqlite"
	"telltale/shared/metric"
	"telltale/shared/series"
)

func TestWhoComesTogetherIsToldWhatWasReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s openings
		var reads atomic.Int64
		read := func() (map[metric.ID][]series.Row, error) {
			reads.Add(1)
			time.Sleep(10 * time.Millisecond)
			return map[metric.ID][]series.Row{"a": {{Time: 1, Count: 1}}}, nil
		}
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if o, err := s.of(t.Context(), stretch{from: 1}, read); err != nil || string(o.text) != `{"a":[[1,0,0,0,0,0,1]]}` {
					t.Error(o, err)
				}
			})
		}
		all.Wait()
		if _, err := s.of(t.Context(), stretch{from: 1}, read); err != nil || reads.Load() != 1 {
			t.Errorf("%d were read, %v", reads.Load(), err)
		}
		if _, err := s.of(t.Context(), stretch{from: 2}, read); err != nil || reads.Load() != 2 {
			t.Errorf("another stretch: %d were read, %v", reads.Load(), err)
		}
		time.Sleep(openingsAge + time.Millisecond)
		synctest.Wait()
		if len(s.kept) != 0 || s.bytes != 0 {
			t.Errorf("after a second %d are kept, of %d bytes", len(s.kept), s.bytes)
		}
	})
}

func TestAnOpeningThatFailsOrIsTooLargeIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s openings
		broken := errors.New("broken")
		if _, err := s.of(t.Context(), stretch{}, func() (map[metric.ID][]series.Row, error) { return nil, broken }); !errors.Is(err, broken) || len(s.kept) != 0 {
			t.Error(err, s.kept)
		}
		large := map[metric.ID][]series.Row{metric.ID(strings.Repeat("x", openingsBytes)): nil}
		if o, err := s.of(t.Context(), stretch{}, func() (map[metric.ID][]series.Row, error) { return large, nil }); err != nil || len(o.text) < openingsBytes || len(s.kept) != 0 || s.bytes != 0 {
			t.Error(err, len(s.kept), s.bytes)
		}
		func() {
			defer func() { _ = recover() }()
			_, _ = s.of(t.Context(), stretch{}, func() (map[metric.ID][]series.Row, error) {
				go func() {
					if _, err := s.of(t.Context(), stretch{}, nil); !errors.Is(err, errUnread) {
						t.Errorf("who waits for one that panics: %v", err)
					}
				}()
				time.Sleep(time.Millisecond)
				panic("broken")
			})
		}()
		synctest.Wait()
		// Who reads for the others leaves: one of them reads.
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			_, _ = s.of(ctx, stretch{}, func() (map[metric.ID][]series.Row, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
		}()
		synctest.Wait()
		go leave()
		o, err := s.of(t.Context(), stretch{}, func() (map[metric.ID][]series.Row, error) { return nil, nil })
		if err != nil || string(o.text) != "{}" {
			t.Error(o, err)
		}
		time.Sleep(2 * openingsAge)
	})
}

func TestASnapshotIsNotMadeBeforeItCanBeWritten(t *testing.T) {
	act(t, sqlite.Options{}, Catchup, func(s *stage) {
		c := s.session()
		if err := c.startWatch([]byte(`{"type":"watch","id":"w","metrics":["*"],"clock":true}`)); err != nil {
			t.Fatal(err)
		}
		defer c.unwatch()
		o := c.frame()
		if o.payload != nil || o.later == nil {
			t.Fatalf("%+v", o)
		}
		begun := time.Now().UnixMilli()
		time.Sleep(3 * time.Second)
		want := fmt.Sprintf(`{"type":"snapshot","id":"w","epoch":%q,"seq":0,"resumed":false,"time":%d,"values":{},"history":{}}`, s.store.Epoch(), begun+3000)
		if got := string(o.later()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
