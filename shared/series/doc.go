// Package series holds numbers over time: buckets, the frames that carry them,
// rows of history, and the bounded columns a chart is drawn from.
//
// A Bucket folds samples; a Frame is one bucket for each metric that changed
// between two seqs; a Set applies snapshots and frames and is the one fold that
// server, browser and tests run. It must not know how any of it is stored, sent
// or drawn, nor what time it is: times come in as ms since 1970 UTC.
//
// Invariants:
//   - Folding is associative: merging buckets of adjoining runs of samples gives
//     the bucket of the whole run (sums up to rounding).
//   - A frame never hides a spike: min and max survive every merge.
//   - A Series is bounded by its number of columns, whatever it is fed.
//
// Nothing here is safe for concurrent use; its owner holds a lock.
package series
