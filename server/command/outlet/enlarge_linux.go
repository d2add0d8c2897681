package outlet

import "golang.org/x/sys/unix"

// pipeSize is what a command may write while nobody reads, bytes. The kernel gives
// less where the user has many pipes.
const pipeSize = 1 << 20

func enlarge(pipe int) { _, _ = unix.FcntlInt(uintptr(pipe), unix.F_SETPIPE_SZ, pipeSize) }
