package ui

import (
	"math/rand/v2"
	"testing"
)

func TestHeightsAgreeWithAPlainSumWhateverHappens(t *testing.T) {
	const usual = 22
	h := heights{usual: usual}
	plain := map[uint64]float64{}
	first, last := uint64(1), uint64(0)
	height := func(seq uint64) float64 {
		if px, is := plain[seq]; is {
			return px
		}
		return usual
	}
	for range 2000 {
		switch rand.N(5) {
		case 0:
			last += uint64(rand.N(40))
		case 1:
			first += uint64(rand.N(3))
			last = max(last, first-1)
		case 2:
			if rand.N(50) == 0 {
				h.forget()
				clear(plain)
			}
		}
		h.span(first, last)
		for range 5 {
			if first <= last {
				seq := first + rand.N(last-first+1)
				px := float64(1 + rand.N(200))
				h.set(seq, px)
				plain[seq] = px
			}
		}
		if first > last {
			continue
		}
		place := rand.Float64() * h.total()
		sum, at := 0.0, first
		for seq := first; seq <= last; seq++ {
			if got := h.before(seq); got != sum {
				t.Fatalf("%d begins at %v, want %v", seq, got, sum)
			}
			if sum <= place {
				at = seq
			}
			sum += height(seq)
		}
		if h.total() != sum {
			t.Fatalf("total %v, want %v", h.total(), sum)
		}
		if got := h.at(place); got != at {
			t.Fatalf("at %v stands %d, want %d", place, got, at)
		}
		if h.at(-5) != first || h.at(sum+5) != last {
			t.Fatalf("beyond the ends stand %d and %d, want %d and %d", h.at(-5), h.at(sum+5), first, last)
		}
	}
}

func TestSettingTheSameHeightIsNoNews(t *testing.T) {
	h := heights{usual: 22}
	h.span(5, 9)
	if h.set(7, 22) || !h.set(7, 30) || h.set(7, 30) {
		t.Error("news is told wrongly")
	}
	if h.before(8) != 74 {
		t.Errorf("8 begins at %v", h.before(8))
	}
}

func BenchmarkHeights(b *testing.B) {
	h := heights{usual: 22}
	h.span(1, 100_000)
	for b.Loop() {
		seq := h.at(rand.Float64() * h.total())
		h.set(seq, float64(20+rand.N(40)))
		_ = h.before(seq)
	}
}
