package journey

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// line is a line to a server, of so many bits a second each way for all connections together and so long a round trip;
// 0 bits are as many as there can be. A browser's own emulation (Network.emulateNetworkConditions) gives each of its
// targets, such as the worker that fetches the app, a line of its own.
type line struct {
	url  string
	bits int
	trip time.Duration

	mutex sync.Mutex
	free  [2]time.Time // when the line is, up and down
	down  []passed
}

// passed is what had come through to the browser by then.
type passed struct {
	at    time.Time
	bytes int
}

// mostOnLine is how much of a connection may be under way.
const mostOnLine = 64 << 10

// lineTo is a line to a server that listens there.
func lineTo(t testing.TB, host string, bits int, trip time.Duration) *line {
	l := &line{bits: bits, trip: trip}
	l.url = "http://" + relay(t, host, func(client, server *net.TCPConn) {
		if trip > 0 {
			<-time.After(trip) // that of TCP's own handshake
		}
		var both sync.WaitGroup
		both.Go(func() { l.carry(client, server, 0) })
		both.Go(func() { l.carry(server, client, 1) })
		both.Wait()
	})
	return l
}

// carry takes what comes one way, until there is no more.
func (l *line) carry(from, to *net.TCPConn, way int) {
	type packet struct {
		bytes []byte
		due   time.Time
	}
	packets, room := make(chan packet, mostOnLine/1024), make(chan struct{}, mostOnLine/1024)
	go func() {
		defer close(packets)
		for {
			room <- struct{}{}
			bytes := make([]byte, 1024)
			n, err := from.Read(bytes)
			if n > 0 {
				packets <- packet{bytes[:n], l.due(way, n)}
			}
			if err != nil {
				return
			}
		}
	}()
	lost := false
	for p := range packets {
		if wait := time.Until(p.due); wait > 0 {
			<-time.After(wait)
		}
		if !lost {
			_, err := to.Write(p.bytes)
			if lost = err != nil; lost {
				_ = from.CloseRead()
			} else if way == 1 {
				l.mutex.Lock()
				l.down = append(l.down, passed{time.Now(), len(p.bytes)})
				l.mutex.Unlock()
			}
		}
		select {
		case <-room:
		default:
		}
	}
	_ = to.CloseWrite()
	_ = from.CloseRead()
}

// due is when bytes that are there now have come through.
func (l *line) due(way, n int) time.Time {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := time.Now()
	if l.free[way].Before(now) {
		l.free[way] = now
	}
	l.free[way] = l.free[way].Add(l.takes(n))
	return l.free[way].Add(l.trip / 2)
}

// takes is how long the line is busy with so many bytes.
func (l *line) takes(bytes int) time.Duration {
	if l.bits == 0 {
		return 0
	}
	return time.Duration(bytes) * 8 * time.Second / time.Duration(l.bits)
}

// between is how many bytes came down between two times.
func (l *line) between(from, to time.Time) (bytes int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, each := range l.down {
		if !each.at.Before(from) && !each.at.After(to) {
			bytes += each.bytes
		}
	}
	return bytes
}

// median is the value in the middle.
func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
