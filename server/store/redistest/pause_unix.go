//go:build unix

package redistest

import "syscall"

// Pause stops it until Resume: it keeps its connections and answers nothing.
func (s *Server) Pause() { _ = s.process.Process.Signal(syscall.SIGSTOP) }

// Resume lets it go on after Pause.
func (s *Server) Resume() { _ = s.process.Process.Signal(syscall.SIGCONT) }
