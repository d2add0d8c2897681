// Package chart turns series into a drawing: an [Input] and a size in, a
// scene.Tape out. Scales, ticks, axes, lines, areas, bars, stats, gauges, tables, the
// legend and the hit test are here; sockets, browsers and clocks are not. Of boards it knows
// what a panel asks for ([Input.Panel]), so that page, picture and terminal show the same.
//
// # What holds
//
//   - The same input and size give the same tape, byte for byte, on every target:
//     coordinates are rounded by the tape, and no product is left for the compiler
//     to fuse with a sum.
//   - A frame costs what its pixel columns cost. Columns narrower than a pixel are
//     drawn together, grouped by their number and not by where they happen to be,
//     so that a chart that scrolls does not flicker. Each group is drawn with its
//     minimum and maximum: no spike is lost.
//   - Once warm, drawing allocates nothing (see [Chart]).
//   - No label is clipped and none overlaps another: margins follow from the
//     font's advance table, ticks are thinned and names cut to fit.
//   - There is no clock and no time zone here: the range and the offset of local
//     time are inputs.
//
// # What the values mean
//
// Thresholds give a value a tone. A tone is never a colour alone: it has a sign (a dot, a
// triangle, a square) or its word beside it. What was promised and has not come is said by its
// age; what nobody can vouch for is grey. A scale that a panel sets ends where it says: what the
// values reach beyond it is drawn at the edge, and said in figures there.
//
// # Stacks
//
// Areas on each other are sums, and a sum is of one moment: all series are brought to the same
// times, one a pixel, by the lines between their samples. What a sample or a few in one pixel
// reach beyond that is drawn on the line of its own series, so that a stack loses no spike
// and never shows a sum of extremes that were none at any moment.
//
// # Gaps
//
// Most columns of a metric that reports once a minute are empty, and it still is
// one line. So a line breaks only where nothing came for four times its usual
// distance and for three columns; and one that holds its value until the next
// sample, as a counter does, never breaks.
package chart
