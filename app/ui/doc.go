// Package ui is the page: go-app components, one a file, and what keeps them alive
// in a browser. Both mains call Routes; the server pre-renders the same components
// that the browser mounts.
//
// # Who owns what
//
// go-app owns the page's structure. The stage (stage_js.go and its neighbours) owns
// what moves: it writes numbers into text nodes and paints canvases, once an
// animation frame, and never goes through Dispatch: go-app re-renders a component
// and all above it on each, which is right for a click and wrong for ten frames a
// second. go-app leaves alone what a render does not change, so the two do not meet.
//
// # The first paint
//
// The server draws the charts as SVG by the geometry the canvas uses, lines and names. go-app
// makes the page anew when it mounts, so web/first.js gives the new page, within the task in
// which it takes the old one's place, what was drawn; a card drops it when its canvas is painted
// for the first time, a log when it is first drawn: nothing flashes. Island carries what the app
// must know to render the same words.
//
// What a person has done on the server's page is the app's too (web/first.js again): what is
// written and chosen, the focus, the caret and how far things are scrolled stand as they stood;
// what was pressed, submitted and said is done once the page is mounted, and what was said waits
// on the page until then. It is kept with what was not said where the page leaves first.
//
// # What is shown, and how far it may be trusted
//
// A page watches the metrics of cards less than a screen away, nothing once it has been hidden
// for 5 s (sight_js.go). What a card says of ages is fresh.Panel's, by words of live.Viewer
// (trust_js.go), in the first paint by those of the server (trust.go). A page that came from
// the cache is marked by the service worker; over one whose app is not awake comes a veil,
// which the style sheet alone brings (telltale.awake pushes it back each second).
//
// # Who looks
//
// A page comes with what its viewer may (Island.Me), and leaves out what they may not do; the
// server refuses it all the same. A page from the cache asks anew. What is refused for want of a
// token (live.Fetch, and web/socket.js for the end of a socket) has the page leave for the form
// that signs in, where everything that was kept of what was seen is forgotten: by web/first.js,
// and by the service worker, whose pages those are. Changes not saved are kept, by user.
//
// # Rooms
//
// A log may have 100,000 lines. The stage (log_js.go) keeps those in sight on the page, and
// empty space as high as the rest would be: heights measured where a line was shown and
// guessed where it was not (heights.go), the first line in sight held where it is while
// those above it are measured. Lines are text made by web/lines.js in one call a drawing;
// line.go says what is in them. Rejected: a box a line that the browser skips while it is
// out of sight (content-visibility), which still holds 100,000 nodes.
//
// Output is shown as a terminal shows it (shared/ansi; paint.go says in which colours), each
// line going on in the style of the one before, as far back as lines were read, 500 at most.
//
// # Runs
//
// A run's output is its room's log with numbers that link to a line. How a run stands is
// asked for: every 2 s while it goes on, 5 s otherwise, not while nobody looks. What is
// looked for is found in the history, page by page, newest first (live.Viewer.Search), and
// marked by ranges that leave the lines alone (CSS.highlights). A panel of a command changes
// its room with each run, so the stage joins the rooms of the logs that stand on the page
// besides those that the place names.
//
// # Editing
//
// A page's desk (edit.go) edits its board. Frames lie over the cards, on the same grid, one over
// each: cards stay what they are, and the pointer and the keys have the frames (arrange_js.go).
// While a panel is dragged the page is moved by hand, by the CSS order of cards and frames, and
// go-app renders once it is let go; what was done by hand is taken back in the same task.
// What is configured is tried: the page shows it, and only what is taken becomes a step of
// board.History. Changes that are not saved are kept in the browser's storage at every step,
// with the board and the revision they were made from; what is written to a room, when the page
// goes away.
//
// # Walls and screens
//
// A wallboard (tv.go) is a board without chrome: board.Fit says how its panels divide the window, and CSS zoom enlarges
// what is in a card with its cell, so that no card knows of it; paint.js gives a canvas the pixels for that. Logs
// measure their lines, so they are enlarged by their own sizes instead. Boards take turns by the clock, so that screens
// agree; the next one and its metrics are read ahead, and it stands drawn before it fades in (a view transition, during
// which the browser paints and observes nothing: the stage draws by itself). Rejected: scaling the page as a whole,
// which leaves it blurred and its canvases too.
//
// Every page tells the server that it is a screen (screens_js.go), and heeds what comes back.
//
// # The start
//
// The first paint waits for the styles and web/first.js alone. The app is fetched and compiled by a worker (web/compile.js),
// which starts while the page is painted and fetches once it is; the socket is opened as soon as the app is compiled
// (web/socket.js), and what stands first on the board is watched with the first message. On a phone the app's start is most
// of a second, most of which goes into the compilation of each function when it is first called. So the worker rehearses it: it
// starts the app on a page that is none, and what it compiles is compiled for all who have the module. The start is cut into
// tasks of a few milliseconds, since the browser has its turn between components (breath_js.go) and elements (goapp.go.txt).
// Only that the new page takes the place of the old one is one task. go-app would then draw all of the page again, since each
// component that mounts has its page updated: here one that has to be drawn again says so (Context.Update in OnMount).
// Drawings follow one by one, after the numbers of all cards. The service worker waits until all that is over. Measured in ms
// of the main thread's processor over 12.5 a task, times four, as Lighthouse counts them: 850 uncut, 250 cut, 40 to 140
// rehearsed. Rejected: hints to compile functions at once (metadata.code.compilation_priority), which Chromium 156 only heeds
// behind a flag.
//
// # Time
//
// A place has a stretch of time: a range that ends now, or at a moment of the past, which the
// URL says (time.go). Hands aim at another one (gesture_js.go): it is drawn at once from what
// is there, looked at a few times a second, and becomes the page's URL when the hand rests.
// Whether what is shown is the past is what the viewer says of what it holds, not what was
// asked for: no past value is ever seen as live, nor the other way. The crosshair
// (crosshair_js.go) is elements over the canvases, which are not drawn for it.
//
// # Traps
//
//   - A click's context ends with its element: what comes later goes through the page's own
//     (desk.ctx), or is dropped without a word.
//
//   - go-app writes classes anew: what is set on its elements by hand is a data attribute.
//
//   - It compares handlers by their code: a closure in a list goes on with the values of the
//     first render. Rows are components.
//
//   - It sets an input's value again whenever that differs from the last render, over what is
//     being written: fields get theirs once (field.go).
//
//   - An event handler of go-app runs after the event: what has to be taken from the
//     browser (Enter, the submission of a form) is taken by web/first.js.
//
//   - go-app's pre-render quotes attributes as Go strings and writes the value "true"
//     as no value: whatever may hold either goes through attr.
//
//   - It writes a boolean attribute that is false as ="false", which browsers take for
//     true: such attributes are set where they hold, and not at all elsewhere.
//
//   - Between elements the pre-render puts white space that mounting does not: every
//     row is a flex box.
//
//   - Each function for a kind of element (app.Dialog, app.Kbd) brings some 16 KB of methods into the
//     wasm: what is rare is app.Elem.
//
//   - A selector with :has() near the page's root, and * after it, has all of the page styled anew by
//     whatever comes or goes in it.
//
//   - A component that is mounted is not drawn again for that, as go-app says it is.
//
//   - A strict Content-Security-Policy holds: no style attributes, no inline scripts.
//
//   - Everything a component's exported fields hold is replaced when a parent renders
//     again; what it must remember is unexported.
package ui
