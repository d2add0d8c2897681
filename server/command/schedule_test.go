//go:build linux

package command

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAScheduleKeepsItsTimes(t *testing.T) {
	for name, row := range map[string]struct {
		last time.Duration // before now; -1 for never
		took time.Duration // of a start
		want []time.Duration
	}{
		"never ran":          {-1, 0, []time.Duration{0, time.Hour, 2 * time.Hour}},
		"ran a while ago":    {20 * time.Minute, 0, []time.Duration{40 * time.Minute, 100 * time.Minute}},
		"is overdue":         {5 * time.Hour, 0, []time.Duration{0, time.Hour, 2 * time.Hour}},
		"takes long":         {-1, 90 * time.Minute, []time.Duration{0, 150 * time.Minute}},
		"clock was set back": {-3 * time.Hour, 0, []time.Duration{0, time.Hour, 2 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun, last := time.Now(), time.Time{}
				if row.last != -1 {
					last = begun.Add(-row.last)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 151*time.Minute)
				defer cancel()
				var got []time.Duration
				repeat(ctx, time.Hour, last, func() {
					got = append(got, time.Since(begun))
					time.Sleep(row.took)
				})
				if !slices.Equal(got, row.want) {
					t.Errorf("started at %v, want %v", got, row.want)
				}
			})
		})
	}
}

func TestOfServersThatShareAStoreTheLeaderStartsWhatIsDueOnce(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b, begun := newBook(), time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var leads atomic.Int32
		var all sync.WaitGroup
		for i := range int32(2) {
			r := New(Options{Reports: b, Keeper: []string{"/nonexistent"}, Log: slog.New(slog.DiscardHandler), Dir: dir,
				Leads: func() bool { return leads.Load() == i }, Commands: []Command{{Name: "backup", Exec: []string{"true"}, Every: time.Hour, MaxParallel: 1}}})
			all.Go(func() {
				if err := r.Schedule(ctx); err != nil {
					t.Error(err)
				}
				r.Drain(t.Context(), 0)
			})
		}
		for _, turn := range []struct {
			at    time.Duration
			leads int32
		}{{30*time.Minute + 5*time.Second, 1}, {80 * time.Minute, 0}, {90*time.Minute + 5*time.Second, 2}, {130*time.Minute + 5*time.Second, 1}, {4 * time.Hour, 2}} {
			time.Sleep(time.Until(begun.Add(turn.at)))
			leads.Store(turn.leads)
		}
		cancel()
		all.Wait()
		kept, _ := b.Runs(t.Context())
		var got []time.Duration
		for _, r := range kept {
			got = append(got, time.UnixMilli(r.Started).Sub(begun))
		}
		slices.Sort(got)
		if want := []time.Duration{0, time.Hour, 130*time.Minute + 10*time.Second, 190*time.Minute + 10*time.Second}; !slices.Equal(got, want) {
			t.Errorf("started at %v, want %v", got, want)
		}
	})
}
