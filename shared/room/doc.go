// Package room says what is said in rooms: names of rooms and users, messages,
// and how a line that somebody uploads becomes messages.
//
// It must not know who is in a room, where messages are kept, or what time it is:
// it is pure, and both the server and the browser run it.
//
// Invariants:
//   - A message's content is valid UTF-8 of at most MaxLine bytes.
//   - A message's seq is 1 or more and belongs to its room alone; those of a room
//     follow on without a hole.
package room
