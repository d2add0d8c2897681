package rollup

import (
	"fmt"

	"telltale/shared/series"
)

// Rows folds cells and samples into the steps of one history.
type Rows struct {
	step  int64
	start int64 // of the first step
	since int64 // cells that end at or before it are no longer kept
	steps int64
	rows  []series.Bucket // up to the last that holds a sample: most histories end now, and may reach an hour on
}

// NewRows makes the empty rows of the steps of step ms that touch from..to. It
// refuses more than one step over series.MaxPoints. What ended at or before
// since is left out.
func NewRows(from, to, step, since int64) (*Rows, error) {
	start := series.Floor(from, step)
	n := (series.Floor(to, step)-start)/step + 1
	if to < from {
		n = 0
	}
	if n < 0 || n > series.MaxPoints+1 {
		return nil, fmt.Errorf("a history has at most %d steps", series.MaxPoints)
	}
	return &Rows{step: step, start: start, since: since, steps: n}, nil
}

// Add folds in what one step of a tier of width ms holds, from start on. Samples
// of the same step come in the order of their seq; steps come in any order.
func (r *Rows) Add(start, width int64, b *series.Bucket) {
	i := start - r.start
	if i < 0 || start+width <= r.since {
		return
	}
	if i /= r.step; i >= r.steps {
		return
	}
	if more := int(i) + 1 - len(r.rows); more > 0 {
		r.rows = append(r.rows, make([]series.Bucket, more)...)
	}
	r.rows[i].Merge(*b)
}

// Rows are the steps that hold samples.
func (r *Rows) Rows() []series.Row {
	n := 0
	for i := range r.rows {
		if r.rows[i].Count > 0 {
			n++
		}
	}
	out := make([]series.Row, 0, n)
	for i := range r.rows {
		if r.rows[i].Count > 0 {
			out = append(out, r.rows[i].Row(r.start+int64(i)*r.step))
		}
	}
	return out
}

// Tier is the number of the coarsest tier whose steps make up steps of step ms;
// -1 where there is none.
func Tier(tiers []series.Tier, step int64) int {
	for i := len(tiers) - 1; i >= 0; i-- {
		if step > 0 && step%tiers[i].Step == 0 {
			return i
		}
	}
	return -1
}
