//go:build unix

package main

import (
	"net"
	"syscall"
	"testing"
)

// A peer whose machine is gone says nothing, and neither does an upload that waits: the kernel tells them apart.
func TestConnectionsAreKeptAliveByTheKernel(t *testing.T) {
	listener, err := listen(t.Context(), "listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var on int
	var asked error
	if err := raw.Control(func(fd uintptr) { on, asked = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE) }); err != nil || asked != nil || on == 0 {
		t.Errorf("keep-alive is %d, %v, %v", on, err, asked)
	}
}
