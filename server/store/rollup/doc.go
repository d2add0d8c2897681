// Package rollup is the form in which stores keep samples and buckets: the blob
// of a committed batch, the cells of a tier, the chunks they lie in, and the fold
// of both into the rows of a history. Embedded and distributed stores share it.
//
// It is pure: it knows no database, no clock and no metric's name; metrics are
// the numbers a store gave them.
//
// Invariants:
//   - Cells are sorted by their start, one a step; merging is in the order of seq.
//   - Merging is associative, so cells may be folded early, late or in pieces.
//   - What Append… wrote, the reader reads back to the bit; input that it could
//     not have written is ErrCorrupt, never a panic or an endless loop.
package rollup
