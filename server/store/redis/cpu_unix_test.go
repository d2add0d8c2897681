//go:build unix

package redis

import (
	"syscall"
	"testing"
)

// ownCPU is the CPU time that this process has had, µs.
func ownCPU(b *testing.B) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1000
}
