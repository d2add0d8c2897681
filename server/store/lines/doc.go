// Package lines is the form in which stores keep the messages of a room: a blob
// of messages that follow on each other, of one time. Embedded and distributed
// stores share it.
//
// It is pure: it knows no database and no clock; the seq of the first message, the
// time and the room stand beside the blob.
//
// Invariants:
//   - What Append wrote, Each reads back to the byte; input that it could not have
//     written is ErrCorrupt, never a panic or an endless loop.
//   - A message costs 2 or 3 bytes besides its content, its sender where that is
//     another than the one before, and its bytes where they are not its content,
//     with or without "\r".
//   - What was written before messages had bytes and could be open reads as such.
package lines
