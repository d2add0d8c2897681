//go:build unix && !linux

package keep

import "syscall"

// Elsewhere the process group is all that is kept.

func adopt() {}

func seal() {
	syscall.CloseOnExec(controlEnd)
	syscall.CloseOnExec(statusEnd)
}

func session() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func descendants() (below []int, known bool) { return nil, false }
