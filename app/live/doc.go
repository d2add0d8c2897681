// Package live is the page's connection: over one WebSocket it watches metrics,
// folding what comes into a series.Set, and is a member of rooms, whose messages
// it holds; it tells the page what changed. It is plain
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
//   - Contact is what is known, not what is believed: every 3 s the viewer asks the server
//     for its time, and contact is as old as the question that was answered last, not as
//     what was heard since, which may have waited in a proxy, a frozen page or a machine
//     that slept. It is lost 8 s after that (browsers answer WebSocket pings themselves
//     and tell nobody).
//   - The first socket was opened by the page while the app was being made: what it said first is as old
//     as that (aged).
//   - When a value was written is kept by the viewer's own clock, which never goes back:
//     as long before the message came as the server's clock says it was written before
//     the message was made, and as much longer as the message may have been under way.
//     Where either clock is set, the server is asked for the ages anew.
//   - What is watched may change at any time (a page scrolls): what is watched still goes
//     on, what is new comes whole, and of what was watched before the last value is kept,
//     as of when it was known.
//   - While there is no contact a plain request is asked first, with jittered
//     back-off up to 15 s, and the socket opened once it is answered: Firefox holds
//     back new sockets after failed ones. Wake asks at once. What is not answered within a
//     second is asked again beside it: browsers keep up to six connections to a server, and
//     where the network went away under them each holds a request until it is given up; one
//     after the other, that took over a minute.
//   - A room's messages are held by seq, so that none can be there twice, however
//     it came. After a loss the room is joined since the last one heard. One that is
//     looked at and not there is fetched, one page at a time, always for what is
//     looked at then; what nobody looks at is let go: 2 MiB for all rooms.
//   - A line of ours waits until the server has it. It is sent again on the next
//     connection with the same key, so it is said once.
//   - However many messages come, a frame is drawn in time: web/socket.js takes them and
//     hands over as many a frame as this takes 6 ms for. 8 MiB may wait; beyond that what
//     was said in rooms is let go, and read from the history where somebody looks at it.
//     It stands in for the library's socket in browsers, which wakes Go for each message
//     and moves all that wait by one each time: 20,000 lines took 11 s, now under 5 (most
//     of it the browser's own work for a frame of the protocol), and the longest task 29 ms.
//   - Rooms are joined after the welcome: its epoch says whether they are the same.
//   - A page that is a screen tells so at the start of each connection, when something about it
//     changes and every 15 s; what the server tells it to do is handed on.
//   - What is shown is of one time, all of it: live, or a moment of the past (past.go). Until
//     the answer to another look comes, what is there stays, and what it is of. Nothing that
//     is heard touches a moment; one that is played folds in steps that are over, read ahead,
//     and rooms end with what had been said by then (pastroom.go).
//   - Memory is bounded by the metrics the server sends, the columns of a watch, and
//     the bounds of rooms (room.go).
//
// # Locks
//
// Viewer.mu is held for folding and looking, never while waiting or calling out;
// OnChange is called without it.
package live
