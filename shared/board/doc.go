// Package board says what is shown: boards, their panels and what each asks for.
//
// A Board is a JSON document. Two exist without anybody making them: Home, and
// All, which has a panel for each metric there is and grows by itself. A panel shows metrics, one room (its lines or who is there), or the newest run of a command. The
// package must not know how a panel is drawn, nor where values come from.
//
// Invariants:
//   - A board that passes Check can be shown: ids and patterns are in their
//     grammar, every panel has a kind and asks for something.
//   - Edits (edit.go) answer another board and never change the one they began with; History
//     holds only boards that pass Check, and MaxSteps of them.
//   - Expand gives panels in a fixed order with distinct ids, so that a page can
//     keep the panels it has when metrics come and go.
package board
