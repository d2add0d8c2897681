package hub

import (
	"slices"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// Renew says that from here on only this is known, as of seq of an epoch, whatever was told
// before: everybody who watches takes a fresh snapshot, and where the epoch is another one
// nobody resumes from what came before, and the members of rooms go on with what is said next.
func (h *Hub) Renew(epoch string, seq uint64, known []metric.Metric) {
	if !h.renew(epoch, seq, known) {
		return
	}
	h.doors.Lock()
	defer h.doors.Unlock()
	for _, c := range h.rooms {
		c.renew()
	}
}

// renew is Renew for metrics. It tells whether the epoch is another one.
func (h *Hub) renew(epoch string, seq uint64, known []metric.Metric) (other bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	other = epoch != h.epoch
	h.epoch, h.seq = epoch, seq
	if other {
		h.resume = 0
	}
	h.known++
	h.metrics = make(map[metric.ID]*heard, len(known))
	for _, m := range known {
		h.metrics[m.ID] = &heard{head: m.Head}
	}
	h.load()
	for _, f := range h.feeds {
		f.ids = nil
		for id, m := range h.metrics {
			if f.matches(id) {
				m.feeds, f.ids = append(m.feeds, f), append(f.ids, id)
			}
		}
		f.renew(seq, other)
	}
	return other
}

// renew forgets what was said: the room's seqs may be other ones from here on.
func (c *crowd) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ring, c.bytes, c.newest, c.anew = nil, 0, 0, slices.Clone(c.members.here)
	for _, m := range c.anew {
		m.reach = 0
	}
	for i := range c.present.ring { // no message comes before those any more
		c.present.ring[i].at = 0
	}
}

// begin lets who was here before renew go on with the first message that is said after it.
// Its caller holds mu.
func (c *crowd) begin(seq uint64) {
	for _, m := range c.anew {
		m.last = min(m.last, seq-1)
	}
	c.anew = nil
}

// renew is restart where seq may be smaller than before. Its caller holds Hub.mu.
func (f *feed) renew(seq uint64, other bool) {
	f.mu.Lock()
	for _, v := range f.viewers.here {
		v.least = min(v.least, seq)
		v.resume = v.resume && !other
	}
	f.pending = series.Frame{}
	f.mu.Unlock()
	f.restart(seq)
}
