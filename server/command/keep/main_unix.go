//go:build unix

package keep

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The keeper's ends of the two pipes.
const (
	controlEnd = 3
	statusEnd  = 4
)

// The pace of killing: a command may start more while it is being killed.
const (
	firstKill = 5 * time.Millisecond
	lastKill  = time.Second
)

// keeper is what Main does.
type keeper struct {
	status *json.Encoder
	group  int           // of the command, and its process id
	ended  bool          // the command; keep\'s alone
	ends   chan End      // of the command; one
	gone   chan struct{} // closed when no process is left
	stops  chan time.Duration
}

// Main is the keeper: args are the grace and the words of the command. It answers the
// exit code of the process, of which nobody makes anything.
func Main(args []string) int {
	// PR_SET_PDEATHSIG means the end of the thread that started the command.
	runtime.LockOSThread()
	seal()
	if len(args) < 2 {
		return 2
	}
	patience, err := time.ParseDuration(args[0])
	if err != nil {
		return 2
	}
	k := &keeper{status: json.NewEncoder(os.NewFile(statusEnd, "status")), ends: make(chan End, 1),
		gone: make(chan struct{}), stops: make(chan time.Duration)}
	adopt()
	go k.hear(patience)
	if end := k.start(args[1:]); end != nil {
		_ = k.status.Encode(news{End: end})
		return 0
	}
	_ = k.status.Encode(news{Started: k.group}) // nobody to tell is a reason to stop, which hear sees
	go k.reap()
	k.keep(patience)
	return 0
}

// hear passes on what the server, or somebody else who means this process, wants.
func (k *keeper) hear(patience time.Duration) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		for range signals {
			k.stops <- patience
		}
	}()
	for lines := bufio.NewScanner(os.NewFile(controlEnd, "control")); lines.Scan(); {
		if after, is := grace(lines.Text()); is {
			k.stops <- after
		}
	}
	k.stops <- patience
}

// start runs the command; an end means that it could not be.
func (k *keeper) start(words []string) *End {
	path, err := exec.LookPath(words[0])
	if err == nil {
		null, failed := os.Open(os.DevNull)
		if failed != nil {
			return &End{Code: NotExecutable, Failed: failed.Error()}
		}
		defer null.Close()
		k.group, err = syscall.ForkExec(path, words, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{null.Fd(), 1, 2}, Sys: session()})
	}
	if err == nil {
		return nil
	}
	code := NotExecutable
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = NotFound
	}
	for errors.Unwrap(err) != nil { // the command is named once
		err = errors.Unwrap(err)
	}
	return &End{Code: code, Failed: words[0] + ": " + err.Error()}
}

// reap takes the statuses of the command and of what came to the keeper instead of
// its own parent, until no child is left.
func (k *keeper) reap() {
	defer close(k.gone)
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil: // ECHILD
			return
		case pid == k.group && status.Signaled():
			k.ends <- End{Signal: signalName(status.Signal())}
		case pid == k.group:
			k.ends <- End{Code: status.ExitStatus()}
		}
	}
}

// signalName is a signal's name, also of those that have none.
func signalName(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return "SIG" + s.String()
}

// keep waits until nothing is left, and sees to it where it is to stop.
func (k *keeper) keep(patience time.Duration) {
	var linger, kill <-chan time.Time
	var over time.Time // when killing begins; zero while nobody has said stop
	pace := firstKill
	stop := func(grace time.Duration) {
		if at := time.Now().Add(grace); over.IsZero() || at.Before(over) {
			over, kill = at, time.After(grace)
		}
		k.signal(syscall.SIGTERM)
	}
	for {
		select {
		case end := <-k.ends:
			k.ended = true
			_ = k.status.Encode(news{End: &end})
			linger = time.After(Linger)
		case grace := <-k.stops:
			stop(grace)
		case <-linger:
			if over.IsZero() {
				stop(patience)
			}
		case <-kill:
			k.signal(syscall.SIGKILL)
			kill = time.After(pace)
			pace = min(2*pace, lastKill)
		case <-k.gone:
			select {
			case end := <-k.ends:
				_ = k.status.Encode(news{End: &end})
			default:
			}
			return
		}
	}
}

// signal sends to the command's group, and to what has left it. What is stopped is
// woken, or it would not hear.
func (k *keeper) signal(s syscall.Signal) {
	below, known := descendants()
	// Once the command has ended its number may be another's, unless somebody is left in the group.
	left := !known || !k.ended
	for _, pid := range below {
		if group, err := syscall.Getpgid(pid); err == nil && group == k.group {
			left = true
		} else if err == nil {
			_ = syscall.Kill(pid, s)
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
	if left {
		killGroupWith(k.group, s)
	}
}

func killGroupWith(group int, s syscall.Signal) {
	_ = syscall.Kill(-group, s)
	_ = syscall.Kill(-group, syscall.SIGCONT)
}

// killGroup kills a command whose keeper is gone; 0 is none.
func killGroup(group int) {
	if group > 1 {
		killGroupWith(group, syscall.SIGKILL)
	}
}

// apart keeps a keeper out of what a terminal sends to the server's group.
func apart(keeper *exec.Cmd) { keeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
