package hub

import (
	"slices"
	"sync"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// Bounds of a feed's ring: frames, and buckets over all of them (about a MiB).
const (
	ringFrames  = 256
	ringBuckets = 8192
)

// joinTick is the shortest time between two ticks of a feed for the sake of
// those who join.
const joinTick = 50 * time.Millisecond

// aheadTick is joinTick where a viewer waits for what another hub has told it already.
const aheadTick = 500 * time.Millisecond

// feed is one set of patterns at one rate and the frames cut from it lately.
type feed struct {
	hub *Hub
	key string
	selection
	within []selection // which a metric has to match besides
	period time.Duration
	ids    []metric.ID // of the metrics that match; guarded by Hub.mu

	mu      sync.Mutex // guards what follows
	viewers roster[*Viewer]
	pending series.Frame // what came since the newest frame of the ring
	ring    []*slot
	first   int           // number of ring[0]; numbers go on over a restart
	buckets int           // in the ring
	merges  map[int]*slot // all of the ring from a number on, since the last cut
	weight  int           // of those, buckets
	life    int           // raised by a restart
	at      *Boundary
	ticked  time.Time
	timer   *time.Timer
	due     time.Time // when timer fires; zero while it rests
	joining bool      // somebody waits for a boundary
}

// slot is one frame and its bytes, encoded when first asked for.
type slot struct {
	frame   series.Frame // of many once that is asked for
	of      []*slot      // that it is merged from; nil for one that was cut
	once    sync.Once
	text    []byte // a WebSocket's frame
	payload int    // where it begins in text
}

// encoded is the frame's bytes; those of many are merged first.
func (s *slot) encoded() (text []byte, payload int) {
	s.once.Do(func() {
		for _, one := range s.of {
			if err := s.frame.Merge(one.frame); err != nil {
				panic("hub: the frames of a ring do not follow on: " + err.Error())
			}
		}
		s.of = nil
		s.text, s.payload = wire.AppendText(nil, func(b []byte) []byte { return wire.AppendFrame(b, s.frame) })
	})
	return s.text, s.payload
}

// mergedBuckets bounds the merged frames that are kept until the next cut, by the buckets that they
// are merged from: those of 100 metrics may be of 36 places.
const mergedBuckets = 8 * ringBuckets

// merged is one frame of all in the ring from a number on. Where a machine is busy viewers are
// behind together, and each that merges for itself keeps all others waiting. Its caller holds mu.
func (f *feed) merged(number int) *slot {
	if s := f.merges[number]; s != nil {
		return s
	}
	of := slices.Clone(f.ring[number-f.first:]) // the ring moves on
	from := of[0].frame.From
	s := &slot{frame: series.Frame{From: from, Seq: from}, of: of}
	weight := 0
	for _, one := range of {
		weight += len(one.frame.Values)
	}
	if f.weight += weight; f.weight > mergedBuckets {
		f.weight -= weight
		return s
	}
	if f.merges == nil {
		f.merges = map[int]*slot{}
	}
	f.merges[number] = s
	return s
}

// add takes a sample into the pending frame. Its caller holds Hub.mu.
func (f *feed) add(s metric.Sample, head metric.Head) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending.Add(s, head)
	if f.due.IsZero() {
		f.arm(f.period)
	}
}

// arm makes the next tick come pause after the last one, unless it comes earlier
// anyhow. Its caller holds mu.
func (f *feed) arm(pause time.Duration) {
	now := time.Now()
	due := f.ticked.Add(pause)
	if due.Before(now) {
		due = now
	}
	if !f.due.IsZero() && !due.Before(f.due) {
		return
	}
	f.due = due
	if f.timer == nil {
		f.timer = time.AfterFunc(due.Sub(now), f.tick)
		return
	}
	f.timer.Reset(due.Sub(now))
}

// tick cuts a frame, and a boundary where somebody waits for one.
func (f *feed) tick() {
	f.mu.Lock()
	joining := f.joining
	if !joining {
		f.due = time.Time{}
		concerned := f.cut()
		f.mu.Unlock()
		rouse(concerned)
		return
	}
	f.mu.Unlock()

	f.hub.mu.Lock()
	f.mu.Lock()
	f.due = time.Time{}
	f.cut()
	f.bound()
	f.joining = false
	concerned := f.viewers.all()
	f.mu.Unlock()
	f.hub.mu.Unlock()
	rouse(concerned)
}

// cut moves the pending frame, where there is one, into the ring and answers whom that
// concerns. Its caller holds mu.
func (f *feed) cut() []*Viewer {
	f.ticked = time.Now()
	if len(f.pending.Values) == 0 {
		return nil
	}
	frame := f.pending
	_, frame.Time = f.hub.clock()
	f.pending = series.Frame{From: frame.Seq, Seq: frame.Seq}
	f.merges, f.weight = nil, 0
	f.ring = append(f.ring, &slot{frame: frame})
	f.buckets += len(frame.Values)
	for len(f.ring) > ringFrames || f.buckets > ringBuckets && len(f.ring) > 1 {
		f.buckets -= len(f.ring[0].frame.Values)
		f.ring[0] = nil
		f.ring = f.ring[1:]
		f.first++
	}
	return f.viewers.all()
}

// bound notes the state as of now. Nothing may be pending; its caller holds
// Hub.mu and mu.
func (f *feed) bound() {
	seq := f.hub.seq
	if f.at != nil && f.at.Seq == seq && f.at.next == f.next() {
		f.at.made = time.Now()
		return
	}
	values := make(map[metric.ID]series.Point, len(f.ids))
	for _, id := range f.ids {
		if head := f.hub.metrics[id].head; head.Seq > 0 {
			values[id] = series.Point{Time: head.Time, Value: head.Value}
		}
	}
	f.at = &Boundary{Epoch: f.hub.epoch, Seq: seq, Values: values, next: f.next(), made: time.Now()}
	f.at.Of = f.at
}

// restart lets every viewer begin anew at seq. Its caller holds Hub.mu.
func (f *feed) restart(seq uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.first += len(f.ring)
	f.ring, f.merges, f.weight, f.buckets, f.at = nil, nil, 0, 0, nil
	f.pending = series.Frame{From: seq, Seq: seq}
	f.life++
	rouse(f.viewers.all())
}

// next is the number of the frame that the next cut makes.
func (f *feed) next() int { return f.first + len(f.ring) }

// rouse has viewers ask. Where no lock is held they do not queue behind who wakes them.
func rouse(viewers []*Viewer) {
	for _, v := range viewers {
		v.out.Signal()
	}
}

// stop lets the timer rest for ever. Its caller holds Hub.mu.
func (f *feed) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
	}
}
