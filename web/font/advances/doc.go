// Command advances reads the fonts that the page ships and writes the table of
// their advance widths to shared/scene/advance.go, so that text is measured
// without a browser and to the same tenth of a pixel on both sides.
//
// It must not be imported; `go generate ./shared/scene` runs it, and its test
// fails when a font was replaced and the table was not.
//
// WOFF2 (https://www.w3.org/TR/WOFF2/) is read here because the two tables asked
// for, cmap and hmtx, follow a plain directory in one brotli stream: a font
// library would be a dependency fifty times the size of this reader.
package main
