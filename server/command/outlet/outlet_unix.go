//go:build unix

package outlet

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// breath is how long a reader that has taken all there was leaves the writer alone.
const breath = time.Millisecond

// Outlet is the reading end of a pipe. One goroutine reads it and closes it; any may
// set its deadline.
type Outlet struct {
	fd    int
	woken int  // readable when the deadline has changed
	empty bool // the last read left nothing; the reader's alone

	mu       sync.Mutex // guards what follows
	wake     *os.File   // writing makes woken readable; nil once closed
	deadline time.Time  // zero for none
}

// Pipe makes a pipe of up to 1 MiB: its outlet, and the end that a command is given.
func Pipe() (*Outlet, *os.File, error) {
	reader, writer, err := pipe()
	if err != nil {
		return nil, nil, err
	}
	woken, wake, err := pipe()
	if err != nil {
		_ = unix.Close(reader)
		_ = writer.Close()
		return nil, nil, err
	}
	enlarge(reader)
	return &Outlet{fd: reader, woken: woken, wake: wake}, writer, nil
}

// pipe makes a pipe whose reading end Go's poller does not know.
func pipe() (reader int, writer *os.File, err error) {
	known, writer, err := os.Pipe()
	if err != nil {
		return 0, nil, err
	}
	defer known.Close()
	raw, err := known.SyscallConn()
	if err == nil {
		wrong := raw.Control(func(fd uintptr) { reader, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
		if err == nil {
			err = wrong
		}
	}
	if err != nil {
		_ = writer.Close()
		return 0, nil, fmt.Errorf("make a pipe: %w", err)
	}
	return reader, writer, nil
}

// Read waits until something was written, and reads it: io.EOF once all writing ends
// are closed, os.ErrDeadlineExceeded once the deadline has passed, whatever is there.
func (o *Outlet) Read(b []byte) (int, error) {
	if o.empty {
		time.Sleep(breath)
	}
	for {
		wait, err := o.left()
		if err != nil {
			return 0, err
		}
		n, err := unix.Read(o.fd, b)
		switch {
		case n > 0:
			o.empty = n < len(b)
			return n, nil
		case err == nil:
			return 0, io.EOF
		case err == unix.EAGAIN:
			if err := o.await(wait); err != nil {
				return 0, err
			}
		case err != unix.EINTR:
			return 0, fmt.Errorf("read a pipe: %w", err)
		}
	}
}

// left is how long the deadline leaves, ms, rounded up; -1 for ever.
func (o *Outlet) left() (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.deadline.IsZero() {
		return -1, nil
	}
	left := time.Until(o.deadline)
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return int(min(left, time.Hour)/time.Millisecond) + 1, nil
}

// await waits until there is something to read, or so many ms, or until the deadline
// is another.
func (o *Outlet) await(wait int) error {
	ends := []unix.PollFd{{Fd: int32(o.fd), Events: unix.POLLIN}, {Fd: int32(o.woken), Events: unix.POLLIN}}
	if _, err := unix.Poll(ends, wait); err != nil && err != unix.EINTR {
		return fmt.Errorf("wait for a pipe: %w", err)
	}
	if ends[1].Revents != 0 {
		_, _ = unix.Read(o.woken, make([]byte, 64))
	}
	return nil
}

// SetReadDeadline says when reading ends, one that waits already too; the zero time is never.
func (o *Outlet) SetReadDeadline(t time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wake == nil {
		return os.ErrClosed
	}
	o.deadline = t
	_, err := o.wake.Write([]byte{0})
	return err
}

// Close gives the pipe up: who writes into it is told so.
func (o *Outlet) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wake == nil {
		return os.ErrClosed
	}
	err := unix.Close(o.fd)
	_ = unix.Close(o.woken)
	_ = o.wake.Close()
	o.wake = nil
	return err
}
