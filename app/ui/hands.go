package ui

import (
	"context"

	"telltale/shared/board"
	"telltale/shared/metric"
)

// hands is what only a browser can do for the editing of a board. It is a part of alive.
type hands interface {
	// Hands lets keys and the pointer reach a page's desk, the one given last.
	Hands(d *desk)
	// Unsaved has the browser ask before the page is left.
	Unsaved(is bool)
	// Draft is what this machine keeps of a board's changes, "" for nothing; KeepDraft keeps that.
	Draft(id string) string
	KeepDraft(id, text string)
	// Writes has what is written to a room, and was not said, kept while the page is away; "" for none.
	// KeepUnsaid keeps it, "" for nothing.
	// SayUnsaid says what was said on the server's page; what cannot be said is written again.
	Writes(room string)
	KeepUnsaid(room, text string)
	SayUnsaid(ctx context.Context, room string) error
	// PutBoard and DeleteBoard wait for the answer.
	PutBoard(b board.Board, on boardPut) boardAnswer
	DeleteBoard(id, revision string) boardAnswer
	// Names asks for all metrics, rooms and commands; what cannot be had is nil.
	Names() (metrics []metric.Metric, rooms, commands []string)

	MountFrames(f *Frames)
	DismountFrames(f *Frames)
	// Columns is how many the board's grid has now.
	Columns() int
	// Beside tells whether the dialog is to stand on the side where lines begin, so that the
	// panel at that place can be seen.
	Beside(at int) bool
	// Reveal scrolls to the panel at that place.
	Reveal(at int)
	// Glide notes where the panels stand; what it answers lets them glide from there to
	// where they stand then.
	Glide() func()

	// OpenDialog opens the one that was just mounted.
	OpenDialog()
	// FocusFault gives the focus to the first field of the dialog that is wrong.
	FocusFault()
	// Query is the page's, Link the whole URL that others can follow.
	Query() string
	Link() string
	FullScreen()
	// Download hands a file to the person.
	Download(name, text string)
	// Strike lets a page's keys be asked first of all; see keys.go.
	Strike(take func(k stroke) func())
}

// stroke is a key that was pressed.
type stroke struct {
	Key    string // as KeyboardEvent.key names it
	Ctrl   bool   // or the command key of a Mac
	Shift  bool
	Typing bool // something is written
	Inside bool // a control has the focus that takes keys of its own
	Dialog bool // a dialog is open
	Frame  int  // of the panel whose frame has the focus, -1 for none
}
