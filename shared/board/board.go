package board

import (
	"slices"

	"telltale/shared/metric"
)

// Kind is how a panel shows its values.
type Kind string

// The kinds there are. Auto leaves the choice to what the metric is (see Suits).
const (
	Auto Kind = "auto"
	Line Kind = "line"
	Area Kind = "area"
	Bars Kind = "bars" // events per step
	Stat Kind = "stat" // a big number, its change and a small line

	Gauge Kind = "gauge" // where the value stands between Min and Max
	Table Kind = "table" // a row a metric: value, change, age

	Text Kind = "text" // Markdown, of no metric

	Log      Kind = "log"      // the lines of a room
	Presence Kind = "presence" // who is in a room

	Run Kind = "run" // the newest run of a command: how it stands, its last lines
)

// OfRoom tells whether panels of the kind show a room and no metric.
func (k Kind) OfRoom() bool { return k == Log || k == Presence }

// Board is a page of panels.
type Board struct {
	ID     string  `json:"id"`
	Title  string  `json:"title,omitempty"`
	Range  Span    `json:"range,omitempty"` // it opens with; 0 for the page's usual one
	Panels []Panel `json:"panels"`
}

// Panel is one card of a board.
type Panel struct {
	ID      string  `json:"id"`
	Kind    Kind    `json:"kind"`
	Title   string  `json:"title,omitempty"` // "" for that of the first metric
	Queries []Query `json:"queries,omitempty"`
	Room    string  `json:"room,omitempty"`    // of a kind that is OfRoom, which has no queries
	Command string  `json:"command,omitempty"` // of a Run: as its runs name it; "" for whatever ran last
	Each    bool    `json:"each,omitempty"`    // a panel for each metric that matches
	Buttons bool    `json:"buttons,omitempty"` // + and − for a counter

	W int `json:"w,omitempty"` // columns of the grid it takes, 1 to MaxSide; 0 is 1
	H int `json:"h,omitempty"` // rows, as W

	Text       string      `json:"text,omitempty"`    // of a Text: Markdown
	Stacked    bool        `json:"stacked,omitempty"` // of an Area: series stand on each other
	Unit       string      `json:"unit,omitempty"`    // "" for that of the first metric
	Min        *float64    `json:"min,omitempty"`     // of the value's scale; nil for what the values need
	Max        *float64    `json:"max,omitempty"`
	Thresholds []Threshold `json:"thresholds,omitempty"` // rising
	Every      Span        `json:"every,omitempty"`      // a value is promised at least so often; 0 promises nothing
}

// Threshold gives values from At on, up to the next one, a tone.
type Threshold struct {
	At   float64 `json:"at"`
	Tone Tone    `json:"tone"`
}

// Tone is what a value means, drawn as a colour and said as a word.
type Tone string

// The tones.
const (
	Good Tone = "good"
	Warn Tone = "warn"
	Bad  Tone = "bad"
)

// Query names what a panel shows: a metric, or many.
type Query struct {
	Metric string `json:"metric"`          // a pattern of metric.Match
	Title  string `json:"title,omitempty"` // in the legend; "" for the metric's own
}

// Patterns are all that the board asks for, each once, in the board's order.
func (b Board) Patterns() []string {
	var patterns []string
	seen := map[string]bool{}
	for _, p := range b.Panels {
		for _, q := range p.Queries {
			if !seen[q.Metric] {
				seen[q.Metric] = true
				patterns = append(patterns, q.Metric)
			}
		}
	}
	return patterns
}

// Rooms are all whose panels the board has, each once, in the board's order.
func (b Board) Rooms() []string {
	var rooms []string
	for _, p := range b.Panels {
		if p.Kind.OfRoom() && !slices.Contains(rooms, p.Room) {
			rooms = append(rooms, p.Room)
		}
	}
	return rooms
}

// Expand gives the panels as they stand where these metrics exist, sorted by ID:
// one that is for each metric becomes many. Ids already taken are skipped.
func (b Board) Expand(known []metric.Metric) []Panel {
	panels := make([]Panel, 0, len(b.Panels))
	taken := map[string]bool{}
	take := func(p Panel) {
		if !taken[p.ID] {
			taken[p.ID] = true
			panels = append(panels, p)
		}
	}
	for _, p := range b.Panels {
		if !p.Each {
			take(p)
			continue
		}
		for _, m := range known {
			if p.matches(m.ID) {
				take(p.of(m))
			}
		}
	}
	return panels
}

// of is the template p for one metric.
func (p Panel) of(m metric.Metric) Panel {
	if p.Kind == Auto {
		p.Kind = Suits(m.Declaration)
	}
	p.ID, p.Title, p.Queries, p.Each = string(m.ID), m.Title, []Query{{Metric: string(m.ID)}}, false
	return p
}

func (p Panel) matches(id metric.ID) bool {
	for _, q := range p.Queries {
		if metric.Match(q.Metric, id) {
			return true
		}
	}
	return false
}

// Shown are the metrics of the panel among those known, in the order of its
// queries and then of known, each once, at most limit, with the title that the
// legend gives each. A counter with buttons is shown before its first press.
func (p Panel) Shown(known []metric.Metric, limit int) ([]metric.Metric, []string) {
	var shown []metric.Metric
	var titles []string
	seen := map[metric.ID]bool{}
	for _, q := range p.Queries {
		for _, m := range known {
			if len(shown) < limit && !seen[m.ID] && metric.Match(q.Metric, m.ID) {
				seen[m.ID] = true
				shown, titles = append(shown, m), append(titles, title(q, m))
			}
		}
	}
	if len(shown) == 0 && p.Buttons && !p.Each {
		for _, q := range p.Queries {
			if metric.IsGlob(q.Metric) {
				continue
			}
			shown = append(shown, metric.Metric{ID: metric.ID(q.Metric), Declaration: metric.Declaration{Kind: metric.Counter}})
			titles = append(titles, title(q, shown[len(shown)-1]))
		}
	}
	return shown, titles
}

func title(q Query, m metric.Metric) string {
	switch {
	case q.Title != "" && q.Metric == string(m.ID):
		return q.Title
	case m.Title != "" && q.Title == "":
		return m.Title
	}
	return string(m.ID)
}

// Suits is the kind that a metric is best shown as: events as bars, a share of
// the whole as an area, any other reading as a line.
func Suits(d metric.Declaration) Kind {
	switch {
	case d.Kind == metric.Counter:
		return Bars
	case d.Unit == "percent":
		return Area
	}
	return Line
}
