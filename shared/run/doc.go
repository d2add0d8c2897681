// Package run says what a run is: a command's life, from its start to how it
// ended. Its output is said in the room that Room names, and in another one where
// its Run names one.
//
// It must not know how a command is run, where a run is kept, or what time it is:
// it is pure.
//
// Invariants:
//   - A run that ended has a final state and does not change any more, but that
//     Lost gives way to what is known better.
package run
