package ui

import (
	"telltale/app/live"
	"telltale/shared/access"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/run"
	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// alive is what only a browser can do. Components call it from OnMount and from
// events, neither of which happens in a pre-render.
type alive interface {
	hands
	// Open shows a place: it starts watching, or watches something else. known is
	// called when other metrics are known than before; it must not wait.
	Open(look live.Look, first Island, known func())
	Mount(c *Card)
	Update(c *Card)
	Dismount(c *Card)
	// Trust is how far a card's values may be trusted now.
	Trust(c *Card) fresh.Badge
	Viewer() *live.Viewer
	MountLog(l *Log)
	UpdateLog(l *Log)
	DismountLog(l *Log)
	MountMembers(m *Members)
	UpdateMembers(m *Members)
	DismountMembers(m *Members)
	// Follow shows the end of a room's log, and what comes.
	Follow(room string)
	// Pause holds what is in sight where it is; again, it follows the end.
	Pause(room string)
	// Since leaves out what was said up to now, or no longer does.
	Since(room string, now bool)
	// Find marks what a room's log has of a text and shows the newest; FindNext goes on
	// to the next one, or back. Nothing is found of "".
	Find(room, text string)
	FindNext(room string, back bool)
	// Said is when the newest message of a room was said, ms since 1970; 0 where that is not known.
	Said(room string) int64
	// Now is the server's time in ms since 1970, or the moment of the past that is shown.
	Now() int64
	// Zone is the offset of the viewer's time from UTC in seconds, east, at a time in ms.
	Zone(ms int64) int
	// Turns has goTo called when the person turns to another stretch of time; push says
	// that it is a step to come back from.
	Turns(goTo func(w when, push bool))
	// Aim shows another stretch of time at once; settled says that it is to stay.
	Aim(w when, settled bool)
	// Back goes back to where one zoomed in from, Live to the present.
	Back()
	Live()
	// Play lets the moment move so many times as fast as life; 0 holds it. Freeze shows this
	// very moment, or lets it go on again.
	Play(speed int64)
	Freeze()
	// Toggle holds what moves, and lets go what is held.
	Toggle()
	// When is what is shown; There is the server's time.
	When() when
	There() int64
	// Runs asks for all runs, Run for one.
	Runs() ([]run.Run, error)
	Run(id string) (run.Run, error)
	// Boards has changed called when the board of an id may be another one than before, or
	// what is said of it; "" where any may be.
	Boards(changed func(id string))
	// Markdown asks for the HTML of a text.
	Markdown(text string) (string, error)
	// BoardRows asks for the list of boards.
	BoardRows() ([]wire.BoardRow, error)
	// BoardView asks for a board; its error is live.ErrNone where there is none of that id.
	BoardView(id string) (wire.BoardView, error)
	// Rooms asks for the list of rooms.
	Rooms() ([]wire.RoomRow, error)
	// User is the person's name on this machine.
	User() string
	SetUser(name string)
	// Breathe gives the browser its turn while the app starts; Mounted says that the first page is.
	Breathe()
	Mounted()
	// Wall follows whether the page is a wallboard; Turn goes so many boards on.
	Wall(ctx app.Context, p *BoardPage)
	Turn(by int)
	// Shows tells which board the page is. Opening another place forgets it.
	Shows(p *BoardPage)
	// Screens asks for all open screens and all boards; This is this screen's id and build.
	Screens() ([]wire.ScreenRow, []wire.BoardRow, error)
	This() (id, build string)
	// Post sends a request once and answers "" or a sentence on why it was refused.
	Post(method, path, body string) string
	// Call makes a request and answers what came, or a sentence on why it was refused.
	Call(method, path, body string) (answer, refused string)
	Copy(text string)
	// Doubts tells whether the server has to be asked for what the viewer may, Me asks it.
	Doubts() bool
	Me() (access.Me, error)
	// SignIn leaves for where a token is shown, SignOut for good.
	SignIn()
	SignOut()
	// Hides tells whether a panel of the place hides a metric, Hide hides it or shows it again.
	Hides(panel string, id metric.ID) bool
	Hide(panel string, id metric.ID)
}

// browser is nil on the server, where no page is alive.
var browser alive
