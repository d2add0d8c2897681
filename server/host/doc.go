// Package host reads this machine's own load, memory, disk and network once a second, so that a board moves before
// anybody has posted anything. The readings are metrics like any other, named host.*.
//
// It must not know how metrics are kept or shown: it hands mutations to a Recorder. What it reads comes from
// gopsutil, which knows the differences between systems; reading /proc ourselves was rejected, as it would serve Linux only.
//
// What the server says of itself (More) goes into the same batches: one commit a second for both.
//
// Invariants: one batch a second at most, and none while the last one is still being recorded; a reading that fails
// is left out of its batch and logged once until it succeeds again; the others go on.
package host
