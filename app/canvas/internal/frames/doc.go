//go:build js && wasm

// Command frames is our side of the benchmark against uPlot: it gives a test page
// the functions ours.open and ours.frame, which fold live samples into series, draw
// the chart and paint it, all that a panel does a frame. It is no part of the
// product; bench_test.go of app/canvas builds and serves it.
package main
