package keep

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// adopt makes this process the parent of its descendants that lose theirs.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// seal keeps from the command the two pipes, and whatever else somebody left open.
func seal() {
	if unix.CloseRange(controlEnd, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC) != nil {
		syscall.CloseOnExec(controlEnd)
		syscall.CloseOnExec(statusEnd)
	}
}

// session is how the command is started: away from any terminal, and not to outlive
// the thread that starts it.
func session() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// descendants are the processes below this one, as /proc has them now, where it can be read.
func descendants() (below []int, known bool) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, false
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	children := map[int][]int{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if parent := parentOf(name); parent > 0 {
			children[parent] = append(children[parent], pid)
		}
	}
	below = children[os.Getpid()]
	for i := 0; i < len(below); i++ {
		below = append(below, children[below[i]]...)
	}
	return below, true
}

// parentOf reads the fourth field of /proc/PID/stat; the second is a name in
// parentheses with anything in it. 0 for a process that is gone.
func parentOf(pid string) int {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return parent
}
