// Package api is the HTTP surface: routes.go lists all of it on one page, a file
// a resource does it, errors.go alone turns errors into answers.
//
// It decodes, validates, asks the ledger or the hub, and encodes. It must not
// know how anything is kept, nor decide what a mutation makes of a metric.
//
// Sockets: a connection has one goroutine, which reads; of /ws the request's own ends with
// the handshake (/status and /dashboard, which few have open, read by theirs), and each
// message is answered by one more; a timer beats. Who has something
// to write stands in line (turns.go), and writers, of which there are fewer than
// processors, go through it: what comes in goes first, and five hundred viewers do not
// slow down the command that they follow. A connection's writer, one at a time, alone
// takes from the outbox and asks the viewer what is next, and reads the history of a
// snapshot itself. It gathers what is ready, up to 64 KiB, and gives it to the connection's
// descriptor in one write that does not wait (outbound.go); what is shared and comes alone is
// not copied. A write for each message, through the library, cost thirty times as much. Where
// it has to wait, for the peer or for the store, another writer takes its place. So what one
// connection can make the server hold is its outbox, one message and one write, and no
// snapshot before its turn has come; one that is idle holds no buffer but 256 bytes to read
// into. The library reads, and writes pongs and close frames;
// a write that takes longer than the patience is ended behind the frame that it is in
// the midst of, so that the close frame can be read. What comes in
// is judged byte by byte (inbound.go) before the WebSocket library reads it: a broken
// rule of RFC 6455, or the peer's own close frame, ends the reading; the writer sends
// the answers that are queued, then the close frame. rfc6455_test.go runs the
// Autobahn suite's cases.
//
// Rooms on a socket: answers go first, then rooms and the watch in turns. What a
// member hears is a line: it is live, or behind, and then reads a block of messages
// from the store; of one connection's lines one holds a block at a time. Blocks are
// read and written out once for all who read there, and kept a while (block.go):
// readers that fall behind anywhere meet at the next border between two of them. What
// is said goes out as shared bytes, but to who said it with the id of the broadcast:
// its message waits until the ledger has answered which seq is whose (echoes). Leaving,
// and joining again, wait for what was said before to come back, unless much is to be
// read first.
//
// Rooms over HTTP: an upload is read by the request's goroutine, and another has what
// came meanwhile kept and told, at most a few hundred KiB of it; a stream takes from its line
// and writes. Neither has a limit on its time; both end with Drain. What is cut off
// after it began has no end, so that nobody takes it for whole.
//
// Watches: the history of a snapshot is read and written out once for all who come from the same
// boundary (opening.go); values, and when they were written, are each one's own.
//
// Pictures: look.go reads what a picture says, as of one seq or of a moment of the past, and
// only what its caller may read; package picture draws it. Few are made at once, since each
// takes a processor and some MiB.
//
// Screens: a page tells of itself on its socket, and is in the list for as long as that is
// open; an order goes into its outbox like any answer, and is lost where that is full.
//
// Bodies: of what is larger than 64 KiB only so many bytes are held at once (held.go), to the end
// of the request's answer; what is packed is measured before it is unpacked.
//
// Access: each route stands with its rule, the least that its caller needs (access.go); what
// depends on more than the path is asked for there, and lists hold what the caller may read
// (sift.go). A share link reads what its board shows within what its maker might read
// (shares.go): what lasts on it ends with it, and begins anew once the board is another one
// (editions.go). Who changed what is noted where it was changed, after it was (audit.go).
//
// What is told of it (openapi/*.json, a file a chapter, in the order of the page): routes.go says
// which routes there are and what each asks of its caller, the chapters all else; of both openapi.go
// makes the document, and docs.go the page. Tests hold them against the routes and their answers.
//
// Limits: every request but the second port's, and every message, is counted for its token
// or else its address (limit.go), once its caller is known and before anything is done.
//
// Invariants:
//   - Every error answer is problem+json (RFC 9457) with a sentence to act on; to a person
//     in a browser who may not see a page it is a page (words.go).
//   - A body is read to its limit, also after decompression, before anything is
//     done with it, lines that are streamed into a room excepted; a mutation or a
//     message is answered only after the ledger has answered.
//   - Nothing of a room is written before its joined, nor after its left; in between
//     the seqs follow on, unless a gap names those that do not come; what answers a
//     broadcast whose message has gone by, as a repeated key's does, has its id. A line
//     that cannot be read on closes its connection: coming back with since loses nothing.
//   - What clients wrote is text wherever it is shown: a refusal is one legible line
//     (explain), a room's text moves a terminal within its line at most (seen.go), JSON
//     escapes control characters of both sets, HTML has a policy (recorder).
//   - Every socket ends with its peer, its heartbeat, its patience, or Drain, and
//     leaves no goroutine, timer or viewer behind.
//
// Locks: API.mu, screens.mu and lobby.mu are held for map operations and offers only, and so is
// rooms.order, under which the hub's Outbox is asked and offered to. turns.mu is a leaf, taken
// under any of the hub's by what an outbox tells; openings.mu, blocks.mu, holdings.mu
// and settling.mu are leaves too.
package api
