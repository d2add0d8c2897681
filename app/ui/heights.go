package ui

import "math/bits"

// heights is how tall the lines of a log are, in pixels, and so where each stands:
// measured where a line has been on the page, the usual height otherwise. Setting
// one and finding a place take the logarithm of their number (a Fenwick tree).
type heights struct {
	usual    float64
	first    uint64    // the line of measured[0]
	measured []float32 // 0 where it never was, less where it stands in another's row
	tree     []float64 // tree[i] sums the heights of the i&-i lines up to the i-th, from 1
}

// span makes the lines those from first to last; those that stay keep their heights.
func (h *heights) span(first, last uint64) {
	n := int(last + 1 - first)
	if first != h.first || n < len(h.measured) {
		old := *h
		*h = heights{usual: old.usual, first: first, measured: make([]float32, 0, n), tree: make([]float64, 1, n+1)}
		for seq := first; seq <= last && seq < old.first+uint64(len(old.measured)); seq++ {
			if seq < old.first {
				h.grow(0)
			} else {
				h.grow(old.measured[seq-old.first])
			}
		}
	}
	if len(h.tree) == 0 {
		h.tree = make([]float64, 1)
	}
	for len(h.measured) < n {
		h.grow(0)
	}
}

func (h *heights) grow(measured float32) {
	h.measured = append(h.measured, measured)
	i := len(h.measured)
	sum := h.of(i - 1)
	for below := 1; below < i&-i; below *= 2 {
		sum += h.tree[i-below]
	}
	h.tree = append(h.tree, sum)
}

func (h *heights) of(i int) float64 {
	switch m := h.measured[i]; {
	case m > 0:
		return float64(m)
	case m < 0:
		return 0
	}
	return h.usual
}

// hide says that a line takes no place.
func (h *heights) hide(seq uint64) { h.set(seq, -1) }

// set takes a line's measured height and tells whether that is news.
func (h *heights) set(seq uint64, px float64) bool {
	at := int(seq - h.first)
	was := h.of(at)
	h.measured[at] = float32(px)
	more := h.of(at) - was
	if more == 0 {
		return false
	}
	for i := at + 1; i < len(h.tree); i += i & -i {
		h.tree[i] += more
	}
	return true
}

// before is where a line begins, below the first one's top.
func (h *heights) before(seq uint64) (px float64) {
	for i := int(seq - h.first); i > 0; i &= i - 1 {
		px += h.tree[i]
	}
	return px
}

func (h *heights) total() float64 { return h.before(h.first + uint64(len(h.measured))) }

// at is the line at a place; the nearest one where there is none.
func (h *heights) at(px float64) uint64 {
	i := 0
	for step := 1 << bits.Len(uint(len(h.measured))); step > 0; step /= 2 {
		if i+step < len(h.tree) && h.tree[i+step] <= px {
			i += step
			px -= h.tree[i]
		}
	}
	return h.first + uint64(max(min(i, len(h.measured)-1), 0))
}

// forget lets every height be measured again, as after a change of width.
func (h *heights) forget() { h.measured, h.tree = h.measured[:0], h.tree[:0] }
