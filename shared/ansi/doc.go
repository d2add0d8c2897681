// Package ansi reads what a program writes for a terminal: a line of text with
// control sequences (ECMA-48) becomes spans of text, each with the style that Select
// Graphic Rendition gave it (ECMA-48, section 8.3.117; colours of 256 and of 24 bits
// as xterm has them).
//
// What moves or erases within the line is done as a terminal does it: carriage
// return, backspace, and the sequences CHA, CUF, CUB and EL that progress bars are
// drawn with. Every other control character and sequence is left out: nothing that
// comes of a line can move out of it, ring, retitle or hide.
//
// AppendSeen is the other way out, for text that goes on to a terminal: what shows or
// styles remains, everything that would do more to the terminal is left out.
//
// It must not know HTML, themes or rooms: it is pure. The style at the end of a line
// is that of the next one's beginning; who shows lines carries it over.
//
// Invariants:
//   - All text in spans stood in the line, but for spaces that a move made; no control
//     characters are in it but tabs and newlines. What looks like markup is text.
//   - A line of n bytes makes at most n spans and about n+MaxColumn bytes of text.
//   - A column is a character with what combines with it, whatever its width; a tab is
//     one, too.
//   - Readable's answer has the contrast of WCAG 2.1, 1.4.3 (4.5:1) to its ground.
package ansi
