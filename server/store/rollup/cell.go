package rollup

import (
	"encoding/binary"
	"slices"

	"telltale/shared/series"
)

// Cell is a bucket of a tier: the samples of one step.
type Cell struct {
	Start int64 // of the step, ms since 1970
	series.Bucket
}

// Fold adds a sample's bucket to the cells of a tier; it comes after all that
// they hold. Only a sample older than the newest cell costs a search.
func Fold(cells []Cell, step int64, b series.Bucket) []Cell {
	start := series.Floor(b.Time, step)
	if n := len(cells); n == 0 || cells[n-1].Start < start {
		return append(cells, Cell{start, b})
	} else if cells[n-1].Start == start {
		cells[n-1].Merge(b)
		return cells
	}
	i, found := slices.BinarySearchFunc(cells, start, byStart)
	if found {
		cells[i].Merge(b)
		return cells
	}
	return slices.Insert(cells, i, Cell{start, b})
}

// Merge folds later cells, those of samples with later seqs, into earlier ones
// of the same tier.
func Merge(earlier, later []Cell) []Cell {
	if len(earlier) == 0 {
		return later
	}
	if len(later) == 0 || earlier[len(earlier)-1].Start < later[0].Start {
		return append(earlier, later...)
	}
	out := make([]Cell, 0, len(earlier)+len(later))
	for len(earlier) > 0 && len(later) > 0 {
		switch a, b := earlier[0], later[0]; {
		case a.Start < b.Start:
			out, earlier = append(out, a), earlier[1:]
		case a.Start > b.Start:
			out, later = append(out, b), later[1:]
		default:
			a.Merge(b.Bucket)
			out, earlier, later = append(out, a), earlier[1:], later[1:]
		}
	}
	return append(append(out, earlier...), later...)
}

func byStart(c Cell, start int64) int {
	switch {
	case c.Start < start:
		return -1
	case c.Start > start:
		return 1
	}
	return 0
}

const (
	single = 1 << iota // one sample: last, min, max and total are the same
	wholeLast
	wholeMin
	wholeMax
	wholeSum
	wholeTotal
)

// AppendCells writes cells of a tier of step ms; their number stands before them.
func AppendCells(b []byte, step int64, cells []Cell) []byte {
	b = binary.AppendUvarint(b, uint64(len(cells)))
	before := int64(0)
	for i := range cells {
		c := &cells[i]
		b = binary.AppendVarint(b, c.Start/step-before)
		before = c.Start / step
		b = append(b, c.flags())
		b = binary.AppendUvarint(b, uint64(c.Time-c.Start))
		b = appendNumber(b, c.Last, whole(c.Last))
		b = appendNumber(b, c.Sum, whole(c.Sum))
		if c.isSingle() {
			continue
		}
		b = binary.AppendUvarint(b, uint64(c.Count))
		b = appendNumber(b, c.Min, whole(c.Min))
		b = appendNumber(b, c.Max, whole(c.Max))
		b = appendNumber(b, c.Total, whole(c.Total))
	}
	return b
}

func (c *Cell) isSingle() bool {
	return c.Count == 1 && c.Last == c.Min && c.Last == c.Max && c.Last == c.Total
}

func (c *Cell) flags() (f byte) {
	for i, set := range [...]bool{c.isSingle(), whole(c.Last), whole(c.Min), whole(c.Max), whole(c.Sum), whole(c.Total)} {
		if set {
			f |= 1 << i
		}
	}
	return f
}

// EachCell reads cells that AppendCells wrote, calls yield for each with a
// cell that it may keep a copy of, and answers the bytes after them. Its error is ErrCorrupt.
func EachCell(b []byte, step int64, yield func(*Cell)) (rest []byte, err error) {
	r := reader{b: b}
	index := int64(0)
	var c Cell
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		index += r.varint()
		flags := r.byte()
		c.Start = index * step
		c.Time = c.Start + int64(r.uvarint())
		c.Last = r.number(flags&wholeLast != 0)
		c.Sum = r.number(flags&wholeSum != 0)
		c.Min, c.Max, c.Total, c.Count = c.Last, c.Last, c.Last, 1
		if flags&single == 0 {
			c.Count = int64(r.uvarint())
			c.Min = r.number(flags&wholeMin != 0)
			c.Max = r.number(flags&wholeMax != 0)
			c.Total = r.number(flags&wholeTotal != 0)
		}
		if r.err == nil {
			yield(&c)
		}
	}
	return r.b, r.err
}

// Cells reads all cells that AppendCells wrote, and answers the bytes after them.
func Cells(b []byte, step int64) (cells []Cell, rest []byte, err error) {
	rest, err = EachCell(b, step, func(c *Cell) { cells = append(cells, *c) })
	return cells, rest, err
}
