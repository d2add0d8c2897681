package rollup

import "telltale/shared/series"

// PerChunk is how many steps of its tier a chunk spans.
const PerChunk = 720

// Bounds of a chunk's key.
const (
	MaxNum    = 1<<30 - 1
	indexBits = 30
	tierBits  = 3
	indexZero = 1 << (indexBits - 1) // index of the chunk that holds 1970
)

// Key is a chunk's place among all chunks: those of a metric lie together, by
// tier, then by time. num is at most MaxNum, tier at most 7; times are those
// that metric.Decide lets pass.
func Key(num uint32, tier int, step, time int64) int64 {
	index := Chunk(time, step) + indexZero
	index = min(max(index, 0), 1<<indexBits-1)
	return int64(num)<<(indexBits+tierBits) | int64(tier)<<indexBits | index
}

// Keys are the first and last key that a tier of a metric may have.
func Keys(num uint32, tier int) (first, last int64) {
	first = int64(num)<<(indexBits+tierBits) | int64(tier)<<indexBits
	return first, first | (1<<indexBits - 1)
}

// Chunk is the number of the chunk of a tier of step ms in which a time lies: 0 begins with 1970.
func Chunk(time, step int64) int64 { return series.Floor(time, step*PerChunk) / (step * PerChunk) }
