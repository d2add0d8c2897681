package series

import "telltale/shared/metric"

// Fold gives samples, in order of their seq, as a row for each step of step ms in
// which a metric has any. A row's time is its newest sample's, not the start of
// the step: the rows are merged into columns that may hold samples already, and
// which of two values is the newer must stay known.
func Fold(samples []metric.Sample, step int64) map[metric.ID][]Row {
	type place struct {
		id    metric.ID
		start int64
	}
	buckets := map[place]*Bucket{}
	var order []place
	for _, s := range samples {
		p := place{s.Metric, Floor(s.Time, step)}
		b := buckets[p]
		if b == nil {
			b = &Bucket{}
			buckets[p] = b
			order = append(order, p)
		}
		b.Add(s)
	}
	rows := map[metric.ID][]Row{}
	for _, p := range order {
		b := buckets[p]
		rows[p.id] = append(rows[p.id], b.Row(b.Time))
	}
	return rows
}
