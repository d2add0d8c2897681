package sqlite

import (
	"os"
	"syscall"
)

// datasync writes a file's bytes to disk, and of what is kept about it only what
// reading them takes.
func datasync(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
