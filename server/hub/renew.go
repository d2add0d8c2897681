package hub

import (
	"telltale/shared/metric"
	"telltale/shared/series"
)

// Renew says that from here on only this is known, as of seq of an epoch, whatever was told
// before: everybody who watches takes a fresh snapshot, and where the epoch is another one
// nobody resumes from what came before.
func (h *Hub) Renew(epoch string, seq uint64, known []metric.Metric) {
	h.mu.Lock()
	defer h.mu.Unlock()
	other := epoch != h.epoch
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
}

// renew is restart where seq may be smaller than before. Its caller holds Hub.mu.
func (f *feed) renew(seq uint64, other bool) {
	f.mu.Lock()
	for v := range f.viewers {
		v.least = min(v.least, seq)
		v.resume = v.resume && !other
	}
	f.pending = series.Frame{}
	f.mu.Unlock()
	f.restart(seq)
}
