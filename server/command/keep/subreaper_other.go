//go:build unix && !linux

package keep

import (
	"os"
	"syscall"
)

// Elsewhere the process group is all that is kept.

func adopt() {}

func seal() {
	syscall.CloseOnExec(controlEnd)
	syscall.CloseOnExec(statusEnd)
}

func session() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func enlarge(*os.File) {}

func descendants() (below []int, known bool) { return nil, false }
