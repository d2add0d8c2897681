package hub

import (
	"fmt"
	"math"
	"slices"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// How far a viewer may be behind before what it has not been given is merged: frames, and buckets in
// all of them. Where ten thousand watch a hundred metrics a round of writes takes longer than a frame
// is apart: what came meanwhile, sent one by one, makes the next round longer still (measured on two
// cores: what they saw was 655 ms old at the 99th percentile, and merged 540 ms; a change was answered
// after 68 ms at the median, and 25 ms).
const (
	lag       = 4
	lagWeight = 64
)

// Watch is what a viewer asks for.
type Watch struct {
	Patterns []string
	Within   [][]string // lists of patterns, of each of which a metric has to match one besides. The caller's scopes: without bounds on their number here
	Rate     int        // frames a second at most: one of wire.Rates, 0 for the default

	// Where a viewer comes back, the seq it has and the epoch of that seq.
	Since uint64
	Epoch string // "" for one that is new
}

// Boundary is a moment between two samples: the state from which a viewer goes
// on. Its map is shared: nobody may change it.
type Boundary struct {
	Epoch  string
	Seq    uint64
	Values map[metric.ID]series.Point // heads as of Seq; metrics without a value are not in it

	// Resume says that the viewer came back with everything up to Since and needs
	// only the samples Since < seq ≤ Seq, if they can still be had. It is never
	// said to one that did not ask for it.
	Resume bool
	Since  uint64

	Of   *Boundary // the one that all who were given the same moment share
	next int       // number of the first frame after it
	made time.Time // guarded by feed.mu
}

// Viewer is one who watches a feed. Its methods are called by one goroutine at a
// time, except Close, which is safe at any time.
type Viewer struct {
	feed *feed
	out  *Outbox

	// guarded by feed.mu
	live   bool   // it has a place to go on from
	life   int    // of the feed, when that was
	next   int    // number of the frame it needs next
	last   uint64 // seq of what it was given last
	least  uint64 // seq that its boundary must have reached
	resume bool   // it came back with everything up to last, and was not answered yet
	closed bool
	place  int // in feed.viewers
}

// Watch adds a viewer whose outbox is signalled whenever Next may have something.
// Its errors wrap ErrWatch, metric.ErrName, metric.ErrPattern or ErrFeeds.
func (h *Hub) Watch(out *Outbox, w Watch) (*Viewer, error) {
	if w.Rate == 0 {
		w.Rate = wire.DefaultRate
	}
	if !slices.Contains(wire.Rates[:], w.Rate) {
		return nil, fmt.Errorf("%w: its rate is one of %v frames a second", ErrWatch, wire.Rates)
	}
	patterns, err := canonical(w.Patterns)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	f, err := h.feed(patterns, narrowed(w.Within), w.Rate)
	if err != nil {
		return nil, err
	}
	v := &Viewer{feed: f, out: out, least: h.seq, last: w.Since, resume: w.Epoch == h.epoch && w.Epoch != ""}
	if h.elsewhere != nil && w.Epoch != "" {
		switch h.epoch {
		case w.Epoch:
			v.least = max(h.seq, w.Since) // another hub was ahead: nobody is shown an older state than they have
		case "":
			v.least = math.MaxUint64 // nothing is known here yet
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.viewers.add(v)
	out.Signal()
	return v, nil
}

// Close ends the watch; the last viewer of a feed ends the feed. Next gives
// nothing afterwards.
func (v *Viewer) Close() {
	h, f := v.feed.hub, v.feed
	h.mu.Lock()
	defer h.mu.Unlock()
	f.mu.Lock()
	closed := v.closed
	if !closed {
		f.viewers.remove(v)
	}
	v.closed = true
	empty := len(f.viewers.here) == 0
	f.mu.Unlock()
	if empty && !closed {
		h.end(f)
	}
}

// Next is what the viewer is to be sent now: the bytes of a frame, which nobody
// may change, or a boundary of which a snapshot is to be made; both nil where
// there is nothing, until its outbox is signalled. Whoever asked is taken to have
// been given it.
func (v *Viewer) Next() ([]byte, *Boundary) {
	frame, payload, at := v.following()
	return frame[payload:], at
}

// NextFrame is Next in a WebSocket's frame, which all who are given the same share.
func (v *Viewer) NextFrame() ([]byte, *Boundary) {
	frame, _, at := v.following()
	return frame, at
}

// following is Next in a WebSocket's frame; its payload begins where payload says.
func (v *Viewer) following() (frame []byte, payload int, at *Boundary) {
	f := v.feed
	f.mu.Lock()
	if v.closed {
		f.mu.Unlock()
		return nil, 0, nil
	}
	if !v.live || v.life != f.life || v.next < f.first {
		f.mu.Unlock()
		return nil, 0, v.join()
	}
	slots := f.ring[v.next-f.first:]
	if len(slots) == 0 {
		f.mu.Unlock()
		return nil, 0, nil
	}
	from, one := v.last, slots[0]
	if fewEnough(slots) {
		v.last, v.next = one.frame.Seq, v.next+1
	} else {
		one = f.merged(v.next)
		v.last, v.next = slots[len(slots)-1].frame.Seq, v.next+len(slots)
	}
	f.mu.Unlock()

	frame, payload = one.encoded()
	if one.frame.From != from {
		// Nothing that concerns the viewer happened between where it is and where
		// the frame begins.
		late := one.frame
		late.From = from
		frame, payload = wire.AppendText(nil, func(b []byte) []byte { return wire.AppendFrame(b, late) })
	}
	return frame, payload, nil
}

// fewEnough tells whether frames that follow on are sent one by one.
func fewEnough(slots []*slot) bool {
	if len(slots) == 1 || len(slots) > lag {
		return len(slots) == 1
	}
	weight := 0
	for _, one := range slots {
		weight += len(one.frame.Values)
	}
	return weight <= lagWeight
}

func (v *Viewer) seat() *int { return &v.place }

// Passed says that the store could not tell the state as of that boundary: Next
// will give a later one.
func (v *Viewer) Passed(at *Boundary) {
	v.feed.mu.Lock()
	defer v.feed.mu.Unlock()
	v.live, v.least = false, at.Seq+1
	v.resume, v.last = at.Resume, at.Since
	v.out.Signal()
}

// join gives the viewer a place to go on from, or nil where it has to wait for
// the feed's next tick.
func (v *Viewer) join() *Boundary {
	h, f := v.feed.hub, v.feed
	h.mu.Lock()
	defer h.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	if v.closed {
		return nil
	}
	if !f.usable(v.least) {
		if len(f.pending.Values) > 0 && time.Since(f.ticked) >= joinTick {
			rouse(f.cut())
		}
		if len(f.pending.Values) == 0 {
			f.bound()
		}
	}
	if !f.usable(v.least) {
		switch {
		case v.least == math.MaxUint64: // Renew wakes it
		case v.least > h.seq+1:
			f.joining = true
			f.arm(aheadTick)
		default:
			f.joining = true
			f.arm(joinTick)
		}
		return nil
	}
	at := *f.at
	at.Resume = v.resume && v.last >= h.resume && v.last <= at.Seq
	at.Since = v.last
	v.live, v.life, v.next, v.last = true, f.life, at.next, at.Seq
	v.least, v.resume = 0, false
	return &at
}

// usable tells whether the feed's last boundary is fresh and its frames still
// follow on. Its caller holds mu.
func (f *feed) usable(least uint64) bool {
	return f.at != nil && f.at.next >= f.first && f.at.Seq >= least && time.Since(f.at.made) < joinTick
}

// Matches tells whether the viewer watches the metric.
func (v *Viewer) Matches(id metric.ID) bool { return v.feed.matches(id) }

// Skip takes the viewer to the present without being given what came since, and
// tells whether anything did: for one who wants to know only that it is time to
// look.
func (v *Viewer) Skip() bool {
	f := v.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if v.closed || v.live && v.life == f.life && v.next == f.next() {
		return false
	}
	v.live, v.life, v.next, v.last = true, f.life, f.next(), f.pending.From
	return true
}
