// Package ledger is the truth's rules: one order over all mutations, durable
// before it is told, told in that order.
//
// Callers that arrive while a commit runs form the next one (group commit): the
// first of them leads, hands the whole batch to the Store, publishes the samples
// and answers the others. No goroutine of its own exists; a request leads for
// one batch and passes the lead on. It must not know how anything is kept, who
// hears of it, or what HTTP is.
//
// Invariants:
//   - Samples are published once, in the order of their seq, after they are
//     durable and before their callers are answered.
//   - A call that ends in an error has changed nothing.
//   - At most MaxBatch items go into one commit, unless one entry alone is larger,
//     and at most MaxWaiting wait for one.
//
// Lock order: commit, then mu; the Publisher is called under commit, never under mu.
//
// Rejected: a goroutine that owns the store and takes requests from a channel.
// It costs two hand-overs more a mutation, and a place where requests queue unseen.
package ledger
