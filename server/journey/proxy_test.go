package journey

import (
	"net"
	"sync"
	"testing"
)

// relay listens for connections, each of which pass is given together with one of its own to the server; both are
// closed once pass is done. Where the server is not there, the client's is closed at once. It ends with the test, when
// all of them have.
func relay(t testing.TB, to string, pass func(client, server *net.TCPConn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var pairs sync.WaitGroup
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			pairs.Go(func() {
				defer client.Close()
				server, err := net.Dial("tcp", to)
				if err != nil {
					return // the server is down just now
				}
				defer server.Close()
				pass(client.(*net.TCPConn), server.(*net.TCPConn))
			})
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-accepting
		pairs.Wait()
	})
	return listener.Addr().String()
}
