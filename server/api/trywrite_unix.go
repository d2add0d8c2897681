//go:build unix && !linux

package api

import "syscall"

// tryWrite writes to a socket that does not wait, as Go's do not; below 0 it could not.
func tryWrite(fd uintptr, b []byte) int {
	n, _ := syscall.Write(int(fd), b)
	return n
}
