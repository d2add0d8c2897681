package ui

import (
	"net/url"

	"telltale/shared/access"
	"telltale/shared/metric"
	"telltale/shared/run"
	"telltale/shared/series"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// View is what a page shows, as of one moment.
type View struct {
	Now      int64           // ms since 1970
	Base     string          // what a curl line begins with: "localhost:8082"
	Metrics  []metric.Metric // those that match, sorted by ID
	Snapshot series.Snapshot // heads and history
}

// RoomView is what a page shows of a room at first.
type RoomView struct {
	First    uint64            `json:"first"` // seqs of the messages that are kept,
	Last     uint64            `json:"last"`  // none where First is Last + 1
	Messages []wire.MessageRow `json:"messages"`
	Members  []wire.Member     `json:"members"` // sorted by name, of many the first
	Users    int               `json:"users"`   // in all
}

// Source is where the pre-render finds what to show.
type Source interface {
	// Me is what the viewer of the page may.
	Me() access.Me
	// View answers the metrics that match the patterns, and for the first limit of
	// them the history of the last rangeMS ms in at most points columns.
	View(patterns []string, rangeMS int64, points, limit int) (View, error)
	// Room answers the newest messages of a room, at most limit, and who is there.
	Room(name string, limit int) (RoomView, error)
	// Board is a board; false where there is none of that id.
	Board(id string) (wire.BoardView, bool, error)
	// Boards are all boards, by id.
	Boards() ([]wire.BoardRow, error)
	// Rooms are all rooms, sorted by name.
	Rooms() ([]wire.RoomRow, error)
	// Runs are all runs, the newest start first.
	Runs() ([]run.Run, error)
	// Run is one of them; false where there is no such run.
	Run(id string) (run.Run, bool, error)
}

// sources are set on the server, before it serves; nil in the browser.
var sources func(at *url.URL) Source

// SetSources gives the pre-render its sources: that of a page for the URL with which it was
// asked of go-app. Call it before the first page is served.
func SetSources(of func(at *url.URL) Source) { sources = of }

// source is where the page finds what to show; nil in the browser. The URL says for whom,
// until ask takes that from it.
func (s *shell) source(ctx app.Context) Source {
	if s.from == nil && sources != nil {
		s.from = sources(ctx.Page().URL())
	}
	return s.from
}
