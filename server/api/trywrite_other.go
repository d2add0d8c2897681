//go:build !unix

package api

// tryWrite leaves all of it to who can wait.
func tryWrite(uintptr, []byte) int { return 0 }
