//go:build js && wasm

// Command frames is our side of the benchmark against uPlot: it gives a test page
// the functions ours.open, which adds a panel (ours.clear takes all away), and ours.frame, which fold live samples into series, draw
// the chart and paint it, all that a panel does a frame, and ours.release. It is no
// part of the product; the tests of app/canvas build and serve it.
package main
