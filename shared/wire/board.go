package wire

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
