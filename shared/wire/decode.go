package wire

import (
	"math"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// Decoder reads frames and snapshots. It keeps the names it has seen (at most
// maxNames), so that a frame costs no allocation a metric. The zero Decoder is
// ready; it is not safe for concurrent use.
type Decoder struct{ names map[string]metric.ID }

// maxNames bounds what a Decoder keeps: the usual --max-metrics.
const maxNames = 10_000

// Frame reads a frame message into f, whose map is used again. After an error f
// holds nothing of use.
func (d *Decoder) Frame(b []byte, f *series.Frame) error {
	values := f.Values
	if values == nil {
		values = map[metric.ID]series.Bucket{}
	}
	clear(values)
	*f = series.Frame{Values: values}
	c := cursor{b: b}
	c.object(func(key []byte) {
		switch string(key) {
		case "from":
			f.From = c.uint()
		case "seq":
			f.Seq = c.uint()
		case "time":
			f.Time = c.int()
		case "values":
			c.object(func(name []byte) {
				id := d.id(name)
				values[id] = c.bucket()
			})
		default:
			c.skip(0)
		}
	})
	return c.end()
}

// Snapshot reads a snapshot message and the id of the watch it answers.
func (d *Decoder) Snapshot(b []byte) (s series.Snapshot, id string, err error) {
	s.Values, s.History = map[metric.ID]series.Point{}, map[metric.ID][]series.Row{}
	c := cursor{b: b}
	c.object(func(key []byte) {
		switch string(key) {
		case "id":
			id = string(c.str())
		case "epoch":
			s.Epoch = string(c.str())
		case "seq":
			s.Seq = c.uint()
		case "resumed":
			s.Resumed = c.bool()
		case "time":
			s.Time = c.int()
		case "stale":
			s.Stale = c.int()
		case "step":
			s.Step = c.int()
		case "written":
			s.Written = map[metric.ID]int64{}
			c.object(func(name []byte) {
				id := d.id(name)
				s.Written[id] = c.int()
			})
		case "values":
			c.object(func(name []byte) {
				id := d.id(name)
				s.Values[id] = c.point()
			})
		case "history":
			c.object(func(name []byte) {
				id := d.id(name)
				s.History[id] = c.rows()
			})
		default:
			c.skip(0)
		}
	})
	return s, id, c.end()
}

func (d *Decoder) id(name []byte) metric.ID {
	if id, known := d.names[string(name)]; known {
		return id
	}
	if d.names == nil || len(d.names) >= maxNames {
		d.names = map[string]metric.ID{}
	}
	id := metric.ID(name)
	d.names[string(id)] = id
	return id
}

// bucket reads [time,last,min,max,sum,count]; further elements are ignored.
func (c *cursor) bucket() series.Bucket {
	b := series.Bucket{Total: math.NaN()}
	c.exactly(6, func(i int) {
		switch i {
		case 0:
			b.Time = c.int()
		case 1:
			b.Last = c.float()
		case 2:
			b.Min = c.float()
		case 3:
			b.Max = c.float()
		case 4:
			b.Sum = c.float()
		case 5:
			b.Count = c.int()
		}
	})
	return b
}

// point reads [time,value].
func (c *cursor) point() (p series.Point) {
	c.exactly(2, func(i int) {
		switch i {
		case 0:
			p.Time = c.int()
		case 1:
			p.Value = c.float()
		}
	})
	return p
}

// rows reads [[time,min,max,avg,last,sum,count],...].
func (c *cursor) rows() (rows []series.Row) {
	c.array(func(int) {
		var r series.Row
		c.exactly(7, func(i int) {
			switch i {
			case 0:
				r.Time = c.int()
			case 1:
				r.Min = c.float()
			case 2:
				r.Max = c.float()
			case 3:
				r.Avg = c.float()
			case 4:
				r.Last = c.float()
			case 5:
				r.Sum = c.float()
			case 6:
				r.Count = c.int()
			}
		})
		rows = append(rows, r)
	})
	return rows
}
