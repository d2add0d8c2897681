package ui

import (
	"encoding/json"

	"telltale/shared/access"
	"telltale/shared/metric"
	"telltale/shared/run"
	"telltale/shared/wire"
)

// Island is what the pre-rendered page tells the app, in a script element that is
// never run: enough to render the same words.
type Island struct {
	Now     int64           `json:"now"`             // ms since 1970, when the page was made
	Stale   int64           `json:"stale,omitempty"` // ms before Now, as of when Metrics are what they are
	Base    string          `json:"base"`            // what a curl line begins with
	Me      *access.Me      `json:"me,omitempty"`    // what the viewer may
	Ahead   int64           `json:"ahead,omitempty"` // ms that the server's clock was ahead of this machine's
	Metrics []metric.Metric `json:"metrics"`

	Written map[metric.ID]int64 `json:"written,omitempty"` // when values were written, where their time does not tell

	Board *wire.BoardView `json:"board,omitempty"` // that the page shows

	Boards []wire.BoardRow `json:"boards,omitempty"` // all, on the page that lists them

	Epoch string              `json:"epoch,omitempty"` // of the store that the rooms are of
	Rooms map[string]RoomView `json:"rooms,omitempty"`
	List  []wire.RoomRow      `json:"list,omitempty"` // of all rooms, on the page that lists them
	Runs  []run.Run           `json:"runs,omitempty"` // those that the page shows
	None  bool                `json:"none,omitempty"` // what the page is about is not there
}

// islandID is the id of its element.
const islandID = "island"

// text is the island as JSON. encoding/json escapes <, > and &, so that nothing in
// it can end the element that holds it.
func (i Island) text() string {
	text, err := json.Marshal(i)
	if err != nil {
		return "{}" // a head that is not finite, which no store keeps
	}
	return string(text)
}

func (i Island) script() string {
	return `<script type="application/json" id="` + islandID + `">` + i.text() + `</script>`
}

func readIsland(text string) (i Island, err error) {
	err = json.Unmarshal([]byte(text), &i)
	return i, err
}
