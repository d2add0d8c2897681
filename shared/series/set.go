package series

import (
	"errors"
	"slices"

	"telltale/shared/metric"
)

// Frame is all that changed between two seqs: a bucket for each metric.
type Frame struct {
	From, Seq uint64 // every sample with From < seq ≤ Seq is in it
	Time      int64  // when it was made, ms since 1970
	Values    map[metric.ID]Bucket
}

// Point is a value and its time.
type Point struct {
	Time  int64 // ms since 1970
	Value float64
}

// Snapshot is the state a viewer starts, or goes on, from.
type Snapshot struct {
	Epoch   string
	Seq     uint64
	Resumed bool  // history holds only what came after the seq the viewer had
	Time    int64 // when it was made, ms since 1970; 0 where that is not known
	Stale   int64 // ms before Time, as of when Values are what they are; 0 where they are as of Time
	Values  map[metric.ID]Point
	Written map[metric.ID]int64 // when a value was written, as Time, where its Point does not tell; 0: before anybody knows
	History map[metric.ID][]Row
	Step    int64 // ms, of History's rows; 0 where that is not told, as it is of a moment of the past
}

// ErrGap says that a frame does not follow on what the set holds; its owner
// resumes from the set's Seq and Epoch.
var ErrGap = errors.New("a frame is missing before this one")

// Entry is one metric of a set.
type Entry struct {
	Head    metric.Head
	Written int64 // when Head last moved, in ms as told by Set.Shift; 0 where it never did, or nobody knows when
	Series  *Series
	ahead   []Bucket // of times still to come: they would move the window off the present
}

// frameSpan is how long, in ms, a frame gathers at most: what bears a time to come was
// written no earlier than that before the frame was made.
const frameSpan = 1000

// maxAhead is how many columns of the future one metric may hold back; what lies
// beyond them shows in its head alone.
const maxAhead = 128

// Set is what a viewer knows: heads and columns of the metrics it watches.
type Set struct {
	Epoch   string
	Seq     uint64
	Metrics map[metric.ID]*Entry
	Shift   int64 // from the times of what is loaded or applied next to the clock that Entry.Written is told by
	step    int64
	columns int
	now     int64    // newest time told; 0 while none was
	ahead   []*Entry // those that hold something back
}

// NewSet makes an empty set whose series have at most columns columns of step ms.
func NewSet(step int64, columns int) *Set {
	return &Set{Metrics: map[metric.ID]*Entry{}, step: step, columns: columns}
}

// Step is the width in ms of the set's columns.
func (s *Set) Step() int64 { return s.step }

// Load takes a snapshot: it adds to what the set has where the snapshot says
// resumed, and replaces it otherwise. A snapshot does not say when it was made:
// Reach comes first, or what happened while nobody listened counts as ahead.
func (s *Set) Load(snap Snapshot) {
	if !snap.Resumed {
		clear(s.Metrics)
		s.ahead = nil
	}
	s.Epoch, s.Seq = snap.Epoch, snap.Seq
	for id, rows := range snap.History {
		e := s.entry(id)
		for _, r := range rows {
			s.add(e, r.Bucket())
		}
	}
	for id, p := range snap.Values {
		e := s.entry(id)
		e.Head = metric.Head{Time: p.Time, Seq: snap.Seq, Value: p.Value}
		e.Written = s.written(snap.When(id))
	}
}

// Pass folds in what came to pass: rows of steps that are over, oldest first, each after all
// that the set holds of the metric.
func (s *Set) Pass(id metric.ID, rows []Row) {
	e := s.entry(id)
	for _, r := range rows {
		e.Series.Add(r.Bucket())
		e.Head = metric.Head{Time: r.Time, Seq: s.Seq, Value: r.Last}
		e.Written = s.written(r.Time)
	}
}

// Keep lets all metrics go but those.
func (s *Set) Keep(those func(metric.ID) bool) {
	for id, e := range s.Metrics {
		if !those(id) {
			delete(s.Metrics, id)
			s.ahead = slices.DeleteFunc(s.ahead, func(o *Entry) bool { return o == e })
		}
	}
}

// When is the time at which a value was written, ms since 1970; 0 where nobody knows.
func (s Snapshot) When(id metric.ID) int64 {
	at, told := s.Written[id]
	if !told {
		at = s.Values[id].Time
	}
	if s.Time > 0 && at > s.Time {
		return 0 // a time to come is not when it was written
	}
	return at
}

func (s *Set) written(at int64) int64 {
	if at == 0 {
		return 0
	}
	return at + s.Shift
}

// Apply folds a frame in. It changes nothing and answers ErrGap unless the
// frame begins where the set ends.
func (s *Set) Apply(f Frame) error {
	if f.From != s.Seq {
		return ErrGap
	}
	s.Seq = f.Seq
	s.Reach(f.Time)
	for id, b := range f.Values {
		e := s.entry(id)
		s.add(e, b)
		if b.Time >= e.Head.Time || b.Sum != 0 {
			e.Head.Value = b.Last
			e.Head.Seq = f.Seq
			e.Head.Time = max(e.Head.Time, b.Time)
			at := e.Head.Time
			if at > f.Time {
				at = f.Time - frameSpan
			}
			e.Written = s.written(at)
		}
	}
	return nil
}

// Reach tells the set what time it is, in ms since 1970: what was held back for a
// time that has come joins its column. A time before the newest told does nothing.
// Until the first one nothing is held back.
func (s *Set) Reach(now int64) {
	if now <= s.now {
		return
	}
	s.now = now
	s.ahead = slices.DeleteFunc(s.ahead, func(e *Entry) bool {
		e.ahead = slices.DeleteFunc(e.ahead, func(b Bucket) bool {
			due := b.Time <= now
			if due {
				e.Series.Add(b)
			}
			return due
		})
		return len(e.ahead) == 0
	})
}

// add folds a bucket into its column, now or when its time has come.
func (s *Set) add(e *Entry, b Bucket) {
	if s.now == 0 || b.Time <= s.now {
		e.Series.Add(b)
		return
	}
	column := Floor(b.Time, s.step)
	for i := range e.ahead {
		if Floor(e.ahead[i].Time, s.step) == column {
			e.ahead[i].Merge(b)
			return
		}
	}
	if len(e.ahead) == 0 {
		s.ahead = append(s.ahead, e)
	}
	if len(e.ahead) < maxAhead {
		e.ahead = append(e.ahead, b)
	}
}

func (s *Set) entry(id metric.ID) *Entry {
	e := s.Metrics[id]
	if e == nil {
		e = &Entry{Series: NewSeries(s.step, s.columns)}
		s.Metrics[id] = e
	}
	return e
}

// Add folds a sample into the frame, which then reaches to its seq. heads gives
// the metric's head after the sample: a bucket's last value is the head's
// wherever the bucket moved the head.
func (f *Frame) Add(s metric.Sample, head metric.Head) {
	if f.Values == nil {
		f.Values = map[metric.ID]Bucket{}
	}
	b := f.Values[s.Metric]
	b.Add(s)
	if b.head || s.Add != 0 || b.Time >= head.Time {
		b.Last, b.head = head.Value, true
	}
	f.Values[s.Metric] = b
	f.Seq = s.Seq
}

// Merge folds in the frame that follows f. It answers ErrGap, and changes
// nothing, unless next begins where f ends.
func (f *Frame) Merge(next Frame) error {
	if next.From != f.Seq {
		return ErrGap
	}
	if f.Values == nil && len(next.Values) > 0 {
		f.Values = make(map[metric.ID]Bucket, len(next.Values))
	}
	for id, o := range next.Values {
		b := f.Values[id]
		last := b.Last
		b.Merge(o)
		switch {
		case o.head:
			b.Last, b.head = o.Last, true
		case b.head:
			b.Last = last
		}
		f.Values[id] = b
	}
	f.Seq, f.Time = next.Seq, next.Time
	return nil
}
