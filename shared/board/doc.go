// Package board says what is shown: boards, their panels and what each asks for.
//
// A Board is a JSON document. Two exist without anybody making them: Home, and
// All, which has a panel for each metric there is and grows by itself. A panel shows
// metrics, one room (its lines or who is there), the newest run of a command, or a text.
// The package must not know how a panel is drawn, nor where values come from.
//
// Panels stand in a grid in the order in which the document has them, each as large as
// it says (Layout); on a screen that does not scroll they divide it (Fit). Edits answer
// another board, and a History undoes them.
//
// Invariants:
//   - A board that passes Check can be shown: ids and patterns are in their
//     grammar, numbers are finite, every panel has a kind and says nothing that its
//     kind has no use for.
//   - Expand gives panels in a fixed order with distinct ids, so that a page can
//     keep the panels it has when metrics come and go.
//   - Layout is the placement of CSS grid, row flow, sparse: a page and a picture agree.
package board
