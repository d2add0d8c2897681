package series

import (
	"math"

	"telltale/shared/metric"
)

// Bucket is a metric over a stretch of time. The zero Bucket holds no sample.
type Bucket struct {
	Time     int64   // newest sample's time, ms since 1970
	Last     float64 // value with the newest time, then seq; in a frame the head's, where it moved that
	Min, Max float64 // of the samples' values
	Sum      float64 // of the adds; a set counts 0
	Total    float64 // of the samples' values; NaN where frames did not carry it
	Count    int64   // samples

	head bool // in a frame that was not sent yet: Last is the metric's head
}

// Of is the bucket of one sample.
func Of(s metric.Sample) Bucket {
	return Bucket{Time: s.Time, Last: s.Value, Min: s.Value, Max: s.Value, Sum: s.Add, Total: s.Value, Count: 1}
}

// Avg is the mean of the samples' values; NaN where it is not known.
func (b Bucket) Avg() float64 { return b.Total / float64(b.Count) }

// Add folds in a sample that came after all the bucket holds.
func (b *Bucket) Add(s metric.Sample) { b.Merge(Of(s)) }

// Merge folds in a bucket whose samples came after all that b holds, in seq, or
// all have other times. Last is the value with the newest time, then seq.
func (b *Bucket) Merge(o Bucket) {
	switch {
	case o.Count == 0:
		return
	case b.Count == 0:
		*b = o
		return
	}
	if o.Time >= b.Time {
		b.Time, b.Last = o.Time, o.Last
	}
	b.Min, b.Max = math.Min(b.Min, o.Min), math.Max(b.Max, o.Max)
	b.Sum += o.Sum
	b.Total += o.Total
	b.Count += o.Count
}

// Row is a bucket of history as the API gives it.
type Row struct {
	Time                     int64 // start of the step, ms since 1970
	Min, Max, Avg, Last, Sum float64
	Count                    int64
}

// Row is b as a row of the step that starts at start.
func (b Bucket) Row(start int64) Row {
	return Row{Time: start, Min: b.Min, Max: b.Max, Avg: b.Avg(), Last: b.Last, Sum: b.Sum, Count: b.Count}
}

// Bucket is the row as a bucket; its time is the start of its step.
func (r Row) Bucket() Bucket {
	return Bucket{Time: r.Time, Last: r.Last, Min: r.Min, Max: r.Max, Sum: r.Sum, Total: r.Avg * float64(r.Count), Count: r.Count}
}
