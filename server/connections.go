package main

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// connections bounds how many connections are open at once (--max-connections). Beyond the bound a client is told
// so and let go; twice the bound, it is not even answered. Safe for concurrent use.
type connections struct {
	net.Listener // of TCP
	most         int64
	open         atomic.Int64
}

// Accept counts a connection until it is closed.
func (c *connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c.open.Add(1) <= 2*c.most {
			return &countedConn{TCPConn: conn.(*net.TCPConn), closed: sync.OnceFunc(func() { c.open.Add(-1) })}, nil
		}
		c.open.Add(-1)
		_ = conn.Close()
	}
}

// countedConn is a TCP connection with all that one can do, which who serves sockets makes use of.
type countedConn struct {
	*net.TCPConn
	closed func()
}

// Close closes the connection and counts it no more.
func (c *countedConn) Close() error {
	c.closed()
	return c.TCPConn.Close()
}

// limit answers 503 while more than the bound are open; refuse writes the answer.
func (c *connections) limit(next http.Handler, refuse http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.open.Load() > c.most {
			w.Header().Set("Connection", "close")
			w.Header().Set("Retry-After", "5")
			refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
