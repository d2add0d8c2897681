package chart

import (
	"telltale/shared/board"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// Kind is a way to draw.
type Kind uint8

const (
	Line   Kind = iota // a line a series
	Area               // a line a series, the area to zero filled
	Bars               // sums of adds over stretches of time, series stacked
	Stat               // a series: one big number, its change over the range, its line without axes
	Gauge              // a series: where its value stands between Min and Max
	Table              // a row a series: name, value, change, small line, age
	Sparks             // the small lines of a Table alone: its words stand on the page
)

// Input is what to draw. The zero Input is an empty line chart.
type Input struct {
	Kind     Kind
	Title    string      // makes it a picture by itself: with a margin, a background and this above it
	Badge    fresh.Badge // what a picture by itself says of the values' age
	Unit     string      // see AppendValue
	From, To int64       // what the width stands for, ms since 1970; ages are as of To, which live is now
	// Zone is the offset of local time from UTC at a time in ms, in seconds east. Nil is UTC.
	Zone       func(ms int64) int
	Min, Max   *float64          // of the values' scale; nil for what the values need, of a gauge what its unit suggests
	Thresholds []board.Threshold // rising
	Stacked    bool              // of an Area: series stand on each other
	Series     []Series
}

// Series is one series of a chart.
type Series struct {
	Name    string
	Unit    string         // of a Table's row, whose metrics may have any; elsewhere all have the Input's
	Head    metric.Head    // the current value, a stat's number; none where its Time is 0, but of what holds
	Columns *series.Series // nil draws nothing
	Written int64          // when Head was, ms since 1970; 0 where it never was, or nobody knows
	Trust   fresh.State    // how far Head may be trusted: what is Cut is drawn in grey
	Hold    bool           // the value holds until the next sample (a counter): drawn as steps and up to To
	Count   bool           // bars show the number of samples, not the sum of their adds
	Hidden  bool           // left out as if it were not there, but for its Color
	Color   int            // which of the scene.SeriesCount colours
}

// Valued tells whether there is a value: a counter has one before it was ever written.
func (s *Series) Valued() bool { return s.Head.Time != 0 || s.Hold }
