package api

import (
	"sync"
	"sync/atomic"
	"time"
)

// traffic counts connections and messages, of sockets and of HTTP streams.
type traffic struct {
	opened, sent, received atomic.Int64
	streams                atomic.Int64 // HTTP streams that are open now
	slow                   atomic.Int64 // of them, ended because they did not read
	recent                 rate
}

func (t *traffic) out() { t.told(1) }
func (t *traffic) in()  { t.heard(1) }

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

// window is over how many whole seconds a rate is taken.
const window = 10

// rate counts events of the last seconds. Safe for concurrent use.
type rate struct {
	mu    sync.Mutex
	slots [window + 1]struct{ second, events int64 }
}

func (r *rate) add(now time.Time, events int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.slots[now.Unix()%int64(len(r.slots))]
	if slot.second != now.Unix() {
		slot.second, slot.events = now.Unix(), 0
	}
	slot.events += int64(events)
}

// perSecond is the mean over the last whole seconds.
func (r *rate) perSecond(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events int64
	for _, slot := range r.slots {
		if age := now.Unix() - slot.second; age >= 1 && age <= window {
			events += slot.events
		}
	}
	return float64(events) / window
}
