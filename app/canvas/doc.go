// Package canvas hands tapes to the browser: one copy of the drawing into a typed
// array, one call that plays it (web/paint.js), texts only when they changed. It
// knows scene.Tape, Palette and syscall/js, and neither charts nor go-app.
//
// The page loads web/paint.js before the app; it defines the global telltalePaint.
// All painters share one typed array, since a tape is played before the next is copied.
//
// A [Painter] belongs to one canvas element. Phones go blank at about forty canvases:
// a panel out of sight calls [Painter.Release], which gives the pixels' memory back,
// and paints again when it comes into sight.
//
// All of it runs on the browser's one thread; nothing here may be called from a
// goroutine that can be preempted in the middle of another's Paint (under js/wasm
// none is: Paint never waits).
package canvas
