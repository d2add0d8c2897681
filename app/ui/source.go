package ui

import (
	"telltale/shared/metric"
	"telltale/shared/series"
)

// View is what a page shows, as of one moment.
type View struct {
	Now      int64           // ms since 1970
	Base     string          // what a curl line begins with: "localhost:8082"
	Metrics  []metric.Metric // those that match, sorted by ID
	Snapshot series.Snapshot // heads and history
}

// Source is where the pre-render finds what to show.
type Source interface {
	// View answers the metrics that match the patterns, and for the first limit of
	// them the history of the last rangeMS ms in at most points columns.
	View(patterns []string, rangeMS int64, points, limit int) (View, error)
}

// source is set on the server, before it serves; nil in the browser.
var source Source

// SetSource gives the pre-render its source. Call it before the first page is served.
func SetSource(s Source) { source = s }
