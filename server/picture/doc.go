// Package picture draws boards where no browser does: a board at a moment becomes one
// scene.Tape, by the placement of board.Layout and with each panel's drawing by
// chart.Draw, as on the page; a tape becomes SVG (scene.AppendSVG), PNG ([AppendPNG]) or
// lines of a terminal ([AppendText]).
//
// What is read for it stands in a [View]; reading is the caller's. The package must not
// know stores, hubs, HTTP, clocks or files.
//
// # PNG
//
// Lines are drawn by the distance of each pixel from them, which joins thousands of short
// pieces without the seams and double edges of outlines that overlap; areas and letters by
// golang.org/x/image/vector. Letters stand where the advance table of shared/scene says;
// unlike a browser's they are not kerned. font/ holds the face that the page ships
// (web/font/*.woff2), unpacked and without hints and kerning; a test compares their
// advances.
//
// # Terminals
//
// A character cell stands for [CellWidth] by [CellHeight] pixels, so that an axis label is
// as wide as it was measured. Words of a card are laid out in cells, what chart.Draw draws
// is painted with braille dots, eight a cell.
//
// # What holds
//
//   - The same View gives the same tape and the same text, byte for byte. A PNG may differ
//     by a shade where the processor fuses products and sums.
//   - Text that a client wrote cannot leave its place: no control character reaches a
//     terminal, and SVG is escaped by scene.
//   - A picture has at most [MaxPixels].
package picture
