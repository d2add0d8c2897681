package chart

import "math"

// scale maps values lo..hi to pixels.
type scale struct{ lo, hi, from, per float64 }

func newScale(lo, hi, from, to float64) scale { return scale{lo, hi, from, (to - from) / (hi - lo)} }

// at is the pixel of v; what lies beyond the scale is drawn at its end. The conversion
// keeps the compiler from fusing multiply and add, which would round differently on
// different machines.
func (s *scale) at(v float64) float64 {
	return s.from + float64((min(max(v, s.lo), s.hi)-s.lo)*s.per)
}

// ticks are the multiples of step from first to last, within lo to hi.
type ticks struct {
	lo, hi, step float64
	first, last  int
}

// niceTicks are at most count+1 (count at least 1) ticks for values lo..hi, a nice
// step apart: 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph
// labels", Graphics Gems, 1990), not below least. The axis they are of is lo..hi
// widened to halves of a step, so that it changes seldom while values come in.
// lo is at most hi, both finite.
func niceTicks(lo, hi, least float64, count int) ticks {
	raw := math.Max((hi-lo)/float64(count), math.Max(math.Abs(lo), math.Abs(hi))*1e-12)
	raw = math.Max(math.Max(raw, least), 1e-300)
	exponent := 0
	for exponent > -300 && math.Pow10(exponent) > raw {
		exponent--
	}
	for exponent < 300 && math.Pow10(exponent+1) <= raw {
		exponent++
	}
	for {
		for _, m := range [...]float64{1, 2, 5} {
			step := decimal(m, exponent)
			if step < least {
				continue
			}
			low, high := math.Floor(lo/step*2+1e-9)/2, math.Ceil(hi/step*2-1e-9)/2
			if high == low {
				high++
			}
			if high-low <= float64(count) {
				return ticks{low * step, high * step, step, int(math.Ceil(low)), int(math.Floor(high))}
			}
		}
		exponent++
	}
}

// decimal is m times ten to the exponent, as near to it as a float64 gets.
func decimal(m float64, exponent int) float64 {
	if exponent < 0 {
		return m / math.Pow10(-exponent)
	}
	return m * math.Pow10(exponent)
}

// decimals is how many digits after the point the multiples of step need, at most 12.
func decimals(step float64) int {
	n := 0
	for n < 12 {
		scaled := step * math.Pow10(n)
		if math.Abs(scaled-math.Round(scaled)) < 1e-6*scaled {
			return n
		}
		n++
	}
	return n
}

func (t ticks) value(i int) float64 { return float64(i) * t.step }

// domain is the range of values that an axis shows for values lo..hi. Zero is in
// it where it is asked for, where all values are the same, and where it costs
// less than the half of the height.
func domain(lo, hi float64, zero bool) (float64, float64) {
	if lo > hi { // nothing to show
		return 0, 1
	}
	if lo == 0 && hi == 0 {
		return 0, 1
	}
	const most = 1e300 // beyond, the distance of two values may be no number
	lo, hi = min(max(lo, -most), most), min(max(hi, -most), most)
	zero = zero || lo == hi
	if lo > 0 && (zero || lo < hi/2) {
		lo = 0
	}
	if hi < 0 && (zero || hi > lo/2) {
		hi = 0
	}
	return lo, hi
}
