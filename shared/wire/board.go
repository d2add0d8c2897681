package wire

import "telltale/shared/board"

// Where a board comes from.
const (
	Kept    = "kept"    // somebody put it
	File    = "file"    // a file of the operator's, which alone changes it
	Builtin = "builtin" // nobody had to make it
)

// BoardRow is a board in a list.
type BoardRow struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Panels   int    `json:"panels"`
	Revision string `json:"revision"` // its ETag, without quotes
	Source   string `json:"source"`
	Time     int64  `json:"time"`            // when it was changed last, ms since 1970; 0 where it is built in
	Wrong    string `json:"wrong,omitempty"` // why its file, as it now is, is not shown
}

// BoardView is a board as a page takes it.
type BoardView struct {
	board.Board
	Revision string            `json:"revision"` // its ETag, without quotes
	Source   string            `json:"source"`
	Wrong    string            `json:"wrong,omitempty"` // as BoardRow has it
	HTML     map[string]string `json:"html,omitempty"`  // of its text panels, by their ids; safe to be shown
}
