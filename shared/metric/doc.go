// Package metric says what is counted: names, labels, kinds, mutations and the
// rules by which a mutation becomes a sample.
//
// It decides alone: given a Metric and a Mutation, Decide answers with the next
// value or with a sentence a person can act on. It must not know who asks, where
// the answer is kept, or what time it is; every time comes in as milliseconds
// since 1970 UTC.
//
// Invariants:
//   - An ID is canonical: labels sorted by name, Prometheus escapes, no spaces.
//     Two spellings of one identity parse to the same ID.
//   - Values are finite. Decide never answers with NaN or an infinity.
//   - Head.Apply is the one rule for "the current value"; ledger, hub and
//     browser all run it.
package metric
