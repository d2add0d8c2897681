// Package hub is who hears what: viewers, the feeds they share, and the bounded
// outboxes their connections are written from. It is a library: it must not know
// HTTP, sockets, or any store. History comes in by whoever calls it.
//
// A feed is one set of name patterns at one rate, shared by all who watch just
// that. Published samples gather in its pending frame; at its tick the frame is
// cut and put into the feed's ring of recent frames. A viewer has no queue of
// frames of its own, only a position in that ring: "behind since F". Whoever
// writes for it asks Next and gets one of
//
//   - a recent frame's bytes, encoded once and shared by all;
//   - one merged frame F…N, where the viewer fell more than a few frames behind;
//   - a Boundary, where there is nothing to follow on: it has just come, or the
//     ring no longer reaches back to F, or what was known of a metric changed. The
//     caller reads the history as of the boundary's seq, sends a snapshot, and
//     goes on: the viewer is behind since that seq from this very moment.
//
// So joining, being slow and resuming are one mechanism. Rejected: a queue of
// frames for each viewer that turns into "behind since F" once full. A reader
// that is late would be sent up to 256 frames it can no longer use before the
// merged one, at a pointer a frame and a viewer; the ring holds each frame once,
// and its bounds are those of one queue (256 frames, about a MiB).
//
// An Outbox holds what may not be conflated: answers, and the messages of rooms
// (which will stand beside feeds: a room offers its messages to the outboxes of
// its members, under its own lock).
//
// Invariants:
//   - The frames a viewer gets follow on, each from the seq of the one before or
//     of its snapshot: no sample is missing, none comes twice.
//   - A boundary's values are the heads as of its seq, exactly.
//   - A feed without viewers does not exist; one with nothing pending has no timer.
//   - Nothing here starts a goroutine except a timer's, and that never blocks.
//   - What a client can grow is bounded: an outbox (MaxMessages, MaxBytes), a
//     ring (ringFrames, ringBuckets), patterns of a watch, feeds (MaxFeeds).
//
// Lock order: Hub.mu, then feed.mu, then Outbox.mu. Nothing outside the package
// is called under one of them.
package hub
