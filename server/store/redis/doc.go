// Package redis is the distributed store: state, history and bus of any number of
// processes, which are one board, in one Redis (7 or later, or Valkey), by itself, behind
// Sentinels, or a Cluster.
//
// Everything that changes something is one script, one call, one round trip: it decides, as
// metric.Decide does, writes the state, and appends one event to the log. Each process
// has one follower, which reads the log, lets this process's memory have each event, and
// tells the Publisher of it, whichever process made it. A call answers once its script has,
// and the follower has passed its event. So all processes see all there is in one order,
// and what a viewer costs, Redis does not know.
//
// What lies where, each key behind {PREFIX}:, so that all of them are in one slot:
//
//   - log: a stream; its ids are SEQ-N: the seq of the newest sample, and the number of the event,
//     without a hole. Its one field e holds the event (event.go): kind, id of the call, id of
//     the event before it, time, payload.
//   - meta: a hash: epoch; n, last, seq: number and id of the newest event, seq of the
//     newest sample; num: of the next new metric; forgotten: seq at which a metric was
//     last deleted; flushed: every sample up to that seq is in cells and chunks; format, which is
//     importing from the beginning of an import until one has ended, and import: which one is under way.
//   - heads: a hash, id to record: number, kind, bounds, head, texts of a metric.
//   - cells: a hash, number to the open cells of each tier, with the seq they reach to.
//   - c:NUM:TIER: a hash, index to a chunk: pieces of cells, in order of seq.
//   - rooms: a hash, name to record: last seq, time of that, up to which seq and since when
//     messages are kept, bytes of a run's rows or -1. idle: a sorted set of those of no run, by
//     the time of their newest message: the first ones make place. meta's passed: the highest seq
//     of any room that made place.
//   - room:NAME: a stream, a row for each room of a batch of posts, or several where it has over
//     64 KiB; its id is the last seq. h: first seq and time; l: the messages (package lines).
//   - runs: a hash, id to record: how it ended, apart from what else is known of it, since that stays.
//   - boards, documents: hashes by id; meta's boards: bytes of all documents.
//   - tokens: a hash, id to record; tokens.names: name to id; tokens.expire: a sorted set of
//     those that do; meta's tokens: how often they changed. audit: a stream, its ids are seqs.
//   - hubs: a sorted set of processes by the end of their leases; here:PROCESS: a hash of who is
//     in it, room and user to connections; the room "" is the process itself.
//   - gone: a set of the numbers of deleted metrics whose chunks are still to be removed.
//   - key:K: an idempotency key with what it was answered, where it came with an import as package
//     ledger writes it (exportkey.go); ends after 24 h.
//   - lane:L: the number of the last call of a lane of a process; ends after 24 h.
//   - heard:RUN: some process has heard that the run goes on; ends with the run's lease.
//   - stop:RUN: the run is to end; ends after 24 h.
//   - lease: the process that writes roll-ups and prunes; ends after 10 s.
//
// Memory of a process: how far each room reaches, runs, boards, and the newest rows of messages,
// 16 MiB of them; the rest of a room is read from its stream. Heads, as of its place in the log, and the tail of each metric: the
// samples that may not be in roll-ups yet, and before them the newest 262,144 of all that are, 8 MiB, for
// histories while Redis is away. A history as of seq N is its chunks, its
// open cells, and those samples of its tail that lie after the seq of these and not after
// N. The holder of the lease moves tails into cells, as the embedded store does; an event
// tells the others how far. A flush writes a metric only where its open cells are those
// that it has read: whoever else has flushed meanwhile, nothing is lost or doubled, lease or not.
//
// The log is kept for Options.Raw, but only so much of it as Options.LogBytes, and what no
// roll-up has is always kept. Who asks for samples that are no longer in it takes a history.
//
// Faults:
//   - Redis away: what memory has is answered, Stale says since when: heads, a history of which it has heard
//     every sample, messages since this process started; what else is asked gets ledger.ErrUnreadable, and every
//     write ledger.ErrUnavailable, within seconds for one under way, at once for later ones.
//   - An answer lost: the lane's number tells whether the call was done; where it was
//     not, the number is taken, so that it never will be. Only where Redis stays away for so
//     long that nobody can be told is the error ledger.ErrFate: it is not known.
//   - A process ended: its lease ends 15 s after it renewed it last; whoever renews next takes it
//     out of hubs and says so. Who was away for longer than its lease tells all anew. While Redis was
//     away all leases ended: who has just come back ends nobody's until all have had time to renew theirs.
//   - A viewer that another process had told more than this one knows: CatchUp waits until it knows
//     as much; what the viewer has is not told it again, nor an older state.
//   - A message to one user that a process hears of late: it is for the connections that had come when it was said.
//   - Redis back: the follower goes on from its place; Stale ends once it has read what there was by
//     then. Each event names the one before it, so that no other log can pass for this one. Where the
//     log was trimmed past the place, all is read anew, and the Publisher told so. Where it is another
//     one, as a failover lost writes, a new epoch begins, which ends what viewers could resume from.
//
// What an answer promises is what Redis was told to keep: with appendonly yes and appendfsync
// always it is on disk; with everysec a failing machine loses up to about a second (a failing
// process nothing); without AOF, or where a replica is promoted, what was not yet saved or
// replicated is lost, the epoch ends, and nobody is told otherwise than it is.
//
// Invariants:
//   - Scripts read and decide first; the event is their first write, and nothing after it fails.
//   - Memory changes in take and attach alone, under follow, then mu.
//   - A call of a lane is sent only once the fate of the one before is known.
//
// Lock order: Peers.telling, its lane's; the hub is asked under telling and told under follow, and calls Here, which
// takes Peers.mu alone. Otherwise: a lane's, or the keeper's and then its lane's; follow; mu. The Publisher is
// called under follow.
//
// It must not know who asks. Rejected: a stream entry a sample (a third slower); roll-ups in the
// script (a fifth of the throughput); a channel or stream of its own for each process's direct
// messages (another thing to follow, trim and resume; each process reads all of them, which are few);
// a field for each member with an end of its own (Redis 7.4 alone can); pub/sub beside the log (two orders, and what it
// loses nobody knows); ids of the server's clock in the log (a failover could give one twice);
// sending a call again whose answer was lost (it could count twice).
package redis
