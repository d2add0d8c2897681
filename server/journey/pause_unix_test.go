//go:build unix

package journey

import "syscall"

// pause stops a server until resume: it keeps its connections and says nothing.
func (s *server) pause() { s.signal(syscall.SIGSTOP) }

func (s *server) resume() { s.signal(syscall.SIGCONT) }

// signal does nothing to a server that has ended, as one that is killed in between has.
func (s *server) signal(signal syscall.Signal) { _ = s.process.Process.Signal(signal) }
