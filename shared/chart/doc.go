// Package chart turns series into a drawing: an [Input] and a size in, a
// scene.Tape out. Scales, ticks, axes, lines, areas, bars, stats, the legend and
// the hit test are here; boards, sockets, browsers and clocks are not.
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
// # Gaps
//
// Most columns of a metric that reports once a minute are empty, and it still is
// one line. So a line breaks only where nothing came for four times its usual
// distance and for three columns; and one that holds its value until the next
// sample, as a counter does, never breaks.
package chart
