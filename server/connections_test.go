package main

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
)

// ask sends one request on a connection of its own and answers the status, or 0 where the connection is closed.
func ask(t *testing.T, address string) (status int, conn net.Conn) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return 0, conn
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, conn
	}
	response.Body.Close()
	return response.StatusCode, conn
}

func TestOneAddressHasFewerConnectionsAndFewerStillWithoutAToken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var named, bound atomic.Bool
	bound.Store(true)
	open := &connections{Listener: listener, most: 100, each: 4, asks: func() (bool, bool) { return bound.Load(), true }, named: func(*http.Request) bool { return named.Load() }}
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	busy := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	server := newServer(open.limit(ok, busy), slog.New(slog.DiscardHandler))
	server.ConnContext = withConn
	ended := make(chan error, 1)
	go func() { ended <- serveOn(server, open) }()
	expect := func(what string, want int) net.Conn {
		t.Helper()
		status, conn := ask(t, listener.Addr().String())
		if status != want {
			t.Fatalf("%s: status %d, want %d", what, status, want)
		}
		return conn
	}
	left := func(n int64) {
		for open.open.Load() != n {
			runtime.Gosched()
		}
	}
	silent, err := net.Dial("tcp", listener.Addr().String()) // the one stranger who is let in
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	expect("a second stranger", http.StatusServiceUnavailable)
	left(1)
	named.Store(true)
	for range 3 {
		expect("one with a token", http.StatusOK)
	}
	left(4)
	expect("one with a token beyond the bound", http.StatusServiceUnavailable)
	left(4)
	bound.Store(false)
	expect("where nothing is bound", http.StatusOK)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	silent.Close()
	left(0)
	if len(open.places) != 0 {
		t.Errorf("%d addresses are kept though nobody is there", len(open.places))
	}
}

func TestBeyondTheBoundConnectionsAreToldSoAndBeyondTwiceClosed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := &connections{Listener: listener, most: 2}
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	busy := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	server := newServer(open.limit(ok, busy), slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- serveOn(server, open) }()
	address := listener.Addr().String()

	var conns []net.Conn
	for i, want := range []int{200, 200} {
		status, conn := ask(t, address)
		if conns = append(conns, conn); status != want {
			t.Fatalf("connection %d: status %d, want %d", i+1, status, want)
		}
	}
	silent := []net.Conn{}
	for range 2 { // nothing is said on these, so they stay open
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		silent = append(silent, conn)
	}
	if status, _ := ask(t, address); status != 0 {
		t.Errorf("the fifth connection got status %d, want to be closed", status)
	}
	silent[0].Close()
	conns[0].Close()
	for {
		if status, _ := ask(t, address); status == http.StatusServiceUnavailable {
			break // the server has noticed the two that left: three are open, of which this one is told to go
		}
	}
	silent[1].Close()
	conns[1].Close()
	for {
		if status, _ := ask(t, address); status == http.StatusOK {
			break
		}
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
