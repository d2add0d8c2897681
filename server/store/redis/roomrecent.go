package redis

import (
	"cmp"
	"fmt"
	"slices"

	"telltale/server/store/lines"
)

// recentBytes is how much of what was said lately a process holds in memory, over all
// rooms: those who fall behind read it there, also while Redis is away.
const recentBytes = 16 << 20

// rowCost is about what a row takes besides its messages.
const rowCost = 128

// row is a row of messages as it is in Redis.
type row struct {
	first, last uint64
	time        int64
	lines       string
}

// recent are the rows in memory, the oldest first, by the room that has them.
type recent struct {
	rooms []*roomEntry
	bytes int
}

// add lets a room have one more row, and others one less where they are too many.
func (r *recent) add(e *roomEntry, one row) {
	if n := len(e.rows); n > 0 && e.rows[n-1].last+1 != one.first {
		return // heard again after a reload
	}
	e.rows = append(e.rows, one)
	r.rooms = append(r.rooms, e)
	for r.bytes += rowCost + len(one.lines); r.bytes > recentBytes; {
		oldest := r.rooms[0]
		r.rooms[0] = nil
		r.rooms = r.rooms[1:]
		r.bytes -= rowCost + len(oldest.rows[0].lines)
		oldest.rows[0] = row{}
		oldest.rows = oldest.rows[1:]
	}
}

// remembered fills the page, where memory has what it begins with.
func (s *Store) remembered(e *roomEntry, page *lines.Page) (held bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(e.rows) == 0 || page.After+1 < e.rows[0].first {
		return false, nil
	}
	i, _ := slices.BinarySearchFunc(e.rows, page.After+1, func(r row, seq uint64) int { return cmp.Compare(r.last, seq) })
	for _, r := range e.rows[i:] {
		if page.Full {
			break
		}
		if err := page.Add(r.first, r.time, []byte(r.lines)); err != nil {
			return true, fmt.Errorf("read messages of %s from seq %d: %w", e.name, r.first, err)
		}
	}
	return true, nil
}
