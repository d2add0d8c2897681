package wire

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
