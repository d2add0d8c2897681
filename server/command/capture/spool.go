package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"telltale/shared/room"
)

// Partial is how long what came of a line that has not ended is waited for to go on.
const Partial = 200 * time.Millisecond

// MaxBody is the longest body that a spool gives, bytes.
const MaxBody = 256 << 10

// Options bound a spool. The zero value is fine.
type Options struct {
	Memory int64  // bytes in memory, 4 MiB; past it output goes to a file
	Disk   int64  // bytes in the file, 1 GiB
	Dir    string // where the file is made, os.TempDir; it has no name once it is open
}

// ErrReleased says that a spool does not hold what was asked for.
var ErrReleased = errors.New("the output is no longer held")

// Spool is output on its way: what was written to it and is not released, in order.
// Many goroutines may write; one reads.
type Spool struct {
	news chan struct{} // signalled when there may be something to give

	mu      sync.Mutex // guards what follows
	tails   [2]tail    // of the lines of stdout and stderr that have not ended
	filling []byte     // the block that is being filled
	last    int        // where the last segment of filling begins
	blocks  []block    // in order; what follows the last one is in filling
	base    uint64     // where the first block, or else filling, begins
	sealed  uint64     // where filling begins
	ends    uint64     // where it ends
	memory  int64      // bytes of blocks in memory
	most    int64      // and their bound
	disk    disk
	ended   bool
	lost    loss
}

// tail is what has come of a line.
type tail struct {
	text  []byte
	since time.Time
}

// block is a body that is complete.
type block struct {
	from, to uint64 // bytes of output before it, and with it
	lines    uint64
	body     []byte // nil: it is in the file
	slot     int64
	size     int
}

// loss is what was left out.
type loss struct {
	bytes, lines uint64 // in all
	untold       uint64 // bytes of which nothing was said yet
}

// NewSpool makes an empty spool, which must be closed.
func NewSpool(o Options) *Spool {
	if o.Memory == 0 {
		o.Memory = 4 << 20
	}
	if o.Disk == 0 {
		o.Disk = 1 << 30
	}
	return &Spool{news: make(chan struct{}, 1), most: o.Memory, disk: disk{dir: o.Dir, slots: o.Disk / MaxBody}}
}

// Write takes output, which it does not keep. What there is no place for is left
// out. It must not be called after End.
func (s *Spool) Write(stream room.Stream, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.tails[number(stream)-1]
	if end := bytes.LastIndexByte(text, '\n') + 1; end > 0 {
		whole := text[:end]
		if len(t.text) > 0 {
			whole = append(t.text, whole...)
		}
		s.put(stream, whole)
		t.text, text = t.text[:0], text[end:]
	}
	if len(text) > 0 {
		if len(t.text) == 0 {
			t.since = time.Now()
		}
		t.text = append(t.text, text...)
		if len(t.text) >= room.MaxLine {
			s.flush(stream, t)
		}
	}
	s.signal()
}

// flush lets go of what came of a line, but for a rune that has only begun.
func (s *Spool) flush(stream room.Stream, t *tail) {
	keep := unfinished(t.text)
	if keep == len(t.text) {
		keep = 0 // it was waited for already
	}
	give := len(t.text) - keep
	s.put(stream, t.text[:give])
	t.text = append(t.text[:0], t.text[give:]...)
	t.since = time.Now()
	if keep == 0 && cap(t.text) > room.MaxLine/16 {
		t.text = nil // few lines are long
	}
}

// put adds text to the block that is being filled, and to further ones.
func (s *Spool) put(stream room.Stream, text []byte) {
	for len(text) > 0 {
		some := text[:min(len(text), MaxBody/2)]
		if end := bytes.LastIndexByte(some, '\n') + 1; end > 0 && len(some) < len(text) {
			some = some[:end] // a block ends where a line ends
		}
		if !s.fit(header + len(some) + s.note()) {
			s.lost.bytes += uint64(len(text))
			s.lost.untold += uint64(len(text))
			s.lost.lines += countLines(text)
			return
		}
		s.tell()
		s.add(stream, some)
		text = text[len(some):]
	}
}

// fit makes place in the block for so many bytes, by completing it if need be.
func (s *Spool) fit(n int) bool { return len(s.filling)+n <= MaxBody || s.seal() }

// add writes text into the block, which has place for it.
func (s *Spool) add(stream room.Stream, text []byte) {
	if len(s.filling) > 0 && s.filling[s.last] == number(stream) {
		length := binary.BigEndian.Uint32(s.filling[s.last+1:])
		binary.BigEndian.PutUint32(s.filling[s.last+1:], length+uint32(len(text)))
		s.filling = append(s.filling, text...)
	} else {
		s.last = len(s.filling)
		s.filling = AppendSegment(s.filling, stream, text)
	}
	s.ends += uint64(len(text))
}

// note is the place that it takes to name what was left out.
func (s *Spool) note() int {
	if s.lost.untold == 0 {
		return 0
	}
	return header + 128
}

// tell names what was left out before, for which there is place.
func (s *Spool) tell() {
	if s.lost.untold > 0 {
		s.add(room.Stderr, fmt.Appendf(nil, "[telltale: %d bytes of output were left out here: there was no room for them]\n", s.lost.untold))
		s.lost.untold = 0
	}
}

// seal completes the block that is being filled; false where there is no place for
// it, and it stays.
func (s *Spool) seal() bool {
	if len(s.filling) == 0 {
		return true
	}
	b := block{from: s.sealed, to: s.ends, size: len(s.filling), slot: -1}
	if s.memory > 0 && s.memory+int64(b.size) > s.most {
		slot, err := s.disk.write(s.filling)
		if err != nil {
			return false
		}
		b.slot = slot
	}
	for body := s.filling; len(body) > 0; {
		_, text, rest, _ := segment(body)
		b.lines += countLines(text)
		body = rest
	}
	if b.slot >= 0 {
		s.filling = s.filling[:0]
	} else {
		s.memory += int64(b.size)
		b.body, s.filling = s.filling, nil
	}
	s.blocks = append(s.blocks, b)
	s.sealed, s.last = s.ends, 0
	return true
}

func (s *Spool) signal() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// End says that nothing more comes.
func (s *Spool) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.ended = true
		for i, stream := range []room.Stream{room.Stdout, room.Stderr} {
			s.put(stream, s.tails[i].text)
			s.tails[i].text = nil
		}
	}
	s.signal()
}

// Next gives output from an offset on, as a body of segments of at most MaxBody bytes,
// and the offset that it ends at. It waits until there is some: io.EOF after the last
// that was written before End, ErrReleased where from was released or has not come,
// and ctx's error where that ends first. The body holds until it is released; the
// same may be asked for again until then.
func (s *Spool) Next(ctx context.Context, from uint64) (body []byte, to uint64, err error) {
	for {
		body, to, wait, err := s.next(from)
		if body != nil || err != nil {
			return body, to, err
		}
		if err := s.wait(ctx, wait); err != nil {
			return nil, from, err
		}
	}
}

// wait waits for news, or for as long as a line that has not ended is waited for.
func (s *Spool) wait(ctx context.Context, limit time.Duration) error {
	var over <-chan time.Time
	if limit >= 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-s.news:
		return nil
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// next is Next without waiting: no body means that there is nothing yet, and wait
// how long until there is by itself, or that there never is.
func (s *Spool) next(from uint64) (body []byte, to uint64, wait time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from < s.base || from > s.ends {
		return nil, from, 0, fmt.Errorf("%w: offset %d", ErrReleased, from)
	}
	wait = s.flushOld()
	if from >= s.sealed {
		if from == s.ends && s.ended {
			s.tell()
		}
		if from == s.ends && s.ended {
			return nil, from, 0, io.EOF
		}
		if from == s.ends {
			return nil, from, wait, nil
		}
		s.keep()
	}
	i, _ := slices.BinarySearchFunc(s.blocks, from, func(b block, from uint64) int {
		if b.to <= from {
			return -1
		}
		return 1
	})
	b := s.blocks[i]
	if body = b.body; body == nil {
		if body, err = s.disk.read(b.slot, b.size); err != nil {
			return nil, from, 0, err
		}
	}
	return after(body, from-b.from), b.to, 0, nil
}

// keep completes the block that is being filled, which is about to be read, and so
// keeps it in memory whatever the bound.
func (s *Spool) keep() {
	most := s.most
	s.most = 1 << 62
	s.seal()
	s.most = most
}

// flushOld lets go of lines that were waited for, and answers how long it is until
// the next; -1 for none.
func (s *Spool) flushOld() time.Duration {
	next := time.Duration(-1)
	for i, stream := range []room.Stream{room.Stdout, room.Stderr} {
		t := &s.tails[i]
		if len(t.text) > 0 && time.Since(t.since) >= Partial {
			s.flush(stream, t)
		}
		if len(t.text) > 0 {
			if left := Partial - time.Since(t.since); next < 0 || left < next {
				next = max(left, 0)
			}
		}
	}
	return next
}

// after is what of a body follows its first n bytes of output.
func after(body []byte, n uint64) []byte {
	for n > 0 {
		stream, text, rest, _ := segment(body)
		if uint64(len(text)) > n {
			return append(AppendSegment(nil, stream, text[n:]), rest...)
		}
		body, n = rest, n-uint64(len(text))
	}
	return body
}

// Release forgets the output before an offset; a body that goes beyond it stays whole.
func (s *Spool) Release(upTo uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(s.blocks) && s.blocks[n].to <= upTo {
		if b := s.blocks[n]; b.body != nil {
			s.memory -= int64(b.size)
		} else {
			s.disk.free(b.slot)
		}
		s.base = s.blocks[n].to
		n++
	}
	s.blocks = slices.Delete(s.blocks, 0, n)
}

// Left says how much is held, and how much was left out, which is not in it.
func (s *Spool) Left() (lines, bytes, lostLines, lostBytes uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.blocks {
		lines += b.lines
	}
	for body := s.filling; len(body) > 0; {
		_, text, rest, _ := segment(body)
		lines += countLines(text)
		body = rest
	}
	bytes = s.ends - s.base
	for i := range s.tails {
		lines += countLines(s.tails[i].text)
		bytes += uint64(len(s.tails[i].text))
	}
	return lines, bytes, s.lost.lines, s.lost.bytes
}

// Close gives up all that is held, and the file.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocks, s.filling, s.tails = nil, nil, [2]tail{}
	s.base, s.sealed = s.ends, s.ends
	return s.disk.close()
}
