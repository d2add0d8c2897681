// Package dump is the form in which a whole store travels from one place to another: embedded
// or in Redis, one file is written and read by both.
//
// It is lines of JSON, each a Record. The first names the form and its version, the last one the
// SHA-256 of all lines before it, so that a file is whole or refused:
//
//	head -n -1 FILE | sha256sum
//
// What a store keeps stands in it once, and as no store does it: metrics are sorted and known by
// their places, roll-ups hold every sample, so that none is open or waits for a flush, and what
// was deleted but not removed yet is left out. So two stores that keep the same write the same
// bytes, and an import is proved by exporting what it made.
//
// The epoch is not in it: what is imported is another life. The store it was taken from may go
// on, or be imported twice, and then one epoch would give the same seq to two samples; who resumes
// would be shown one for the other. It costs each viewer one history.
//
// It knows no database and no clock, and of the file system one name (half.go).
//
// Invariants:
//   - What Write wrote, Reader reads back; all else is an error of this package, never a panic.
//   - Memory is that of one record, at most maxLine, and of the id of each run.
//   - Records come in the order of the fields of Record, and sorted within.
package dump
