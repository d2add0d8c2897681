package live

import (
	"strconv"
	"time"

	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/wire"
)

// How long silence may last.
const (
	askEvery  = 3000 // ms from one question to the next
	idleEvery = 60_000
	lostAfter = 8000 // ms after the question that was answered last, contact is lost
	mute      = 4    // seconds without any word after a question: the connection is of no use
	deaf      = 8    // seconds without its answer
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
	Heard time.Time // of the last word from the server that is known not to have waited on its way; zero where there was none

	// By the viewer's own clock, in ms, which never goes back; what fresh.Of asks for.
	Now    int64
	Values int64 // as of when the values are known that are watched; 0: never
}

// Word is what is known of a metric's value, by the clock of Contact.
type Word struct {
	Head    metric.Head
	Written int64 // when it was written; 0: never, or nobody knows when
	Heard   int64 // as of when that is known; 0: never
}

// Clock reads a machine's two clocks in ms: one that is never set, and the one on the wall.
type Clock func() (steady, wall int64)

func machine() Clock {
	began := time.Now()
	return func() (steady, wall int64) {
		now := time.Now()
		return now.Sub(began).Milliseconds(), now.UnixMilli()
	}
}

// contact keeps the record; guarded by Viewer.mu. Its times are by the viewer's own clock.
//
// What is heard may have waited on its way: in a proxy, in a frozen page, in a machine that
// slept. So contact is as old as the question whose answer was heard last, not as the
// answer, and a message is taken for as late as what is known of the server's clock allows.
type contact struct {
	open   bool  // a socket is open and its watch is answered
	heard  int64 // when the question was asked that was answered last; 0: none was
	values int64 // the same, of answers that vouch for the values that are watched
	word   int64 // when anything was heard

	server      int64 // what the server's clock was when it answered; 0: it did not say
	asked, came int64 // when that was asked, and when it came
	ahead       int64 // the server's clock minus ours, at most
	suspect     bool  // what came was early or late: ask, so as to know why
	doubt       bool  // a clock was set, or slept: ages are to be asked for anew
	parted      int64 // when our own was set or slept: how long before that anything was is not known
	dialed      int64
	watched     int64 // when the watch was sent that is not answered yet
	pinged      int64 // when the question was asked that is not answered yet; 0: none is
	ping        uint64

	clock Clock
	lasts fresh.Clock
	wall  int64         // at the last reading
	skew  time.Duration // the server's clock minus the one on our wall
}

// now reads the clock; the caller holds Viewer.mu.
func (c *contact) now() int64 {
	steady, wall := c.clock()
	now, parted := c.lasts.Now(steady, wall)
	if parted {
		c.parted, c.doubt, c.values = now, true, 0
		c.heard = min(c.heard, now-lostAfter)
	}
	c.wall, c.skew = wall, time.Duration(now+c.ahead-wall)*time.Millisecond
	return now
}

func (c *contact) at(now int64) Contact {
	said := Contact{State: Connecting, Now: now, Values: c.values}
	if c.heard == 0 {
		return said
	}
	silent := now - c.heard
	said.Heard = time.Now().Add(-time.Duration(silent) * time.Millisecond)
	said.State = Lost
	if c.open && silent < lostAfter {
		said.State = Live
	}
	return said
}

// tolerance is how far, in ms, two readings of steady clocks may disagree.
const tolerance = 500

// answered takes notice of an answer that came now to what was asked then, and of the
// server's clock where it tells that (0: it does not).
func (c *contact) answered(asked, now, server int64) {
	if asked < c.parted {
		return // how long ago that was nobody knows
	}
	c.heard = max(c.heard, asked)
	if server == 0 {
		return
	}
	ahead := server - asked
	if c.server != 0 {
		least, most := c.server+now-c.came-tolerance, c.server+now-c.asked+tolerance
		if server > most || server+now-asked < least {
			c.doubt = true
		}
	}
	// An answer cannot come before it was asked for, so the smallest difference is the
	// best; it is let go slowly, as clocks drift apart.
	if c.ahead = min(ahead, c.ahead+1); c.server == 0 || c.doubt {
		c.ahead = ahead
	}
	c.server, c.asked, c.came = server, asked, now
}

// shift is from the server's times to ours, for what the server sent at its time and came
// now: as late as it may be.
func (c *contact) shift(server, now int64) int64 {
	late := c.server + now - c.asked - server // if no clock was set
	switch {
	case c.server == 0:
		late = now - c.heard
	case late < -tolerance: // the server's was: the way took no longer than since it answered last
		c.suspect = true
		late = now - c.asked
	case late > tolerance+(c.came-c.asked): // it waited on its way, or the server's clock was set back
		c.suspect = true
	}
	return now - max(late, 0) - server
}

// question is the next one to ask.
func (c *contact) question(now int64) []byte {
	c.ping++
	c.pinged = now
	return wire.Encode(wire.Ping{ID: pingID + strconv.FormatUint(c.ping, 10), Clock: true})
}

// vouched takes notice that the values that are watched were what they are when it was asked, or
// so many ms before.
func (c *contact) vouched(asked, stale int64) {
	if stale > 0 { // and what was said since it was out of reach, and nobody knew, is not so
		c.values = asked - stale
		return
	}
	c.values = max(c.values, asked)
}

// pingID begins the ids of the viewer's questions.
const pingID = "ask."

// ponged takes the answer to a question and tells whether it was the last one.
func (c *contact) ponged(pong wire.Pong, now int64) bool {
	if c.pinged == 0 || pong.ID != pingID+strconv.FormatUint(c.ping, 10) {
		return false
	}
	c.answered(c.pinged, now, pong.Time)
	c.pinged = 0
	return true
}
