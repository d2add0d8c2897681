package bench

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// spread is how many times something took how long, to one part in 32. Safe for concurrent use.
type spread struct {
	counts [64 * 32]atomic.Int64 // by the power of two of the microseconds, and 32 steps in each
	most   atomic.Int64          // ns
}

// add counts one; less than nothing counts as nothing.
func (s *spread) add(took time.Duration) {
	took = max(took, 0)
	s.counts[slotOf(uint64(took.Microseconds()))].Add(1)
	for most := s.most.Load(); int64(took) > most && !s.most.CompareAndSwap(most, int64(took)); most = s.most.Load() {
	}
}

// slotOf is where so many microseconds are counted: those below 32 each by itself.
func slotOf(us uint64) int {
	power := bits.Len64(us >> 5)
	return power<<5 + int(us>>max(power-1, 0)&31)
}

// upTo is the most that is counted in a slot.
func upTo(slot int) time.Duration {
	power, step := slot>>5, uint64(slot&31)
	if power == 0 {
		return time.Duration(step) * time.Microsecond
	}
	return time.Duration((32+step+1)<<(power-1)-1) * time.Microsecond
}

// Spread is how long something took: the median, what 99 of 100 took at most, and the longest.
type Spread struct {
	P50 float64 `json:"p50"` // ms
	P99 float64 `json:"p99"` // ms
	Max float64 `json:"max"` // ms
}

func (s *spread) told() Spread {
	return Spread{inMS(s.below(50)), inMS(s.below(99)), inMS(time.Duration(s.most.Load()))}
}

// below is what a share of them, in percent, took at most.
func (s *spread) below(percent int64) time.Duration {
	all := int64(0)
	for i := range s.counts {
		all += s.counts[i].Load()
	}
	rest := (all*percent + 99) / 100
	for i := range s.counts {
		if rest -= s.counts[i].Load(); rest <= 0 && all > 0 {
			return min(upTo(i), time.Duration(s.most.Load()))
		}
	}
	return 0
}

func inMS(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
