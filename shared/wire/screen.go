package wire

import (
	"fmt"
	"math"

	"telltale/shared/board"
)

// TypeScreen is a screen's word of itself, and the server's word to it.
const TypeScreen = "screen"

// Screen is what an open page tells of itself: at its start, when any but FPS and Painted
// change, and every 15 s. Sent to the server.
type Screen struct {
	ID      string  `json:"id,omitempty"`
	Name    string  `json:"name,omitempty"` // which a person gave it
	Board   string  `json:"board"`          // "" on pages that are no board
	Wall    bool    `json:"wall,omitempty"` // it is a wallboard
	Width   int     `json:"width"`          // CSS pixels
	Height  int     `json:"height"`
	FPS     float64 `json:"fps"`     // frames drawn a second, since the last word
	Painted int64   `json:"painted"` // when it last drew, ms since 1970 by the server's clock; 0 never
	Build   string  `json:"build"`   // of the app
}

// What a screen is told to do.
const (
	DoShow     = "show"     // another board
	DoReload   = "reload"   // itself
	DoIdentify = "identify" // say large which one it is
	DoBoard    = "board"    // take the board anew that it shows: it was changed
)

// Order tells a screen what to do. Sent by the server.
type Order struct {
	Do       string `json:"do"`
	Board    string `json:"board,omitempty"`    // of DoShow and DoBoard
	Revision string `json:"revision,omitempty"` // of DoBoard: its ETag, without quotes; "" once it was deleted
	Name     string `json:"name,omitempty"`     // of DoIdentify: what it is called
}

func (Screen) kind() string { return TypeScreen }
func (Order) kind() string  { return TypeScreen }

// Bounds of what a screen says of itself.
const (
	MaxScreenID   = 40  // letters, digits and -
	MaxScreenName = 100 // bytes; of the build too
	maxSide       = 1 << 20
)

// Check refuses what no screen can say, with a sentence that names the place.
func (s Screen) Check() error {
	switch {
	case s.ID != "" && !ValidScreenID(s.ID):
		return fmt.Errorf(`%w: "id" is 1 to %d letters, digits and -`, ErrBadMessage, MaxScreenID)
	case len(s.Name) > MaxScreenName || len(s.Build) > MaxScreenName:
		return fmt.Errorf(`%w: "name" and "build" are at most %d bytes`, ErrBadMessage, MaxScreenName)
	case s.Board != "" && board.Board{ID: s.Board}.Check() != nil:
		return fmt.Errorf(`%w: "board": %s`, ErrBadMessage, board.Grammar)
	case min(s.Width, s.Height) < 0 || max(s.Width, s.Height) > maxSide:
		return fmt.Errorf(`%w: "width" and "height" are 0 to %d`, ErrBadMessage, maxSide)
	case !(s.FPS >= 0 && s.FPS <= 1000) || s.Painted < 0 || s.Painted > math.MaxInt64/2:
		return fmt.Errorf(`%w: "fps" is 0 to 1000 and "painted" a time in ms since 1970`, ErrBadMessage)
	}
	return nil
}

// ValidScreenID tells whether a screen may be called so. "all" is none: it means them all.
func ValidScreenID(id string) bool {
	for i := range len(id) {
		if c := id[i]; c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return id != "" && id != "all" && len(id) <= MaxScreenID
}

// ScreenRow is an open screen in a list.
type ScreenRow struct {
	Screen
	Since int64  `json:"since"`           // when it was opened, ms since 1970
	Told  int64  `json:"told"`            // when it last told of itself
	Agent string `json:"agent,omitempty"` // which browser, as it calls itself
}
