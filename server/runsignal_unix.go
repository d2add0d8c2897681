//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwarded are the signals that a command gets from telltale. One that whoever
// started telltale has it ignore, as nohup does, the command ignores too. SIGPIPE is
// caught, so that it does not end telltale, and that the command does not ignore it.
func forwarded() []os.Signal {
	all := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE}
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2} {
		if !signal.Ignored(s) {
			all = append(all, s)
		}
	}
	return all
}

// ends tells whether a signal wants a program to end.
func ends(s os.Signal) bool {
	return s == syscall.SIGINT || s == syscall.SIGTERM || s == syscall.SIGHUP || s == syscall.SIGQUIT
}

// fromTerminal tells whether the command has the signal already: the terminal gives
// ^C and ^\ to all in the foreground, and nobody else is to be told of SIGPIPE.
func fromTerminal(s os.Signal) bool {
	switch s {
	case syscall.SIGPIPE:
		return true
	case syscall.SIGINT, syscall.SIGQUIT:
	default:
		return false
	}
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer terminal.Close()
	foreground, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}

// endedBy is the signal that ended a command; 0 for none.
func endedBy(state *os.ProcessState) (name string, number int) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return "", 0
	}
	return unix.SignalName(status.Signal()), int(status.Signal())
}
