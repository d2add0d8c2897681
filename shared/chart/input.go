package chart

import (
	"telltale/shared/metric"
	"telltale/shared/series"
)

// Kind is a way to draw.
type Kind uint8

const (
	Line Kind = iota // a line a series
	Area             // a line a series, the area to zero filled
	Bars             // sums of adds over stretches of time, series stacked
	Stat             // one big number, its change over the range, its line without axes
)

// Input is what to draw. The zero Input is an empty line chart.
type Input struct {
	Kind     Kind
	Title    string // makes it a picture by itself: with a margin, a background and this above it
	Unit     string // see AppendValue
	From, To int64  // what the width stands for, ms since 1970; live, To is now
	// Zone is the offset of local time from UTC at a time in ms, in seconds east. Nil is UTC.
	Zone   func(ms int64) int
	Stale  bool // contact is lost: all is drawn in grey
	Series []Series
}

// Series is one series of a chart.
type Series struct {
	Name    string
	Head    metric.Head    // the current value, a stat's number; none where its Time is 0
	Columns *series.Series // nil draws nothing
	Hold    bool           // the value holds until the next sample (a counter): drawn as steps and up to To
	Count   bool           // bars show the number of samples, not the sum of their adds
	Color   int            // which of the scene.SeriesCount colours
}
