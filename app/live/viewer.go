package live

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// Look is what a viewer wants to see.
type Look struct {
	Patterns []string // names and globs
	All      []string // of all that the place shows, where Patterns are those of it that are in sight
	RangeMS  int64
	Points   int // columns a metric at most
	Rate     int // frames a second
	Rooms    []string
	Idle     bool  // nobody looks: the server is asked for a word once a minute
	To       int64 // the range ends there, as it was then, ms since 1970; 0 is now, live
}

// Change says what is new: some metrics' values, everything, or that metrics or
// their declarations came or went.
type Change struct {
	Metrics map[metric.ID]series.Bucket // valid during the call
	All     bool                        // the whole set is another one
	Known   bool                        // Known() answers otherwise than before
	Room    string                      // nothing but this room
}

// Viewer watches. Its methods are safe for concurrent use.
type Viewer struct {
	network Network
	change  func(Change)
	wake    chan struct{} // capacity 1
	unknown chan struct{} // capacity 1: metrics came that nothing is known of
	wanted  chan struct{} // capacity 1: messages are looked at that were not read
	reel    chan struct{} // capacity 1: a moment that is played comes to the end of its film
	screen  screen

	mu      sync.Mutex
	set     *series.Set
	shown   Look // what the set was loaded for
	known   map[metric.ID]metric.Metric
	listed  Look // of which known is all that there is
	look    Look
	ask     uint64 // number of the last watch sent
	pending bool   // its snapshot has not come
	resumes bool   // it asked to go on from the set's seq
	stray   bool   // the frames that come are of a watch before it, whose answer was not taken
	socket  Socket
	contact contact
	past    past
	decoder wire.Decoder
	frame   series.Frame

	rooms map[string]*Room
	user  string
	aside map[metric.ID]Word // what was watched before
	told  uint64             // what the server's Known was last

	epoch   string // of the store that rooms are of
	welcome bool   // this connection was welcomed
	hurry   bool   // the connection was closed to open another at once
}

// NewViewer makes a viewer; change is called for all that comes, from one
// goroutine, and must not wait.
func NewViewer(network Network, look Look, change func(Change)) *Viewer {
	v := &Viewer{
		network: network, change: change, look: look,
		wake: make(chan struct{}, 1), unknown: make(chan struct{}, 1),
		wanted: make(chan struct{}, 1), reel: make(chan struct{}, 1),
		known: map[metric.ID]metric.Metric{}, rooms: map[string]*Room{}, aside: map[metric.ID]Word{},
	}
	v.set, v.past.at = v.look.set(), look.To
	v.contact.clock = machine()
	return v
}

func (l Look) step() int64      { return series.Step(l.RangeMS, l.Points) }
func (l Look) set() *series.Set { return series.NewSet(l.step(), l.Points+2) }

// same tells whether one watch serves both.
func (l Look) same(o Look) bool {
	return l.alike(o) && l.RangeMS == o.RangeMS && l.Points == o.Points && l.Rate == o.Rate && l.To == o.To
}

// alike tells whether both watch the same metrics.
func (l Look) alike(o Look) bool { return slices.Equal(l.Patterns, o.Patterns) }

// Remember takes what was known before the first contact: from the page as the
// server sent it, which was asked for so long ago, or (negative) from an earlier visit. It
// does nothing after that.
func (v *Viewer) Remember(metrics []metric.Metric, snap series.Snapshot, ago time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.contact.heard != 0 {
		return
	}
	v.learn(metrics)
	now := v.contact.now()
	if v.contact.ahead = snap.Time - now; snap.Time == 0 {
		v.contact.ahead = 0
	}
	if ago >= 0 && snap.Time != 0 {
		v.listed = v.look
		v.contact.values = now - ago.Milliseconds()
		v.contact.ahead = snap.Time - v.contact.values
		v.contact.values -= snap.Stale
	}
	snap.Resumed = false
	v.set.Shift = -v.contact.ahead
	v.set.Load(snap)
	v.set.Epoch, v.set.Seq = "", 0 // its columns are not complete: never resume from them
}

// Look changes what is watched. What is there stays until the answer comes.
func (v *Viewer) Look(ctx context.Context, look Look) {
	v.mu.Lock()
	same := v.look.same(look)
	v.past.begin(v.look, look, time.Now().Add(v.contact.skew).UnixMilli())
	v.look = look
	if !same {
		v.ask++ // an answer to the watch before is none to this look
	}
	socket := v.socket
	v.mu.Unlock()
	v.visit(ctx)
	if !same && socket != nil {
		v.watch(ctx, socket, true)
	}
}

// See calls see with the set, the time that it is of in ms since 1970, which is the
// server's unless it is a moment of the past, and how things stand. The set is valid during the call, which must not wait.
func (v *Viewer) See(see func(set *series.Set, now int64, contact Contact)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	see(v.set, v.reached(now), v.contact.at(v.contact.now()))
}

// reached brings the set up to now, and answers the time that it is of: the server's, or the
// moment of the past that is shown. The caller holds mu.
func (v *Viewer) reached(now time.Time) int64 {
	if v.past.at != 0 {
		v.move(now)
		return v.past.at
	}
	there := v.contact.now() + v.contact.ahead
	v.set.Reach(there)
	return there
}

// Contact is how things stand.
func (v *Viewer) Contact() (c Contact) {
	v.See(func(_ *series.Set, _ int64, contact Contact) { c = contact })
	return c
}

// Known are the metrics of the set, and those that would be if the answer had come,
// sorted by ID, with what was declared of each.
func (v *Viewer) Known() []metric.Metric {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]metric.Metric, 0, len(v.set.Metrics))
	for id, e := range v.set.Metrics {
		all = append(all, metric.Metric{ID: id, Declaration: v.known[id].Declaration, Head: e.Head})
	}
	for id, m := range v.known {
		if v.set.Metrics[id] == nil && v.look.shows(id) {
			if w, is := v.aside[id]; is {
				m.Head = w.Head
			}
			if v.past.at != 0 {
				m.Head = metric.Head{} // what it is now is not what it was
			}
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b metric.Metric) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// shows tells whether the place shows the metric, in sight or not.
func (l Look) shows(id metric.ID) bool {
	return l.matches(id) || slices.ContainsFunc(l.All, func(p string) bool { return metric.Match(p, id) })
}

func (l Look) matches(id metric.ID) bool {
	return slices.ContainsFunc(l.Patterns, func(p string) bool { return metric.Match(p, id) })
}

// learn takes declarations and tells whether they are news. The caller holds mu.
func (v *Viewer) learn(metrics []metric.Metric) bool {
	known := make(map[metric.ID]metric.Metric, len(metrics))
	for _, m := range metrics {
		known[m.ID] = m
	}
	same := maps.EqualFunc(known, v.known, func(a, b metric.Metric) bool {
		return a.Kind == b.Kind && a.Title == b.Title && a.Unit == b.Unit
	})
	v.known = known
	return !same
}

// Wake ends any waiting: the machine woke up, the network is back, somebody looks.
func (v *Viewer) Wake() { signal(v.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
