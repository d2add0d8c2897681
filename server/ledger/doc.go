// Package ledger is the truth's rules: one order over all mutations, one over the
// messages of each room, durable before it is told, told in that order. What a run
// reports is messages, kept in one commit with how the run stands. Boards are few and
// seldom changed: a change of one is a commit of its own.
//
// Callers that arrive while a commit runs form the next one (group commit): the
// first of them leads, hands the whole batch to the Store, publishes what it
// answered and answers the others. No goroutine of its own exists; a request leads
// for one batch and passes the lead on. Mutations and posts are two groups, so
// that viewers of metrics do not wait until a full room has been told. It must not
// know how anything is kept, who hears of it, or what HTTP is.
//
// A store that several processes share is a Follower: it tells the Publisher itself what
// became true, whichever process did it, and the ledger tells nothing.
//
// Invariants:
//   - Samples are published once, in the order of their seq, after they are
//     durable and before their callers are answered; so are messages, in the order
//     of the seqs of their room.
//   - A call that ends in an error has changed nothing, unless the error is ErrFate.
//   - At most MaxBatch items go into one commit, unless one entry alone is larger,
//     and at most MaxWaiting wait for one; for posts the bytes are counted.
//
// Lock order: a group's commit, then its mu; the Publisher is called under commit,
// never under mu. No one holds the commit of both.
//
// Rejected: a goroutine that owns the store and takes requests from a channel.
// It costs two hand-overs more a mutation, and a place where requests queue unseen.
package ledger
