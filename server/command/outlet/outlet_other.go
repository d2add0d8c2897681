//go:build !unix

package outlet

import "os"

// Outlet is the reading end of a pipe.
type Outlet = os.File

// Pipe makes a pipe: its outlet, and the end that a command is given.
func Pipe() (*Outlet, *os.File, error) { return os.Pipe() }
