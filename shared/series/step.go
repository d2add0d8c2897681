package series

// MaxPoints is the most rows one history may have.
const MaxPoints = 5000

// Tier is a roll-up: buckets of Step ms, kept for Keep ms (0: for ever).
type Tier struct{ Step, Keep int64 }

const (
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// Tiers are the roll-ups, finest first, with their usual retention.
var Tiers = [...]Tier{{second, day}, {10 * second, 7 * day}, {minute, 90 * day}, {hour, 0}}

// steps are the widths of a history's steps. Each from a second up is a
// multiple of a tier at most ten times (an hour's: any times) finer.
var steps = [...]int64{100, 200, 500, second, 2 * second, 5 * second, 10 * second, 20 * second, 30 * second,
	minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
	hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 28 * day}

// Step is the width in ms of the columns for a live range: the smallest step
// for which range_ms fits into points columns. points is at least 1.
func Step(rangeMS int64, points int) int64 { return StepFor(0, max(rangeMS-1, 0), points, 0) }

// StepFor is the smallest step, at least finest ms, for which the steps that
// from..to (ms, both inside) touches number at most points. Past the largest
// of the list it answers multiples of 28 days.
func StepFor(from, to int64, points int, finest int64) int64 {
	fits := func(step int64) bool { return Floor(to, step)/step-Floor(from, step)/step < int64(points) }
	for _, step := range steps {
		if step >= finest && fits(step) {
			return step
		}
	}
	step := int64(56 * day)
	for !fits(step) && step < 1<<61 {
		step *= 2
	}
	return step
}

// Floor is the start of the step that holds t; right for times before 1970 too.
func Floor(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	return t - r
}
