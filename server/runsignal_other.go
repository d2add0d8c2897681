//go:build !unix

package main

import "os"

func forwarded() []os.Signal { return []os.Signal{os.Interrupt} }

func ends(os.Signal) bool { return true }

// fromTerminal: a console gives ^C to all that are attached to it.
func fromTerminal(os.Signal) bool { return true }

func endedBy(*os.ProcessState) (name string, number int) { return "", 0 }
