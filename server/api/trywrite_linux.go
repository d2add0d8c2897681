package api

import (
	"syscall"
	"unsafe"
)

// tryWrite writes to a socket that does not wait, as Go's do not; below 0 it could not. The
// scheduler is not told: a call that ends in some µs would have it take the processor away
// and bring it back, and keeps awake what watches over long ones (measured: a tenth of
// what a delivery costs).
func tryWrite(fd uintptr, b []byte) int {
	n, _, failed := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if failed != 0 {
		return -1
	}
	return int(n)
}
