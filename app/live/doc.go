// Package live is the page's connection: it watches metrics over a WebSocket,
// folds what comes into a series.Set and tells the page what changed. It is plain
// Go, tested natively in virtual time; the browser's socket and requests stand
// behind Network.
//
// It must not know go-app, the DOM, panels or pixels.
//
// # What holds
//
//   - The set holds every step that was sent. A frame that does not follow on is
//     not folded in: the viewer resumes from its seq and epoch, on the same
//     connection, and after a loss on the next one.
//   - Contact is what was heard, not what is believed: after 4 s of silence the
//     viewer asks, and says it has lost contact when 8 s have passed without a word
//     (browsers answer WebSocket pings themselves and tell nobody).
//   - While there is no contact a plain request is asked first, with jittered
//     back-off up to 15 s, and the socket opened once it is answered: Firefox holds
//     back new sockets after failed ones. Wake asks at once.
//   - Memory is bounded by the metrics the server sends and the columns of a watch.
//
// # Locks
//
// Viewer.mu is held for folding and looking, never while waiting or calling out;
// OnChange is called without it.
package live
