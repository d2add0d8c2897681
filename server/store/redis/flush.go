package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/rueidis"

	"telltale/server/store/rollup"
)

var (
	//go:embed lua/flush.lua
	flushBody string
	//go:embed lua/flushed.lua
	flushedBody string

	writeFlush  = rueidis.NewLuaScript(flushBody)
	tellFlushed = changing(flushedBody)
)

// Bounds of a flush.
const (
	groupMetrics = 64      // of one call
	groupSamples = 1 << 14 // of one call, unless one metric has more
	openCells    = 64      // of a tier of a metric; with more, all but the newest go to chunks
)

// errOvertaken says that another process has flushed meanwhile.
var errOvertaken = errors.New("another process writes the roll-ups")

// flush moves samples up to those that were the newest when it ran last into roll-ups, a
// group of metrics a call. The newest are left out, so that a reader who was told of seq N a
// moment ago finds a store that can still tell it apart.
func (s *Store) flush(ctx context.Context) error {
	k := &s.keep
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := s.Writable(); err != nil {
		return err
	}
	s.mu.RLock()
	epoch, done, seq := s.epoch, s.metrics.flushed, s.metrics.seq
	if k.epoch != epoch {
		k.epoch, k.mark = epoch, done
	}
	target := k.mark
	var due []*entry
	for _, e := range s.metrics.sorted {
		if len(e.tail) > 0 && e.tail[0].seq <= target {
			due = append(due, e)
		}
	}
	s.mu.RUnlock()
	k.mark = seq
	if target <= done {
		return nil
	}
	for len(due) > 0 {
		n, samples := 0, 0
		for ; n < min(len(due), groupMetrics) && samples < groupSamples; n++ {
			s.mu.RLock()
			samples += len(due[n].tail)
			s.mu.RUnlock()
		}
		if err := s.flushGroup(ctx, due[:n], epoch, target); err != nil {
			return fmt.Errorf("flush: %w", err)
		}
		due = due[n:]
	}
	_, err := s.commit(&k.lane, tellFlushed, strconv.FormatUint(target, 10))
	return err
}

func (s *Store) flushGroup(ctx context.Context, group []*entry, epoch string, target uint64) error {
	nums := make([]string, len(group))
	for i, e := range group {
		nums[i] = strconv.FormatUint(uint64(e.num), 10)
	}
	client := s.redis()
	records, err := client.Do(ctx, client.B().Hmget().Key(s.prefix+"cells").Field(nums...).Build()).AsStrSlice()
	if err != nil {
		return err
	}
	args := []string{epoch, strconv.FormatUint(target, 10)}
	now := s.now()
	for i, e := range group {
		s.mu.RLock()
		tail := e.tail
		s.mu.RUnlock()
		f, err := s.fold(records[i], tail, target, now)
		if err != nil {
			return err
		}
		if f.samples == 0 {
			continue
		}
		args = append(args, nums[i], records[i][:min(len(records[i]), 8)], string(f.record), strconv.Itoa(len(f.pieces)))
		for _, p := range f.pieces {
			args = append(args, strconv.Itoa(p.tier), strconv.FormatInt(p.index, 10), string(p.cells))
		}
	}
	if len(args) == 2 {
		return nil
	}
	written, err := s.run(ctx, writeFlush, args).AsInt64()
	if err == nil && written == 0 {
		err = errOvertaken
	}
	return err
}

// folded is a metric's open cells after a flush, and the pieces that go to its chunks.
type folded struct {
	samples int
	record  []byte // the seq that it reaches to, then the open cells of each tier
	pieces  []piece
}

// piece is cells that go to the end of a chunk.
type piece struct {
	tier  int
	index int64
	cells []byte
}

// fold lets open cells have the samples up to target that they do not have yet.
func (s *Store) fold(record string, tail []sample, target uint64, now int64) (f folded, err error) {
	taken, blob, err := readCells(record)
	if err != nil {
		return f, err
	}
	var fresh []sample
	for _, p := range tail {
		if p.seq > taken && p.seq <= target {
			fresh = append(fresh, p)
		}
	}
	if f.samples = len(fresh); f.samples == 0 {
		return f, nil
	}
	f.record = appendNumber(make([]byte, 0, len(record)+64), float64(fresh[len(fresh)-1].seq))
	for i, tier := range s.options.Tiers {
		cells, rest, err := openOf(blob, tier.Step)
		if err != nil {
			return f, err
		}
		blob = rest
		since := horizon(now, tier.Keep)
		for _, p := range fresh {
			if p.time+tier.Step > since {
				cells = rollup.Fold(cells, tier.Step, p.bucket())
			}
		}
		if len(cells) > openCells {
			last := len(cells) - 1
			f.pieces = spill(f.pieces, i, tier.Step, cells[:last])
			cells = cells[last:]
		}
		f.record = rollup.AppendCells(f.record, tier.Step, cells)
	}
	return f, nil
}

// spill parts cells by the chunks that they belong to.
func spill(pieces []piece, tier int, step int64, cells []rollup.Cell) []piece {
	for len(cells) > 0 {
		index, n := rollup.Chunk(cells[0].Start, step), 1
		for n < len(cells) && rollup.Chunk(cells[n].Start, step) == index {
			n++
		}
		pieces = append(pieces, piece{tier, index, rollup.AppendCells(nil, step, cells[:n])})
		cells = cells[n:]
	}
	return pieces
}

// chunks is the hash of a tier of a metric: index to pieces, each as rollup.AppendCells
// wrote it, in the order of their seqs.
func (s *Store) chunks(num uint32, tier int) string {
	return s.prefix + "c:" + strconv.FormatUint(uint64(num), 10) + ":" + strconv.Itoa(tier)
}

// readCells parts a field of the hash cells: the seq that it reaches to, and the open cells of each tier.
func readCells(record string) (taken uint64, blob []byte, err error) {
	if record == "" {
		return 0, nil, nil
	}
	r := reading{b: record}
	taken = uint64(r.number())
	return taken, []byte(r.b), r.err
}

// openOf reads the open cells of the next tier; a new metric has none.
func openOf(blob []byte, step int64) ([]rollup.Cell, []byte, error) {
	if len(blob) == 0 {
		return nil, nil, nil
	}
	return rollup.Cells(blob, step)
}
