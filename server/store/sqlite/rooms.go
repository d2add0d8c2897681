package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// rooms are all rooms in memory. Written with both locks of the Store held, so
// that a holder of either may read.
type rooms struct {
	byName map[string]*roomEntry
	sorted []*roomEntry
	next   int64  // number of the next new room
	passed uint64 // highest seq of any room that made place
	grown  int    // bytes of messages since retention last looked
}

// roomEntry is a room in memory.
type roomEntry struct {
	num     int64
	name    string
	decided newest    // as of the batch being decided; guarded by Store.w
	leaving bool      // makes place, or has; guarded by Store.w
	run     *runEntry // whose room it is; nil for an ordinary one; as rooms

	newest        // as committed; it and what follows are guarded by Store.mu
	first  uint64 // everything before it is gone
	since  int64  // when first was kept, or earlier; ms since 1970
	pruned uint64 // everything up to it is removed from the file
}

// newest is a room's newest message.
type newest struct {
	last uint64 // its seq
	time int64  // ms since 1970
}

func (r *rooms) find(name string) (int, bool) {
	return slices.BinarySearchFunc(r.sorted, name, func(e *roomEntry, name string) int { return strings.Compare(e.name, name) })
}

func (r *rooms) insert(e *roomEntry) {
	i, _ := r.find(e.name)
	r.sorted = slices.Insert(r.sorted, i, e)
	r.byName[e.name] = e
}

func (r *rooms) remove(e *roomEntry) {
	i, _ := r.find(e.name)
	r.sorted = slices.Delete(r.sorted, i, i+1)
	delete(r.byName, e.name)
}

// Bounds of a message's key: how many rooms a store may make in its life, and the
// last seq of each.
const (
	seqBits    = 41
	maxSeq     = 1<<seqBits - 1
	maxRoomNum = 1<<(63-seqBits) - 1
)

// messageKey is a row's place among all rows: those of a room lie together, by
// seq. A key of two columns would be one of an index, where SQLite reads all of a
// long row to compare it.
func messageKey(num int64, seq uint64) int64 { return num<<seqBits | int64(min(seq, maxSeq)) }

// loadRooms brings the rooms into memory. How far each reaches its rows' keys say,
// so that appending writes one row and no more.
func (s *Store) loadRooms(ctx context.Context) error {
	err := s.each(ctx, `SELECT num, name, pruned, rooms.time, coalesce(key, 0), coalesce(newest.time, 0),
			coalesce((SELECT time FROM messages WHERE key BETWEEN num << ?1 AND num << ?1 | ?2 ORDER BY key LIMIT 1), 0)
		FROM rooms LEFT JOIN messages AS newest
		ON key = (SELECT max(key) FROM messages WHERE key BETWEEN num << ?1 AND num << ?1 | ?2)
		ORDER BY name`, []any{seqBits, maxSeq},
		func(scan func(...any) error) error {
			e := &roomEntry{}
			var key, at int64
			err := scan(&e.num, &e.name, &e.pruned, &at, &key, &e.time, &e.since)
			e.first, e.newest = e.pruned+1, newest{max(uint64(key&maxSeq), e.pruned), max(e.time, at)}
			e.decided = e.newest
			s.rooms.sorted = append(s.rooms.sorted, e)
			s.rooms.byName[e.name] = e
			return err
		})
	if err != nil {
		return fmt.Errorf("read the rooms: %w", err)
	}
	return s.each(ctx, "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'rooms'", nil,
		func(scan func(...any) error) error { return scan(&s.rooms.next) })
}
