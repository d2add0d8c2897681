package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"telltale/server/api"
)

// connections bounds how many connections are open at once (--max-connections), how many of one address
// (--max-per-address), and how many of that address on which nobody has shown a token: an eighth of those. Beyond a
// bound a client is told so and let go; beyond twice the bound, or spare more strangers than theirs, it is not even
// answered. Safe for concurrent use.
type connections struct {
	net.Listener                          // of TCP
	most, each   int64                    // each is of one address; 0 for no bound
	asks         func() (each, some bool) // whether addresses are bound now, and whether who shows a token is told from who does not
	named        func(*http.Request) bool // a token is shown
	open         atomic.Int64

	mu     sync.Mutex
	places map[string]*place // of each address that has a connection
}

// place is what is open of one address.
type place struct {
	open, strangers int64
}

// spare is how many strangers may say who they are though their bound is reached.
const spare = 32

// over tells whether more is open of a place than it may have, and so is to be told; or is not even answered.
func (c *connections) over(p place, stranger bool) (told, cut bool) {
	if c.each == 0 {
		return false, false
	}
	each, some := c.asks()
	if !each {
		return false, false
	}
	told, cut = p.open > c.each, p.open > 2*c.each
	if most := max(1, c.each/8); stranger && some {
		told, cut = told || p.strangers > most, cut || p.strangers > most+spare
	}
	return told, cut
}

// Accept counts a connection until it is closed.
func (c *connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		counted := &countedConn{TCPConn: conn.(*net.TCPConn), of: c, address: api.Neighbourhood(conn.RemoteAddr().String())}
		total := c.open.Add(1)
		if _, cut := c.over(c.move(counted.address, 1, 1), true); !cut && total <= 2*c.most {
			return counted, nil
		}
		_ = counted.Close()
	}
}

// move counts connections of an address, and answers what it has then.
func (c *connections) move(address string, open, strangers int64) place {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.places == nil {
		c.places = map[string]*place{}
	}
	p := c.places[address]
	if p == nil {
		p = &place{}
		c.places[address] = p
	}
	p.open += open
	p.strangers += strangers
	if p.open == 0 {
		delete(c.places, address)
	}
	return *p
}

// countedConn is a TCP connection with all that one can do, which who serves sockets makes use of.
type countedConn struct {
	*net.TCPConn
	of      *connections
	address string

	mu     sync.Mutex
	known  bool // a token was shown on it
	closed bool
}

// Close closes the connection and counts it no more.
func (c *countedConn) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		c.of.open.Add(-1)
		strangers := int64(-1)
		if c.known {
			strangers = 0
		}
		c.of.move(c.address, -1, strangers)
	}
	c.mu.Unlock()
	return c.TCPConn.Close()
}

// meet counts a connection among the known ones once a request shows a token, and tells whether it is too many.
func (c *countedConn) meet(r *http.Request) (over bool) {
	if c.of.each == 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	strangers := int64(0)
	if !c.known && !c.closed && c.of.named(r) {
		c.known, strangers = true, -1
	}
	if c.closed {
		return false
	}
	over, _ = c.of.over(c.of.move(c.address, 0, strangers), !c.known)
	return over
}

// keyConn is under which a request's context has its connection.
type keyConn struct{}

// withConn lets requests of a connection know it.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	if secret, is := conn.(*tls.Conn); is {
		conn = secret.NetConn()
	}
	return context.WithValue(ctx, keyConn{}, conn)
}

// limit answers 503 while more than the bounds are open; refuse writes the answer.
func (c *connections) limit(next http.Handler, refuse http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, is := r.Context().Value(keyConn{}).(*countedConn)
		if c.open.Load() > c.most || is && conn.meet(r) {
			w.Header().Set("Connection", "close")
			w.Header().Set("Retry-After", "5")
			refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
