// Package scene is what a chart is made of: a flat tape of drawing ops that a
// browser replays on a canvas and a server writes as SVG. One geometry, two
// painters, the same picture.
//
// # The tape
//
// A [Tape] is one []int32: an op, then its operands, coordinates in tenths of a
// pixel. A browser takes it with one copy and plays it with one call; web/paint.js
// is that player and must know each op of tape.go. Texts lie in a pool beside it and
// are named by their order, so an unchanged pool is not sent again.
//
// Rejected: an op byte stream beside a []float32. Two copies, and floats need
// rounding to be the same on every target; an integer number of tenths is the
// same everywhere by construction, as long as whoever computes a coordinate keeps
// the compiler from fusing its multiply and add (float64(a*b) + c).
//
// # Invariants
//
//   - Coordinates are css pixels, y downwards, between ±[Limit]; what lies outside is drawn there.
//   - [Tape.Stroke] and [Tape.Fill] draw the path since the last of them and end it.
//   - Text holds no control characters, is valid UTF-8 and is escaped by who writes it.
//   - A tape holds style roles, never colours; a [Palette] resolves them.
//   - A tape is used by one goroutine at a time, and allocates nothing once warm.
//
// It must not know charts, boards, metrics or browsers.
package scene

//go:generate go run ../../web/font/advances ../../web/font advance.go
