package hub

import (
	"time"

	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// Clock reads a machine's two clocks in ms: one that is never set, and the one on the wall.
type Clock func() (steady, wall int64)

// machine is this machine's Clock.
func machine() Clock {
	began := time.Now()
	return func() (steady, wall int64) {
		now := time.Now()
		return now.Sub(began).Milliseconds(), now.UnixMilli()
	}
}

// Keep makes the hub tell the time by another clock than the machine's. Call it before
// anything else: what is known already was written when that clock says.
func (h *Hub) Keep(clock Clock) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock, h.lasts = clock, fresh.Clock{}
	h.load()
}

// load dates the values that are there at the start: nobody knows when one was written that
// bears a time to come.
func (h *Hub) load() {
	now, wall := h.read()
	for _, m := range h.metrics {
		if m.written = 0; m.head.Seq > 0 && m.head.Time <= wall {
			m.written = dated(m.head, now, wall)
		}
	}
}

// read is the time by a clock that never goes back, and by the one on the wall. Its caller
// holds mu.
func (h *Hub) read() (now, wall int64) {
	steady, wall := h.clock()
	now, _ = h.lasts.Now(steady, wall)
	return now, wall
}

// dated is when a head that has just moved was written: now, which a clock that is set
// does not make younger; its own time, where that is older, counts.
func dated(head metric.Head, now, wall int64) int64 { return now - max(wall-head.Time, 0) }

// Written tells when the values of a snapshot as of seq were written, in ms since 1970 by this
// machine's clock as it now stands, of those whose own time does not say so: 0 where nobody
// knows. What came after seq is told by the frame that brings it.
func (h *Hub) Written(values map[metric.ID]series.Point, seq uint64) (now int64, written map[metric.ID]int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	lasts, now := h.read()
	for id, p := range values {
		m := h.metrics[id]
		if m == nil || m.head.Seq > seq {
			continue
		}
		at := int64(0)
		if m.written != 0 {
			at = now - (lasts - m.written)
		}
		if at == 0 || at < p.Time-unsure {
			if written == nil {
				written = map[metric.ID]int64{}
			}
			written[id] = at
		}
	}
	return now, written
}

// unsure is how far, in ms, the two clocks may disagree about the same moment.
const unsure = 100

// Known is another number than before once metrics were made, declared or removed.
func (h *Hub) Known() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known
}
