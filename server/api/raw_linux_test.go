package api

import "syscall"

// What rivals do without all that Go's own files and connections do besides.

func writeFD(fd int, b []byte) (int, error) { return syscall.Write(fd, b) }

func syncData(fd int) error { return syscall.Fdatasync(fd) }

// holdsLittle lets the kernel hold little of what a socket has not read.
func holdsLittle(fd int) error {
	return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 32<<10)
}
