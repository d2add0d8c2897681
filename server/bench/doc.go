// Package bench loads a server and tells what came of it: viewers that watch metrics and are
// members of rooms, changes and messages that are posted meanwhile, how old what each viewer
// gets is, and whether all of it came, once.
//
// It must not know the server from within: it speaks to any, by HTTP and /ws, as anybody
// may, and what it says of the server's processor and memory the server's second port told it.
//
// # What is counted
//
//   - The value of a change is when it was due, in ms since the run began: a server, or a
//     machine, that holds up who posts does not make what it delivers look younger. What is
//     due is posted every 10 ms in one batch, of which this is a part of the staleness. How long
//     after it was due it was posted is told besides: what is more than those 10 ms is this program's
//     doing, or its machine's.
//   - The staleness of a frame is that of the oldest change in it, once at each viewer it
//     reaches: a frame that conflates a tenth of a second is at least so old.
//   - Delivered are changes, whether in a frame of their own or folded with others, whose count a frame
//     tells. What is acknowledged and did not come to a viewer within half a minute after the
//     end is lost; what came more often than it was acknowledged is doubled, unless there were
//     requests of which nobody knows whether they were done.
//   - A viewer that was given a snapshot in the midst of it has what the snapshot covers; how
//     often that happened is told. One whose connection ended is dropped, and all that it did
//     not get is lost.
//
// # How
//
// A viewer is a goroutine and 512 bytes, and reads frames of the protocol by itself: a client
// on the machine of the server takes from what it measures. Viewers of one feed are sent the
// same bytes, so each is read as a whole but decoded once for all who got it (heard.go).
// Metrics have a name of their own for each run and are removed after it; rooms are bench.0,
// bench.1 and so on, and stay.
package bench
