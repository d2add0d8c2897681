//go:build !unix

package redistest

// Pause would stop it until Resume: here no process can be.
func (s *Server) Pause() { s.t.Fatal("a process cannot be stopped for a while here") }

// Resume lets it go on after Pause.
func (s *Server) Resume() {}
