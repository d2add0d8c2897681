package metric

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// The ways a mutation or a declaration is refused. The error that wraps one of
// them is a sentence for the user.
var (
	ErrFloor       = errors.New("below the floor")
	ErrCeiling     = errors.New("above the ceiling")
	ErrNotFinite   = errors.New("not a finite number")
	ErrFuture      = errors.New("in the future")
	ErrPast        = errors.New("too far in the past")
	ErrDeclaration = errors.New("not a declaration")
)

// MaxAhead is how far in the future, in ms, a sample's time may lie.
const MaxAhead = 3_600_000

// MinTime is the oldest time, in ms since 1970, a sample may have: the year 1.
const MinTime = -62_135_596_800_000

// Decide answers the sample that the mutation makes of m, without seq, and the
// kind that m then has; m itself is left alone. now is in ms since 1970 and
// stands in for a mutation that names no time. Its errors wrap ErrFloor,
// ErrCeiling, ErrNotFinite, ErrFuture or ErrPast.
func Decide(m Metric, mu Mutation, now int64) (Sample, Kind, error) {
	s := Sample{Metric: mu.Metric, Value: mu.Value, Time: mu.Time}
	if s.Time == 0 {
		s.Time = now
	}
	if s.Time > now+MaxAhead {
		return s, m.Kind, fmt.Errorf("%w: time %d lies more than an hour ahead of the server's %d", ErrFuture, s.Time, now)
	}
	if s.Time < MinTime {
		return s, m.Kind, fmt.Errorf("%w: time %d, in ms since 1970, lies before the year 1", ErrPast, s.Time)
	}
	if m.Kind == Undecided {
		m.Kind = Gauge
		if mu.Op == Add {
			m.Kind = Counter
		}
	}
	floor, ceiling := m.Bounds()
	if mu.Op == Add {
		before, _ := m.Value()
		s.Value, s.Add = before+mu.Value, mu.Value
	}
	switch {
	case math.IsNaN(s.Value) || math.IsInf(s.Value, 0):
		return s, m.Kind, fmt.Errorf("%w: %s would leave the range of numbers", ErrNotFinite, mu.Metric)
	case s.Value < floor:
		return s, m.Kind, fmt.Errorf("%w: %s would be %s, its floor is %s", ErrFloor, mu.Metric, num(s.Value), num(floor))
	case s.Value > ceiling:
		return s, m.Kind, fmt.Errorf("%w: %s would be %s, its ceiling is %s", ErrCeiling, mu.Metric, num(s.Value), num(ceiling))
	}
	return s, m.Kind, nil
}

// Bounds are the smallest and largest value allowed; infinite where there is none.
func (d Declaration) Bounds() (floor, ceiling float64) {
	floor, ceiling = math.Inf(-1), math.Inf(1)
	if d.Kind == Counter {
		floor = 0
	}
	if d.Floor != nil {
		floor = *d.Floor
	}
	if d.Ceiling != nil {
		ceiling = *d.Ceiling
	}
	return floor, ceiling
}

// Check refuses a declaration that contradicts itself or is over its bounds:
// title 200 bytes, unit 32 bytes. Its errors wrap ErrDeclaration.
func (d Declaration) Check() error {
	floor, ceiling := d.Bounds()
	switch {
	case len(d.Title) > 200:
		return fmt.Errorf("%w: the title is longer than 200 bytes", ErrDeclaration)
	case len(d.Unit) > 32:
		return fmt.Errorf("%w: the unit is longer than 32 bytes", ErrDeclaration)
	case floor > ceiling:
		return fmt.Errorf("%w: the floor %s lies above the ceiling %s", ErrDeclaration, num(floor), num(ceiling))
	}
	return nil
}

func num(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
