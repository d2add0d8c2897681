package series

import (
	"errors"

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
	Resumed bool // history holds only what came after the seq the viewer had
	Values  map[metric.ID]Point
	History map[metric.ID][]Row
}

// ErrGap says that a frame does not follow on what the set holds; its owner
// resumes from the set's Seq and Epoch.
var ErrGap = errors.New("a frame is missing before this one")

// Entry is one metric of a set.
type Entry struct {
	Head   metric.Head
	Series *Series
}

// Set is what a viewer knows: heads and columns of the metrics it watches.
type Set struct {
	Epoch   string
	Seq     uint64
	Metrics map[metric.ID]*Entry
	step    int64
	columns int
}

// NewSet makes an empty set whose series have at most columns columns of step ms.
func NewSet(step int64, columns int) *Set {
	return &Set{Metrics: map[metric.ID]*Entry{}, step: step, columns: columns}
}

// Step is the width in ms of the set's columns.
func (s *Set) Step() int64 { return s.step }

// Load takes a snapshot: it adds to what the set has where the snapshot says
// resumed, and replaces it otherwise.
func (s *Set) Load(snap Snapshot) {
	if !snap.Resumed {
		clear(s.Metrics)
	}
	s.Epoch, s.Seq = snap.Epoch, snap.Seq
	for id, rows := range snap.History {
		e := s.entry(id)
		for _, r := range rows {
			e.Series.Add(r.Bucket())
		}
	}
	for id, p := range snap.Values {
		s.entry(id).Head = metric.Head{Time: p.Time, Seq: snap.Seq, Value: p.Value}
	}
}

// Apply folds a frame in. It changes nothing and answers ErrGap unless the
// frame begins where the set ends.
func (s *Set) Apply(f Frame) error {
	if f.From != s.Seq {
		return ErrGap
	}
	s.Seq = f.Seq
	for id, b := range f.Values {
		e := s.entry(id)
		e.Series.Add(b)
		if b.Time >= e.Head.Time || b.Sum != 0 {
			e.Head.Value = b.Last
			e.Head.Seq = f.Seq
		}
		e.Head.Time = max(e.Head.Time, b.Time)
	}
	return nil
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
