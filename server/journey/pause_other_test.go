//go:build !unix

package journey

func (s *server) pause() { s.t.Fatal("a process cannot be stopped for a while here") }

func (s *server) resume() {}
