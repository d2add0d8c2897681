package run

import "slices"

// usualOf is how many runs of a command say how long it usually takes.
const usualOf = 11

// Shown makes of runs, the newest start first, what is shown of them at a time, ms
// since 1970: how long those take that go on, and how long such a command usually
// takes, which is the median of its last runs that exited with 0.
func Shown(runs []Run, now int64) []Run {
	took := map[string][]int64{}
	for _, r := range runs {
		if r.State == Exited && r.Code != nil && *r.Code == 0 && len(took[r.Command]) < usualOf {
			took[r.Command] = append(took[r.Command], r.Duration)
		}
	}
	for _, durations := range took {
		slices.Sort(durations)
	}
	shown := slices.Clone(runs)
	for i := range shown {
		r := &shown[i]
		if n := len(took[r.Command]); n > 0 {
			r.Usual = took[r.Command][n/2]
		}
		if r.State == Running {
			r.Duration = max(r.Duration, now-r.Started, 0)
		}
	}
	return shown
}
