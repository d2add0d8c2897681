package live

import "time"

// How long silence may last.
const (
	askAfter  = 4 * time.Second // then the viewer asks for a word
	lostAfter = 8 * time.Second // then contact is lost
)

// State is what can be said of the connection.
type State string

// The states of a connection.
const (
	Connecting State = "connecting" // not heard from the server yet
	Live       State = "live"       // what is shown is what is
	Lost       State = "lost"       // heard from it before, not now
)

// Contact is how things stand with the server.
type Contact struct {
	State State
	Heard time.Time // the last word from the server; zero where there was none
}

// contact keeps the record; guarded by Viewer.mu.
type contact struct {
	open     bool // a socket is open and its watch is answered
	heard    time.Time
	skew     time.Duration // server's clock minus ours
	measured bool
}

func (c *contact) at(now time.Time) Contact {
	said := Contact{State: Connecting, Heard: c.heard}
	switch {
	case c.heard.IsZero():
	case c.open && now.Sub(c.heard) < lostAfter:
		said.State = Live
	default:
		said.State = Lost
	}
	return said
}

// clock takes the server's time from a message that was just heard. A message
// cannot arrive before it is sent, so the largest difference is the best; it is let
// go slowly, as clocks drift apart.
func (c *contact) clock(server int64, now time.Time) {
	if server == 0 {
		return
	}
	skew := time.UnixMilli(server).Sub(now)
	c.skew -= time.Millisecond
	if !c.measured || skew > c.skew || skew < c.skew-5*time.Second {
		c.skew, c.measured = skew, true
	}
}
