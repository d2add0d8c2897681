package series

// Series is a metric's recent past as columns of a fixed step: a ring of a
// fixed number of buckets, of which the newest window is kept. Column k covers
// the times k*step up to (k+1)*step; an empty column has Count 0.
type Series struct {
	step  int64
	cols  []Bucket
	first int64 // number of the oldest column held
	next  int64 // number after the newest column; first == next holds none
}

// NewSeries makes an empty series of at most columns columns of step ms each.
// Both are at least 1.
func NewSeries(step int64, columns int) *Series {
	return &Series{step: max(step, 1), cols: make([]Bucket, max(columns, 1))}
}

// Step is the width of a column in ms.
func (s *Series) Step() int64 { return s.step }

// Bounds are the numbers of the columns held: first inside, next outside.
func (s *Series) Bounds() (first, next int64) { return s.first, s.next }

// Column is the bucket of column k; empty where k is outside Bounds.
func (s *Series) Column(k int64) Bucket {
	if k < s.first || k >= s.next {
		return Bucket{}
	}
	return s.cols[s.slot(k)]
}

// Window is the columns held from number first up to next, next outside, as the
// two stretches in which the ring keeps them, older before newer. Valid until the
// next Add; not to be changed.
func (s *Series) Window(first, next int64) (older, newer []Bucket) {
	first, next = max(first, s.first), min(next, s.next)
	if first >= next {
		return nil, nil
	}
	i, j := s.slot(first), s.slot(next-1)+1
	if i < j {
		return s.cols[i:j], nil
	}
	return s.cols[i:], s.cols[:j]
}

// Add folds a bucket into the column of its time. What is older than the window
// is dropped; what is newer moves the window, at a cost of at most its columns
// however far it moves.
func (s *Series) Add(b Bucket) {
	if b.Count == 0 {
		return
	}
	k := Floor(b.Time, s.step) / s.step
	n := int64(len(s.cols))
	switch {
	case s.first == s.next:
		s.first, s.next = k, k+1
		s.cols[s.slot(k)] = Bucket{}
	case k >= s.next:
		for j := max(s.next, k+1-n); j <= k; j++ {
			s.cols[s.slot(j)] = Bucket{}
		}
		s.next = k + 1
		s.first = max(s.first, s.next-n)
	case k < s.next-n:
		return
	case k < s.first:
		for j := k; j < s.first; j++ {
			s.cols[s.slot(j)] = Bucket{}
		}
		s.first = k
	}
	s.cols[s.slot(k)].Merge(b)
}

func (s *Series) slot(k int64) int64 {
	n := int64(len(s.cols))
	return (k%n + n) % n
}

// Upto is the newest column with a sample whose time is not after ms.
func (s *Series) Upto(ms int64) (b Bucket, ok bool) {
	for k := min(Floor(ms, s.step)/s.step, s.next-1); k >= s.first; k-- {
		if b := s.cols[s.slot(k)]; b.Count > 0 && b.Time <= ms {
			return b, true
		}
	}
	return Bucket{}, false
}

// Next is the nearest column with a sample before ms where by is negative, and after it
// otherwise.
func (s *Series) Next(ms, by int64) (b Bucket, ok bool) {
	if by < 0 {
		return s.Upto(ms - 1)
	}
	for k := max(Floor(ms, s.step)/s.step, s.first); k < s.next; k++ {
		if b := s.cols[s.slot(k)]; b.Count > 0 && b.Time > ms {
			return b, true
		}
	}
	return Bucket{}, false
}
