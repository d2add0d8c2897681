package ui

import (
	"strings"
	"time"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/scene"
	"telltale/shared/series"
)

// Sizes of a drawing in pixels. web/app.css gives the boxes on the page the same: a card of
// one row and column has a plot of that size, one of more what they and the spaces between add.
const (
	plotWidth    = 344
	columnPitch  = 392
	plotHeight   = 178 // less the height of what the legend takes
	fullHeight   = 174 // where the numbers are part of the drawing
	rowPitch     = 292
	largeHeight  = 360
	largeColumns = 3
	sparkWidth   = 64 // of a table's lines
	sparkWide    = 128
)

// input is what a card's chart is drawn from; a screen last heard of the server at heard.
func (c *Card) input(in *chart.Input, set *series.Set, now, heard int64, zone func(int64) int) {
	in.Panel(&c.Panel, c.Shown, c.Titles, set, chart.Moment{From: now - c.Span.ms, To: now, Heard: heard, Zone: zone})
	switch c.Panel.Kind {
	case board.Stat, board.Gauge:
	case board.Table:
		in.Kind = chart.Sparks
	default: // the page names them
		for i := range in.Series {
			in.Series[i].Name = ""
		}
	}
}

// sizes are those of the card's drawing: one for each number of columns that the window may
// give it, the first for one.
func (c *Card) sizes() (sizes []size) {
	columns, taller := max(c.Panel.W, 1), float64(max(c.Panel.H, 1)-1)*rowPitch
	if c.Large {
		columns = largeColumns
	}
	for n := range columns {
		width := plotWidth + float64(n)*columnPitch
		switch {
		case c.Panel.Kind == board.Table:
			width = sparkWidth
			if n > 0 {
				width = sparkWide
			}
			sizes = append(sizes, size{width, float64(rowHeight * len(c.Shown))})
		case c.Large:
			sizes = append(sizes, size{width, largeHeight})
		case c.Panel.Kind == board.Stat || c.Panel.Kind == board.Gauge:
			sizes = append(sizes, size{width, fullHeight + taller})
		default:
			sizes = append(sizes, size{width, plotHeight - c.legendHeight(width) + taller})
		}
	}
	return sizes
}

// legendHeight is that of a card's values: a row of figures, or where they are many as many rows
// of their names as these take, up to three.
func (c *Card) legendHeight(width float64) float64 {
	const usual, row, most, name, mark, space, between = 40, 24, 3, 165, 16, 6, 16
	if len(c.Shown) <= 2 {
		return usual
	}
	rows, x := 1.0, 0.0
	for i, m := range c.Shown {
		w := min(mark+scene.Width([]byte(c.Titles[i]), 13, scene.Regular), name) + space + scene.Width([]byte(c.value(m)), 13, scene.Semibold)
		if x > 0 && x+w > width {
			rows, x = rows+1, 0
		}
		x += w + between
	}
	return max(usual, row*min(rows, most))
}

// pictures are the card's drawings as the server sends them, one for each width.
func (c *Card) pictures(set *series.Set, now int64) []string {
	var pictures []string
	var tape scene.Tape
	var drawing chart.Chart
	var in chart.Input
	c.input(&in, set, now, now-c.Stale, zoneHere)
	for _, of := range c.sizes() {
		drawing.Draw(&tape, &in, of.width, of.height)
		svg := string(scene.AppendSVG(nil, &tape, &scene.Vars, ""))
		pictures = append(pictures, strings.Replace(svg, "<svg ", `<svg preserveAspectRatio="`+c.fit()+`" `, 1))
	}
	return pictures
}

// fit is how a drawing fills a plot of another size than it was drawn for, for as long as the app takes to come: what has
// axes is stretched, but not its text, lines and dots (web/app.css); figures and a gauge are as large as they fit.
func (c *Card) fit() string {
	switch c.Panel.Kind {
	case board.Stat:
		return "xMinYMin"
	case board.Gauge:
		return "xMidYMid"
	}
	return "none"
}

type size struct{ width, height float64 }

// zoneHere is this machine's offset from UTC in seconds, at a time in ms.
func zoneHere(ms int64) int {
	_, offset := time.UnixMilli(ms).Zone()
	return offset
}
