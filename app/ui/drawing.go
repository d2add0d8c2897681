package ui

import (
	"strings"
	"time"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/scene"
	"telltale/shared/series"
)

// mostSeries is how many series one card draws.
const mostSeries = scene.SeriesCount

// Sizes of a drawing in pixels. web/app.css gives the boxes on the page the same.
const (
	plotHeight  = 136
	statHeight  = 168 // the numbers are part of the drawing
	largeHeight = 360
)

// cardWidths are those of a card's drawing, largeWidths of a metric's own page: one
// for each number of columns the window has room for.
var (
	cardWidths  = []float64{344}
	largeWidths = []float64{344, 736, 1128}
)

// input is what a card's chart is drawn from; a screen last heard of the server at heard.
func (c *Card) input(in *chart.Input, set *series.Set, now, heard int64, zone func(int64) int) {
	in.Panel(&c.Panel, c.Shown, c.Titles, set, chart.Moment{From: now - c.Span.ms, To: now, Heard: heard, Zone: zone})
	for i := range in.Series {
		in.Series[i].Name = "" // the page names it
	}
}

func (c *Card) height() float64 {
	switch {
	case c.Large:
		return largeHeight
	case c.Panel.Kind == board.Stat:
		return statHeight
	}
	return plotHeight
}

// pictures are the card's drawings as the server sends them, one for each width.
func (c *Card) pictures(set *series.Set, now int64) []string {
	widths := cardWidths
	if c.Large {
		widths = largeWidths
	}
	var pictures []string
	var tape scene.Tape
	var drawing chart.Chart
	var in chart.Input
	c.input(&in, set, now, now, zoneHere)
	for _, w := range widths {
		drawing.Draw(&tape, &in, w, c.height())
		svg := string(scene.AppendSVG(nil, &tape, &scene.Vars, ""))
		// On a screen of another width than it was drawn for it is stretched, for as long as the app takes to come.
		pictures = append(pictures, strings.Replace(svg, "<svg ", `<svg preserveAspectRatio="none" `, 1))
	}
	return pictures
}

// zoneHere is this machine's offset from UTC in seconds, at a time in ms.
func zoneHere(ms int64) int {
	_, offset := time.UnixMilli(ms).Zone()
	return offset
}
