package api

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"telltale/shared/wire"
)

// traffic counts connections and messages, of sockets and of HTTP streams.
type traffic struct {
	sent, received atomic.Int64
	recent         rate

	sockets, streams connections
	following        atomic.Int64 // streams that are open now
}

func (t *traffic) in() { t.heard(1) }

// told counts messages sent.
func (t *traffic) told(n int) {
	t.sent.Add(int64(n))
	t.recent.add(time.Now(), n)
}

// heard counts messages received.
func (t *traffic) heard(n int) {
	t.received.Add(int64(n))
	t.recent.add(time.Now(), n)
}

// Why connections end, as statistics say it.
const (
	endedGone        = "gone" // without a word, or the network broke
	endedClient      = "client"
	endedRestart     = "restart"
	endedSlow        = "too_slow"
	endedAccess      = "access"
	endedSilent      = "no_pong"
	endedBroken      = "protocol"
	endedLarge       = "too_large"
	endedUnavailable = "unavailable"
)

// whyClosed tells why a socket is closed with a code and a reason; a peer that
// closes is answered with its own code and none.
func whyClosed(code int, reason string) string {
	switch {
	case reason == "":
		return endedClient
	case code == wire.CloseRestart:
		return endedRestart
	case code == wire.CloseUnauthorized:
		return endedAccess
	case code == wire.CloseNoHeartbeat:
		return endedSilent
	case code == wire.CloseTooBig:
		return endedLarge
	case code == wire.CloseTryLater && reason == errSlow.Error():
		return endedSlow
	case code == wire.CloseTryLater:
		return endedUnavailable
	}
	return endedBroken
}

// connections counts those of one kind. Safe for concurrent use.
type connections struct {
	opened atomic.Int64

	mu     sync.Mutex
	closed map[string]int64 // by why
}

func (c *connections) open() { c.opened.Add(1) }

func (c *connections) close(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == nil {
		c.closed = map[string]int64{}
	}
	c.closed[why]++
}

// ended is how many ended so far, by why.
func (c *connections) ended() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.closed)
}

// window is over how many whole seconds a rate is taken.
const window = 10

// rate counts events of the last seconds. Safe for concurrent use: thousands of
// writers add to it, so all but the first of a second only count.
type rate struct {
	second atomic.Int64 // of the newest slot

	mu    sync.Mutex // guards the slots' seconds
	slots [window + 1]struct {
		second int64
		events atomic.Int64
	}
}

func (r *rate) add(now time.Time, events int) {
	second := now.Unix()
	if r.second.Load() != second {
		r.turn(second)
	}
	r.slots[second%int64(len(r.slots))].events.Add(int64(events))
}

// turn begins a second.
func (r *rate) turn(second int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slot := &r.slots[second%int64(len(r.slots))]; slot.second < second {
		slot.second = second
		slot.events.Store(0)
	}
	r.second.Store(max(r.second.Load(), second))
}

// perSecond is the mean over the last whole seconds.
func (r *rate) perSecond(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events int64
	for i := range r.slots {
		if age := now.Unix() - r.slots[i].second; age >= 1 && age <= window {
			events += r.slots[i].events.Load()
		}
	}
	return float64(events) / window
}
