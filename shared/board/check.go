package board

import (
	"errors"
	"fmt"
	"slices"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
)

// Bounds of a board.
const (
	MaxPanels  = 200
	MaxRooms   = 32  // that one board shows: each is a membership of every viewer
	MaxQueries = 32  // of one panel
	MaxTitle   = 200 // bytes
)

// Grammar is what a refused id's error tells the user.
const Grammar = "a board's or panel's id matches [A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}"

// ErrBoard is wrapped by every error of Check.
var ErrBoard = errors.New("not a board")

// CheckID refuses what is no id of a board; its error states the grammar.
func CheckID(id string) error {
	if !validID(id) {
		return fmt.Errorf("%w: id %.60q: %s", ErrBoard, id, Grammar)
	}
	return nil
}

// Check refuses a board that cannot be shown, with a sentence that names the place.
func (b Board) Check() error {
	switch {
	case !validID(b.ID):
		return CheckID(b.ID)
	case len(b.Title) > MaxTitle:
		return fmt.Errorf("%w: the title is longer than %d bytes", ErrBoard, MaxTitle)
	case len(b.Panels) > MaxPanels:
		return fmt.Errorf("%w: it has more than %d panels", ErrBoard, MaxPanels)
	}
	seen := map[string]bool{}
	for i, p := range b.Panels {
		if err := p.check(); err != nil {
			return fmt.Errorf("%w: panel %d: %w", ErrBoard, i+1, err)
		}
		if seen[p.ID] {
			return fmt.Errorf("%w: panel %d: the id %q stands twice", ErrBoard, i+1, p.ID)
		}
		seen[p.ID] = true
	}
	if len(b.Rooms()) > MaxRooms {
		return fmt.Errorf("%w: it shows more than %d rooms", ErrBoard, MaxRooms)
	}
	return nil
}

func (p Panel) check() error {
	switch {
	case !validID(p.ID):
		return fmt.Errorf("id %.60q: %s", p.ID, Grammar)
	case p.Kind.OfRoom():
		return p.checkRoom()
	case p.Command != "" && p.Kind != Run:
		return fmt.Errorf("the kind %s shows no command: that takes run", p.Kind)
	case p.Kind == Run:
		return p.checkRun()
	case !slices.Contains([]Kind{Auto, Line, Area, Bars, Stat}, p.Kind):
		return fmt.Errorf("%.60q is not a kind: it is auto, line, area, bars, stat, log, presence or run", p.Kind)
	case p.Room != "":
		return fmt.Errorf("the kind %s shows metrics, not the room %.60q: that takes log or presence", p.Kind, p.Room)
	case p.Kind == Auto && !p.Each:
		return errors.New("the kind auto needs each: true")
	case len(p.Title) > MaxTitle:
		return fmt.Errorf("the title is longer than %d bytes", MaxTitle)
	case len(p.Queries) == 0 || len(p.Queries) > MaxQueries:
		return fmt.Errorf("it has %d queries: 1 to %d are allowed", len(p.Queries), MaxQueries)
	}
	for _, q := range p.Queries {
		if err := metric.CheckPattern(q.Metric); err != nil {
			return fmt.Errorf("query %.60q: %w", q.Metric, err)
		}
		if len(q.Title) > MaxTitle {
			return fmt.Errorf("query %.60q: the title is longer than %d bytes", q.Metric, MaxTitle)
		}
	}
	return nil
}

// checkRoom is check for a panel that shows a room.
func (p Panel) checkRoom() error {
	switch {
	case len(p.Title) > MaxTitle:
		return fmt.Errorf("the title is longer than %d bytes", MaxTitle)
	case p.Room == "":
		return fmt.Errorf("the kind %s needs a room", p.Kind)
	case len(p.Queries) > 0:
		return fmt.Errorf("the kind %s shows a room and takes no queries", p.Kind)
	case p.Each || p.Buttons:
		return fmt.Errorf("the kind %s takes neither each nor buttons", p.Kind)
	}
	return room.CheckName(p.Room)
}

// checkRun is check for a panel that shows runs.
func (p Panel) checkRun() error {
	switch {
	case len(p.Title) > MaxTitle:
		return fmt.Errorf("the title is longer than %d bytes", MaxTitle)
	case len(p.Command) > run.MaxCommand:
		return fmt.Errorf("the command is longer than %d bytes", run.MaxCommand)
	case len(p.Queries) > 0 || p.Room != "" || p.Each || p.Buttons:
		return errors.New("the kind run shows a command, and takes no queries, room, each or buttons")
	}
	return nil
}

func validID(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '_', '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && (c == '.' || c == ':' || c == '-'):
		default:
			return false
		}
	}
	return s != "" && len(s) <= 128
}
