package command

import (
	"context"
	"slices"
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
