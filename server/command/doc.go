// Package command runs the commands that the operator's configuration names, once
// each for however many viewers: it starts them, has their output reported as it
// comes, and keeps how they ended.
//
// A run has one goroutine that reports, and two that take its output from its pipes
// (package outlet) into a spool (package capture), so that a command waits neither for
// the store nor for anybody who watches; where it pours out more than can be followed,
// reporting leaves it the machine until it has ended. Between it and the server stands
// a keeper (package keep), so that nothing of it outlives the server.
//
// It must not know where runs are kept, nor who sees them: it declares what it needs
// of whoever keeps them (Reports).
//
// Invariants:
//   - What is run is what the configuration says, word for word. A request gives at
//     most arguments that it declares, each as a part of one word, and each matched
//     whole by its pattern. There is no shell.
//   - A run that was answered is reported as running before its command starts, and
//     as ended after the last of its output. What is reported as running by a server
//     that is gone is lost, which the next one says at its start (Settle).
//   - The environment of a command is PATH, HOME, LANG, TZ and what its env says.
//   - No more runs of a command go on at once than max_parallel; what a command left
//     behind counts until it is gone. Those of other processes that share Reports count
//     too, but for such as begin within the same round trip to the store.
//
// Locks: Runner.mu, then live.mu. Under the first nothing is called but live.stop,
// under the second only what starts and stops the keeper.
package command
