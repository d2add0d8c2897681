// Telltale is a live board for anything that can be reached with curl. This package is the program: it
// reads its options, puts the parts together (serve.go, top to bottom) and runs them.
//
// It alone sees every other package; none sees it. It must not hold rules of its own: what a mutation may do is
// the ledger's, what a client may say is the API's.
//
// Invariants: whatever goes wrong at start is one sentence on stderr and exit code 1, a wrong command line is exit
// code 2; the inner error is for the log, at level debug. The verbs run, push and tail ask through client (client.go),
// which tries again what may yet be done, ends where it is refused, and holds no more than a bound while a server is
// away: what they bring comes once and in order, what was not delivered is said. SIGTERM ends the server within 10 s
// with exit code 0 and everything acknowledged on disk.
package main
