package hub

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// MaxFeeds is how many different selections may be watched at once.
const MaxFeeds = 4096

// ErrFeeds refuses a watch of a selection that would be one too many.
var ErrFeeds = errors.New("too many different selections are watched: watch a board or the pattern *")

// Hub hears every sample and tells the viewers whom it concerns. All methods are
// safe for concurrent use.
type Hub struct {
	epoch string

	mu      sync.Mutex
	seq     uint64
	resume  uint64 // the smallest since from which nothing was forgotten
	known   uint64 // how often metrics were made, declared or removed
	clock   Clock
	lasts   fresh.Clock
	metrics map[metric.ID]*heard
	feeds   map[string]*feed

	doors sync.Mutex // guards what follows, and the fields of outboxes that say so
	rooms map[string]*crowd
	users map[string]map[*Outbox]uint64 // and the how manieth each was to enter
	came  uint64                        // connections that have entered
	afar  afar

	elsewhere Elsewhere // nil where this hub is the only one
}

// heard is one metric and who wants to hear of it; guarded by Hub.mu.
type heard struct {
	head    metric.Head
	written int64 // when the head last moved, as Hub.lasts tells it; 0 where it never did, or nobody knows when
	feeds   []*feed
}

// New makes a hub that knows these metrics as of seq, of a store's life named epoch.
func New(epoch string, seq uint64, known []metric.Metric) *Hub {
	h := &Hub{epoch: epoch, seq: seq, metrics: make(map[metric.ID]*heard, len(known)), feeds: map[string]*feed{},
		rooms: map[string]*crowd{}, users: map[string]map[*Outbox]uint64{}, clock: machine()}
	for _, m := range known {
		h.metrics[m.ID] = &heard{head: m.Head}
	}
	h.load()
	return h
}

// Publish tells samples in the order of their seq; calls come in that order too.
func (h *Hub) Publish(samples []metric.Sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, wall := h.read()
	for _, s := range samples {
		m := h.hear(s.Metric)
		if m.head.Apply(s); m.head.Seq == s.Seq {
			m.written = dated(m.head, now, wall)
		}
		h.seq = s.Seq
		for _, f := range m.feeds {
			f.add(s, m.head)
		}
	}
}

// Refresh says that what is declared of a metric, which may be new, changed:
// those who watch it take a fresh snapshot.
func (h *Hub) Refresh(id metric.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.known++
	for _, f := range h.hear(id).feeds {
		f.restart(h.seq)
	}
}

// Forget says that a metric is gone, with its history: those who watch it take a
// fresh snapshot, and those who come back from before it do not resume.
func (h *Hub) Forget(id metric.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resume = h.seq + 1
	m := h.metrics[id]
	if m == nil {
		return
	}
	delete(h.metrics, id)
	h.known++
	for _, f := range m.feeds {
		f.ids = slices.DeleteFunc(f.ids, func(other metric.ID) bool { return other == id })
		f.restart(h.seq)
	}
}

// Heads are the current values of the metrics asked for, all as of one seq; the
// zero Head for one that does not exist.
func (h *Hub) Heads(ids ...metric.ID) []metric.Head {
	h.mu.Lock()
	defer h.mu.Unlock()
	heads := make([]metric.Head, len(ids))
	for i, id := range ids {
		if m := h.metrics[id]; m != nil {
			heads[i] = m.head
		}
	}
	return heads
}

// Feeds is how many feeds there are.
func (h *Hub) Feeds() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.feeds)
}

// hear answers what is known of a metric; a new one finds the feeds that match it.
func (h *Hub) hear(id metric.ID) *heard {
	m := h.metrics[id]
	if m == nil {
		m = &heard{}
		h.metrics[id] = m
		h.known++
		for _, f := range h.feeds {
			if f.matches(id) {
				m.feeds = append(m.feeds, f)
				f.ids = append(f.ids, id)
			}
		}
	}
	return m
}

// feed answers the feed of canonical patterns, which it makes where there is none.
func (h *Hub) feed(patterns []string, within [][]string, rate int) (*feed, error) {
	key := fmt.Sprintf("%d %q ", rate, within) + strings.Join(patterns, "\x00") // what is quoted ends where it ends, whatever follows
	if f := h.feeds[key]; f != nil {
		return f, nil
	}
	if len(h.feeds) >= MaxFeeds {
		return nil, ErrFeeds
	}
	f := &feed{hub: h, key: key, selection: newSelection(patterns), within: selections(within), period: time.Second / time.Duration(rate),
		pending: series.Frame{From: h.seq, Seq: h.seq}}
	h.feeds[key] = f
	for id, m := range h.metrics {
		if f.matches(id) {
			m.feeds = append(m.feeds, f)
			f.ids = append(f.ids, id)
		}
	}
	return f, nil
}

// end forgets a feed that nobody watches any more.
func (h *Hub) end(f *feed) {
	delete(h.feeds, f.key)
	for _, id := range f.ids {
		m := h.metrics[id]
		m.feeds = slices.DeleteFunc(m.feeds, func(other *feed) bool { return other == f })
	}
	f.ids = nil
	f.stop()
}
