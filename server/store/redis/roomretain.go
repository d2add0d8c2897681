package redis

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
)

//go:embed lua/prune.lua
var pruneBody string

var prune = changing(pruneBody)

// pruneStep is how many rows, of about 64 KiB at most, one call looks at.
const pruneStep = 16

// retainRooms removes the rows of which no message is kept any more, in steps between
// which posts go on. What else is beyond a bound the extents hide.
func (s *Store) retainRooms(ctx context.Context) error {
	horizon := s.now() - s.options.RoomAge.Milliseconds()
	for _, e := range s.dueRooms(horizon) {
		for more := true; more; {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if more, err = s.prune(e, horizon); err != nil {
				return fmt.Errorf("prune the room %s: %w", e.name, err)
			}
		}
	}
	return nil
}

// dueRooms are the rooms that may have rows to remove.
func (s *Store) dueRooms(horizon int64) (due []roomEntry) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.halls.rooms {
		n := e.last - e.pruned
		switch {
		case e.ofRun():
			if e.bytes > s.options.RunBytes {
				due = append(due, *e)
			}
		case n > uint64(s.options.RoomMessages) || n > 0 && (e.since <= horizon || e.first > e.pruned+1):
			due = append(due, *e)
		}
	}
	return due
}

// prune removes the next of a room's rows, and says whether there may be more.
func (s *Store) prune(e roomEntry, horizon int64) (more bool, err error) {
	keep := e.last - min(e.last, uint64(s.options.RoomMessages)) + 1
	done, err := s.commit(&s.prunes, prune, e.name, strconv.Itoa(pruneStep), strconv.FormatUint(keep, 10),
		strconv.FormatInt(horizon, 10), strconv.FormatInt(s.options.RunBytes, 10))
	if err != nil {
		return false, err
	}
	answer, _, err := splitAnswer(done.payload)
	return answer == "1", err
}
