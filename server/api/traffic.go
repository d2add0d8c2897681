package api

import (
	"sync"
	"sync/atomic"
	"time"
)

// traffic counts sockets and their messages.
type traffic struct {
	opened, sent, received atomic.Int64
	recent                 rate
}

func (t *traffic) out() {
	t.sent.Add(1)
	t.recent.add(time.Now())
}

func (t *traffic) in() {
	t.received.Add(1)
	t.recent.add(time.Now())
}

// window is over how many whole seconds a rate is taken.
const window = 10

// rate counts events of the last seconds. Safe for concurrent use.
type rate struct {
	mu    sync.Mutex
	slots [window + 1]struct{ second, events int64 }
}

func (r *rate) add(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.slots[now.Unix()%int64(len(r.slots))]
	if slot.second != now.Unix() {
		slot.second, slot.events = now.Unix(), 0
	}
	slot.events++
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
