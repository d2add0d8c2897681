package picture

import (
	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/scene"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// View is a board at a moment: all that a picture of it says.
type View struct {
	Title string
	Cards []Card
	Set   *series.Set // of the metrics that its cards show
	chart.Moment
	Past bool // the moment is not now
}

// Card is a panel and what it shows besides the values of its metrics.
type Card struct {
	board.Panel
	Shown  []metric.Metric // at most scene.SeriesCount
	Titles []string        // of each
	More   int             // how many match that are not shown

	Messages []room.Message // of a log or a run: the newest, oldest first
	Run      *run.Run       // of a run; nil where none is known
	Members  []wire.Member  // of a presence, sorted by name; of many the first
	Users    int            // in all
}

// MostSeries is how many metrics one card shows.
const MostSeries = scene.SeriesCount

// Heading is the title of a card.
func (c *Card) Heading() string {
	switch {
	case c.Title != "":
		return c.Title
	case c.Kind == board.Run && c.Run != nil:
		return c.Run.Command
	case c.Kind == board.Run && c.Command != "":
		return c.Command
	case c.Kind == board.Run:
		return "Runs"
	case c.Kind.OfRoom():
		return c.Room
	case len(c.Titles) > 0:
		return c.Titles[0]
	}
	return c.ID
}

// oldAfter is the age in ms from which a reading is said to be old though nothing was promised.
const oldAfter = 60_000

// badge is what a card says of its age. in is its input.
func (v *View) badge(c *Card, in *chart.Input) fresh.Badge {
	if c.Kind == board.Run && c.Run != nil && (c.Every == 0 || v.Past) {
		return fresh.Badge{Words: fresh.Lapse(v.To-c.Run.Started) + " ago"}
	}
	if (c.Kind == board.Run || c.Kind == board.Log) && c.Every != 0 && !v.Past {
		newest := int64(0)
		if c.Run != nil {
			newest = c.Run.Started
		} else if n := len(c.Messages); n > 0 && c.Kind == board.Log {
			newest = c.Messages[n-1].Time
		}
		return fresh.Panel(v.To, int64(c.Every), []fresh.Value{{Written: newest, Heard: v.Heard}})
	}
	values := make([]fresh.Value, len(in.Series))
	for i := range in.Series {
		values[i] = fresh.Value{Name: c.Titles[i], Written: v.written(c.Shown[i].ID, in.Series[i].Head.Time), Heard: v.Heard}
	}
	b := fresh.Panel(v.To, int64(c.Every), values)
	if len(values) > 0 && b.Words == "" && c.Shown[0].Kind == metric.Gauge && values[0].Written > 0 && v.To-values[0].Written >= oldAfter {
		b.Words = fresh.Lapse(v.To-values[0].Written) + " ago"
	}
	return b
}

// written is when a metric was written, its newest sample's time where nothing better is known.
func (v *View) written(id metric.ID, sample int64) int64 {
	if e := v.Set.Metrics[id]; e != nil && e.Written != 0 && !v.Past {
		return e.Written
	}
	return sample
}

// input is what a card's drawing is made from.
func (v *View) input(c *Card, in *chart.Input) {
	in.Panel(&c.Panel, c.Shown, c.Titles, v.Set, v.Moment)
}
