// Package keep runs a command so that nothing of it outlives who asked for it, also
// where that is killed.
//
// Between the server and a command stands a keeper: this program once more, called
// with the words of Command.Keeper, in which it calls Main at once. The keeper
// starts the command in a session of its own and waits. On Linux it is a child
// subreaper: a process of the command whose parent has gone becomes the keeper's
// child, whatever sessions and groups it made, so that the keeper has no child left
// only when nothing is left.
//
// Two pipes join them. Control goes to the keeper: "stop" and a duration, a line
// each; its end, which the kernel sees to when the server is gone in whatever way,
// means stop as well. On the other the keeper tells, as JSON lines, that the command
// started, or could not be, and how it ended. Stopping is SIGTERM to the command's
// group and to what has left it, and SIGKILL to all of them when the grace is over,
// again and again until none is left. What a command leaves behind when it ends has
// Linger to end by itself, and is then stopped in the same way.
//
// Where the keeper itself is killed the command gets SIGKILL (PR_SET_PDEATHSIG), and
// the server kills the command's group; how it would have ended nobody knows. On
// other systems than Linux there is no subreaper: what leaves the command's process
// group is not found again. On Windows nothing is run.
//
// It must not know what a run is, nor who reads the output.
//
// Limits: the kernel does not let a keeper end what runs as another user, such as
// what sudo started, nor what hangs in the kernel. Of a command whose keeper is killed
// in the very instant of its start only the first process is sure to end.
package keep
