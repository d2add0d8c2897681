// Package capture takes what a command writes, so that the command never waits for
// who is told of it, and makes messages of it.
//
// The output goes into a Spool as it comes. It leaves it in pieces, each a body of
// segments, which is also how output goes to another machine:
//
//	[stream: 1 stdout, 2 stderr][length: uint32, big endian][that many bytes]
//
// and Lines makes messages of such a body. It needs to know nothing of the bodies
// before: a spool ends its pieces where lines end, and what is amid a line
// at the end of a segment is a message that says so (Open).
//
// It must not know what a run is, how a command is run, or where messages are kept.
//
// Invariants:
//   - The bytes of the lines (Raw, or Content where that is empty, and a newline
//     where the line is not Open), put together, are each stream exactly as it came.
//     Where a line of one stream comes amid one of the other, the one that ends
//     first is first; lines are never mixed.
//   - Write waits for nothing but memory and the page cache. What is beyond both
//     bounds of a spool is left out, counted, and named where it would have been.
//   - What has come is given at most Partial later, whether or not its line has ended.
//
// Locks: Spool.mu is held for copies and for reads and writes of its own file.
package capture
