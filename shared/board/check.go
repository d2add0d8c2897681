package board

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
)

// Bounds of a board.
const (
	MaxPanels     = 200
	MaxRooms      = 32       // that one board shows: each is a membership of every viewer
	MaxQueries    = 32       // of one panel
	MaxThresholds = 16       // of one panel
	MaxTitle      = 200      // bytes
	MaxUnit       = 32       // bytes
	MaxText       = 64 << 10 // bytes
)

// Bounds of what one board asks for: it is one watch, and what is no name is compared
// with every metric.
const (
	MaxPatterns = 1000 // different ones
	MaxGlobs    = 32   // of them with a * or conditions
	MaxGlob     = 256  // bytes of one of these
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
	if err := checkSpan("range", b.Range); err != nil {
		return fmt.Errorf("%w: %w", ErrBoard, err)
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
	return b.checkPatterns()
}

func (b Board) checkPatterns() error {
	patterns := b.Patterns()
	globs := 0
	for _, p := range patterns {
		if metric.IsGlob(p) {
			globs++
			if len(p) > MaxGlob {
				return fmt.Errorf("%w: query %.60q: a pattern is at most %d bytes", ErrBoard, p, MaxGlob)
			}
		}
	}
	if len(patterns) > MaxPatterns || globs > MaxGlobs {
		return fmt.Errorf("%w: it asks for %d metrics, %d of them patterns: %d and %d are allowed", ErrBoard, len(patterns), globs, MaxPatterns, MaxGlobs)
	}
	return nil
}

// ofMetrics are the kinds that show metrics.
var ofMetrics = []Kind{Auto, Line, Area, Bars, Stat, Gauge, Table}

func (p Panel) check() error {
	switch {
	case !validID(p.ID):
		return fmt.Errorf("id %.60q: %s", p.ID, Grammar)
	case len(p.Title) > MaxTitle:
		return fmt.Errorf("the title is longer than %d bytes", MaxTitle)
	case p.W < 0 || p.W > MaxSide || p.H < 0 || p.H > MaxSide:
		return fmt.Errorf("it is %d by %d large: w and h are from 1 to %d", p.W, p.H, MaxSide)
	case p.Command != "" && p.Kind != Run:
		return fmt.Errorf("the kind %s shows no command: that takes run", p.Kind)
	case p.Text != "" && p.Kind != Text:
		return fmt.Errorf("the kind %s shows no text: that takes text", p.Kind)
	case p.Kind.OfRoom():
		return p.checkRoom()
	case p.Kind == Run:
		return p.checkRun()
	case p.Kind == Text:
		return p.checkText()
	case !slices.Contains(ofMetrics, p.Kind):
		return fmt.Errorf("%.60q is not a kind: it is auto, line, area, bars, stat, gauge, table, text, log, presence or run", p.Kind)
	}
	return p.checkMetrics()
}

// checkMetrics is check for a panel that shows metrics.
func (p Panel) checkMetrics() error {
	switch {
	case p.Room != "":
		return fmt.Errorf("the kind %s shows metrics, not the room %.60q: that takes log or presence", p.Kind, p.Room)
	case p.Kind == Auto && !p.Each:
		return errors.New("the kind auto needs each: true")
	case p.Stacked && p.Kind != Area:
		return fmt.Errorf("the kind %s cannot be stacked: that takes area", p.Kind)
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
	return p.checkScale()
}

// checkScale is check for what says how values are drawn and judged.
func (p Panel) checkScale() error {
	switch {
	case len(p.Unit) > MaxUnit:
		return fmt.Errorf("the unit is longer than %d bytes", MaxUnit)
	case p.Min != nil && !finite(*p.Min) || p.Max != nil && !finite(*p.Max):
		return errors.New("min and max are finite numbers")
	case p.Min != nil && p.Max != nil && *p.Min >= *p.Max:
		return fmt.Errorf("min is %v and max %v: min is below max", *p.Min, *p.Max)
	case len(p.Thresholds) > MaxThresholds:
		return fmt.Errorf("it has %d thresholds: %d are allowed", len(p.Thresholds), MaxThresholds)
	}
	for i, t := range p.Thresholds {
		switch {
		case !finite(t.At):
			return fmt.Errorf("threshold %d: at is a finite number", i+1)
		case i > 0 && t.At <= p.Thresholds[i-1].At:
			return fmt.Errorf("threshold %d: %v is not above %v: thresholds rise", i+1, t.At, p.Thresholds[i-1].At)
		case !slices.Contains([]Tone{Good, Warn, Bad}, t.Tone):
			return fmt.Errorf("threshold %d: %.60q is not a tone: it is good, warn or bad", i+1, t.Tone)
		}
	}
	return checkSpan("every", p.Every)
}

// checkSpan refuses a span that is neither left out nor from a second to MaxSpan.
func checkSpan(name string, s Span) error {
	if s != 0 && (s < 1000 || s > MaxSpan) {
		return fmt.Errorf("%s is %s: it is from 1s to %s", name, s, MaxSpan)
	}
	return nil
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// ofValues tells whether the panel says how values are drawn or judged, which only one
// that shows metrics can.
func (p Panel) ofValues() bool {
	return p.Each || p.Buttons || p.Stacked || p.Unit != "" || p.Min != nil || p.Max != nil || len(p.Thresholds) > 0
}

// beyond is what a panel says to no use where it shows no metrics.
const beyond = "each, buttons, stacked, unit, min, max or thresholds"

// checkRoom is check for a panel that shows a room.
func (p Panel) checkRoom() error {
	switch {
	case p.Room == "":
		return fmt.Errorf("the kind %s needs a room", p.Kind)
	case len(p.Queries) > 0 || p.ofValues():
		return fmt.Errorf("the kind %s shows a room, and takes no queries, %s", p.Kind, beyond)
	case p.Kind == Presence && p.Every != 0:
		return errors.New("the kind presence takes no every: nobody promises to look")
	}
	if err := room.CheckName(p.Room); err != nil {
		return err
	}
	return checkSpan("every", p.Every)
}

// checkRun is check for a panel that shows runs.
func (p Panel) checkRun() error {
	switch {
	case len(p.Command) > run.MaxCommand:
		return fmt.Errorf("the command is longer than %d bytes", run.MaxCommand)
	case len(p.Queries) > 0 || p.Room != "" || p.ofValues():
		return fmt.Errorf("the kind run shows a command, and takes no queries, room, %s", beyond)
	}
	return checkSpan("every", p.Every)
}

// checkText is check for a panel that shows a text.
func (p Panel) checkText() error {
	switch {
	case len(p.Text) > MaxText:
		return fmt.Errorf("the text is longer than %d KiB", MaxText>>10)
	case len(p.Queries) > 0 || p.Room != "" || p.Every != 0 || p.ofValues():
		return fmt.Errorf("the kind text shows what it says, and takes no queries, room, every, %s", beyond)
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
