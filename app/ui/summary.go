package ui

import (
	"math"
	"strconv"
	"strings"

	"telltale/shared/fresh"
	"telltale/shared/series"
)

// trend is how a value moved lately, in a word: against what it was a quarter of the range
// before its end, by the height of the range's values. Less than a tenth of that is steady.
func trend(s *series.Series, last float64) string {
	first, next := s.Bounds()
	lowest, highest := math.Inf(1), math.Inf(-1)
	before, quarter := math.NaN(), next-(next-first)/4
	for k := first; k < next; k++ {
		if b := s.Column(k); b.Count > 0 {
			lowest, highest = min(lowest, b.Min), max(highest, b.Max)
			if k <= quarter || math.IsNaN(before) {
				before = b.Last
			}
		}
	}
	switch moved := last - before; {
	case math.IsNaN(moved) || highest <= lowest || math.Abs(moved) < (highest-lowest)/10:
		return "steady"
	case moved > 0:
		return "rising"
	}
	return "falling"
}

// summed is one value of a summary.
type summed struct{ name, value, trend string }

// summary is what a screen reader hears of a panel: its values, how they move, and how old
// they are, in ms; a negative age is none.
func summary(title string, values []summed, more int, age int64, stale bool) string {
	var said strings.Builder
	said.WriteString(title)
	for i, v := range values {
		if i > 0 {
			said.WriteString(";")
		}
		if v.name != "" && v.name != title {
			said.WriteString(" " + v.name)
		}
		said.WriteString(" " + v.value)
		if v.trend != "" {
			said.WriteString(", " + v.trend)
		}
	}
	if more > 0 {
		said.WriteString("; " + strconv.Itoa(more) + " more")
	}
	if age >= 0 {
		said.WriteString(", " + fresh.Lapse(age) + " old")
	}
	if stale {
		said.WriteString(", no contact")
	}
	return said.String()
}
