// Package wire is what crosses the WebSocket at /ws: requests, answers,
// snapshots and frames, their error codes and close codes, and the codec that
// both ends run.
//
// Every message is one JSON object in a text frame, told apart by "type".
// Requests and small answers go through encoding/json. Frames and snapshots are
// most of the bytes: they are appended by hand, so that the server encodes a
// frame once without reflection, and read by a cursor that allocates no more
// than the maps it fills, since the browser decodes them between two animation
// frames.
//
// It must not know who sends what when, nor how a connection is kept: it is pure.
//
// Invariants:
//   - What Append writes is valid JSON of finite numbers; an average that is not
//     known is null. Decoding it gives the same value back, except that frames do
//     not carry a bucket's Total, which then is NaN.
//   - Unknown fields are ignored by every decoder, so either end may be newer.
//   - No input makes a decoder panic, recurse without bound or allocate more than
//     a small multiple of its length.
//
// message.go has what concerns the connection and metrics, room.go what concerns
// rooms.
package wire
