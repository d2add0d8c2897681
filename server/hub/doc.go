// Package hub is who hears what: viewers of metrics and the feeds they share,
// rooms with their members and presence, and the bounded outboxes their
// connections are written from. It is a library that a program may use alone: it
// must not know HTTP, sockets, or any store. History comes in by whoever calls it.
//
// # A walk
//
// A program makes one [Hub], and an [Outbox] for each connection. The connection's
// reading side calls the hub; its writing side waits for [Outbox.Ready] and then,
// until none has anything more, asks
//
//   - [Outbox.Take] for what was put there by [Outbox.Offer]: answers, and what
//     [Hub.Direct] says to a user;
//   - [Outbox.Due] for a member of the connection, and [Member.Next] for what that
//     is to be sent;
//   - [Viewer.Next] of the viewer, where it watches.
//
// Where a goroutine that waits is too much for each connection, [NewTellingOutbox] calls a
// function instead of making Ready ready, which is nil then: that may put the connection in
// the line of a few writers, who ask the same.
//
// Nothing here ever waits for a peer. A writer that is stuck in a write is asked
// for nothing, and costs nobody else more than one look at its place.
//
// Rooms: [Hub.Enter] names the connection's user, [Hub.Join] makes it a member of a
// room, [Member.Start] says from where on it wants what is said. [Hub.Say] tells
// messages, each with its seq: those of a room are 1, 2, 3 and so on. Presence comes
// by itself, and [Hub.Presence] tells it. [Hub.Exit] ends all that the connection
// had. Example_chat is all of it.
//
// A member has no queue of its own, only a place: the seq it was given last. The
// room keeps what was said lately in a ring (256 messages, a MiB), each message
// once, written out once. A member whose place the ring no longer reaches is given
// [Missed]: its caller reads from wherever messages are kept, a page at a time as
// it likes, says [Member.Caught], or [Member.Skip] of what it lets go, and is given the
// ring again as soon as it reaches.
// So joining with a past, being slow and resuming are one mechanism; see the example
// of [Member.Caught].
//
// Comings and goings stand in a second ring, each with the seq of the message that
// came before: a member is told of them in order with what is said. Where they are
// not told one by one (a room of more than [MaxTold] users, or a member so slow that
// the ring went by) the whole list comes once, and replaces what the member knew.
//
// Several hubs may be one: those of processes that share what is said. Each is given an
// [Elsewhere] by [Hub.Link], which carries two things to the others: who is here
// ([Hub.There] on the other side, [Hub.Gone] for a hub that has ended) and what is said to
// one user ([Hub.Deliver]). All else stays as it is: messages come to each hub by its own
// Say, whoever posted them. Package hubtest is the suite of it; hubs joined in memory and by
// a store pass the same one. After a loss [Hub.Reached] says how far rooms reach.
//
// Metrics: a feed is one set of name patterns at one rate, shared by all who
// [Hub.Watch] just that. Samples given to [Hub.Publish] gather in its pending
// frame; at its tick the frame is cut and put into the feed's ring of recent frames.
// A viewer, too, has only a place in it: "behind since F". Its Next gives one of
//
//   - a recent frame's bytes, encoded once and shared by all;
//   - one merged frame F…N, where the viewer fell more than a few frames behind, or fewer
//     that hold a lot together, shared by those that are as far behind: on a busy machine
//     many are;
//   - a [Boundary], where there is nothing to follow on: it has just come, or the
//     ring no longer reaches back to F, or what was known of a metric changed. The
//     caller reads the history as of the boundary's seq, sends a snapshot, and
//     goes on: the viewer is behind since that seq from this very moment.
//
// Example_counter shows it.
//
// # Rejected
//
// A queue for each viewer or member that turns into "behind since F" once full: a
// reader that is late would be sent up to 256 frames it can no longer use before
// the merged one, at a pointer a message and a reader, and a publisher would hold
// ten thousand queues' locks in turn; a ring holds everything once, and its bounds
// are those of one queue.
//
// Telling of a coming in a large room: ten thousand who join are fifty million
// messages. A goroutine or a channel for each room: one hand-over more, for nothing.
//
// Asking the other hubs who is there when somebody wants to know: presence is asked with
// each first paint, and a member's coming is to be told anyway. Who is elsewhere as members
// of their own: ten thousand structs for what is a number a user. Comings here only as the
// others hear of them, in one order for all: who joins would wait for a round trip, and
// nobody could join while the way is cut; so hubs may tell two comings in another order each,
// but each its own members in order, and all end with the same list.
//
// # Invariants
//
//   - The frames a viewer gets follow on, each from the seq of the one before or
//     of its snapshot: no sample is missing, none comes twice.
//   - A boundary's values are the heads as of its seq, exactly.
//   - Where there are other hubs, who comes from one that was ahead waits until this one is there
//     too: nobody is shown an older state of an epoch than they have.
//   - The messages a member is given and those it is told that it missed follow on:
//     none is passed over, none comes twice.
//   - When a value was written is counted by a clock that never goes back: setting the
//     machine's makes no value younger than it is. Of what was there at the start the
//     sample's own time is all that is known.
//   - A user is in a room as often as it has connections there in all hubs; only the first
//     and the last are told. Of other hubs only numbers are known, which Here says whole.
//   - A member is told of comings and goings of others, never of its own user's.
//   - A feed without viewers does not exist, nor a room without members; a feed with
//     nothing pending, and nobody who waits, has no timer.
//   - Nothing here starts a goroutine except a timer's, and that never blocks.
//   - What a client can grow is bounded: an outbox (MaxMessages, MaxBytes; of its
//     members each is due at most once), rings (ringFrames and ringBuckets;
//     ringMessages, ringBytes and ringsBytes; ringPresence), patterns of a watch,
//     feeds (MaxFeeds), rooms (MaxJoined, MaxRooms). Who is elsewhere is bounded there.
//
// # Locks
//
// Hub.mu, then feed.mu, then Outbox.mu; Hub.doors, then crowd.mu, then Outbox.mu.
// Nothing outside the package is called under one of them but Elsewhere.Here and what an
// outbox tells, which do not block. Whoever says something, and a feed's tick,
// wakes members and viewers after it has let go of crowd.mu or feed.mu: ten thousand writers
// that ask for it must not queue behind the one who woke them; nor behind each
// other, which is why a member's Next holds crowd.mu for reading only.
package hub
