package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"time"

	"telltale/server/command/capture"
	"telltale/server/command/outlet"
	"telltale/shared/room"
)

// What a shell answers for a command that it cannot run.
const (
	exitCannotRun = 126
	exitNotFound  = 127
)

// child is a command that runs, with what it writes passed on and taken.
type child struct {
	words          []string
	stdin          io.Reader
	stdout, stderr io.Writer
	spool          *capture.Spool
	patience       time.Duration

	begun, ended time.Time
	process      *exec.Cmd // nil where it could not be started
	pipes        [2]*outlet.Outlet
	reading      sync.WaitGroup
	end          ending
	over         chan struct{} // closed when end is known and all output is in the spool
}

// ending is how a command ended.
type ending struct {
	status   int    // what telltale run exits with
	signal   string // such as "SIGTERM"; "" where it exited
	duration time.Duration
}

// begin starts the command.
func (c *child) begin() {
	c.begun = time.Now()
	command := exec.Command(c.words[0], c.words[1:]...)
	if errors.Is(command.Err, exec.ErrDot) {
		command.Err = nil // a shell runs what lies here too, where PATH says so
	}
	command.Stdin = c.stdin
	err := c.pipe(command)
	if err == nil {
		c.process = command
		return
	}
	c.end.status = exitCannotRun
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		c.end.status = exitNotFound
	}
	text := fmt.Appendf(nil, "telltale: %s cannot be run: %v\n", c.words[0], reason(err))
	_, _ = c.stderr.Write(text)
	c.spool.Write(room.Stderr, text)
}

// reason is the innermost error: what it wraps names the command again.
func reason(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// pipe starts the command with its outputs in pipes, which it reads.
func (c *child) pipe(command *exec.Cmd) error {
	var theirs [2]*os.File
	defer func() {
		for _, end := range theirs {
			if end != nil {
				_ = end.Close()
			}
		}
	}()
	for i := range theirs {
		var err error
		if c.pipes[i], theirs[i], err = outlet.Pipe(); err != nil {
			return err
		}
	}
	command.Stdout, command.Stderr = theirs[0], theirs[1]
	if err := command.Start(); err != nil {
		for _, end := range c.pipes {
			_ = end.Close()
		}
		return err
	}
	c.reading.Go(func() { c.pass(room.Stdout, c.pipes[0], c.stdout) })
	c.reading.Go(func() { c.pass(room.Stderr, c.pipes[1], c.stderr) })
	return nil
}

// After its time is over, what is in a pipe is still read: so much at most, in bytes,
// each of it at once.
const (
	mostLeft = 1 << 20
	atOnce   = 20 * time.Millisecond
)

// pass passes on what comes out of a pipe, unchanged and at once, to its end or until
// its time is over. Where nobody takes it any more, the command is told so as if
// telltale were not there: by SIGPIPE.
func (c *child) pass(stream room.Stream, from *outlet.Outlet, to io.Writer) {
	defer from.Close()
	text := make([]byte, 64<<10)
	take := func() (int, error) {
		n, err := from.Read(text)
		if n > 0 {
			if _, err := to.Write(text[:n]); err != nil {
				return n, err
			}
			c.spool.Write(stream, text[:n])
		}
		return n, err
	}
	var err error
	for err == nil {
		_, err = take()
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
	for n, left := 0, mostLeft; left > 0; left -= n {
		_ = from.SetReadDeadline(time.Now().Add(atOnce))
		if n, err = take(); err != nil {
			return
		}
	}
}

// wait returns when the command has ended and its output is taken.
func (c *child) wait(signals *signals) {
	defer close(c.over)
	defer c.spool.End()
	if c.process == nil {
		c.ended = time.Now()
		signals.to(nil)
		return
	}
	signals.to(c.process.Process)
	_ = c.process.Wait() // its state says what it would
	c.ended = time.Now()
	c.end.duration = c.ended.Sub(c.begun)
	state := c.process.ProcessState
	c.end.status = state.ExitCode()
	if name, number := endedBy(state); number > 0 {
		c.end.signal, c.end.status = name, 128+number
	}
	signals.to(nil)
	stop := context.AfterFunc(signals.impatient, func() { c.limit(time.Now()) })
	defer stop()
	c.limit(c.ended.Add(c.patience / 2)) // the other half is for its delivery
	c.reading.Wait()
}

// limit says when what the command left behind has written its last.
func (c *child) limit(at time.Time) {
	for _, pipe := range c.pipes {
		_ = pipe.SetReadDeadline(at)
	}
}

// signals go to the command while it runs. After that, one that wants the program to
// end is taken as impatience.
type signals struct {
	came      chan os.Signal
	impatient context.Context
	enough    context.CancelFunc
	once      sync.Once // begins the forwarding

	mu      sync.Mutex
	process *os.Process
	ended   bool
}

// listen takes signals from now on.
func (c *child) listen() *signals {
	s := &signals{came: make(chan os.Signal, 16)}
	s.impatient, s.enough = context.WithCancel(context.Background())
	signal.Notify(s.came, forwarded()...)
	return s
}

func (s *signals) stop() {
	signal.Stop(s.came)
	close(s.came)
	s.enough()
}

// to says who gets signals, those too that came before; nil after its end.
func (s *signals) to(process *os.Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process, s.ended = process, process == nil
	s.once.Do(func() {
		go func() {
			for sig := range s.came {
				s.forward(sig)
			}
		}()
	})
}

func (s *signals) forward(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended && ends(sig):
		s.enough()
	case s.process != nil && !fromTerminal(sig):
		_ = s.process.Signal(sig) // it has just ended
	}
}
