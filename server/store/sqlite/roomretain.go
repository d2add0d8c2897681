package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// retainRooms removes the rows of which no message is kept any more, in steps
// between which posts go on. What else is beyond a bound the extents hide.
func (s *Store) retainRooms(ctx context.Context) error {
	horizon := s.now() - s.options.RoomAge.Milliseconds()
	for _, e := range s.due(horizon) {
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
	return s.sweep(ctx)
}

// due are the rooms that may have rows to remove.
func (s *Store) due(horizon int64) (due []*roomEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms.grown = 0
	for _, e := range s.rooms.sorted {
		if e.run != nil {
			if e.run.rows > s.options.RunBytes {
				due = append(due, e)
			}
			continue
		}
		if n := e.last - e.pruned; n > uint64(s.options.RoomMessages) || n > 0 && (e.since <= horizon || e.first > e.pruned+1) {
			due = append(due, e)
		}
	}
	return due
}

// prune removes the next of a room's rows, and says whether there may be more.
func (s *Store) prune(e *roomEntry, horizon int64) (more bool, err error) {
	s.w.Lock()
	defer s.w.Unlock()
	if e.leaving {
		return false, nil
	}
	if e.run != nil {
		return s.pruneRun(e)
	}
	n, oldest, removed := 0, int64(0), newest{}
	err = s.lazily(func() error {
		keep := e.last - min(e.last, uint64(s.options.RoomMessages)) + 1
		if n, removed, err = s.pruneRows(e.num, keep, horizon); n == 0 || err != nil {
			return err
		}
		if _, err := s.sql.pruned.Exec(int64(removed.last), removed.time, e.num); err != nil {
			return err
		}
		if err := s.sql.oldest.QueryRow(messageKey(e.num, 0), messageKey(e.num, maxSeq)).Scan(&oldest); !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return nil
	})
	if n == 0 || err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.pruned = removed.last; e.first <= e.pruned {
		e.first, e.since = e.pruned+1, oldest
	}
	return n == s.bounds.rowStep, nil
}

// pruneRows removes rows that end before the seq keep, or are as old as horizon,
// and answers how many and the newest message of them.
func (s *Store) pruneRows(num int64, keep uint64, horizon int64) (n int, last newest, err error) {
	removed, err := s.sql.pruneMessages.Query(messageKey(num, 0), messageKey(num, maxSeq), messageKey(num, keep), horizon, s.bounds.rowStep)
	if err != nil {
		return 0, last, err
	}
	defer removed.Close()
	for ; removed.Next(); n++ {
		var key, at int64
		if err := removed.Scan(&key, &at); err != nil {
			return n, last, err
		}
		last = newest{max(last.last, uint64(key&maxSeq)), max(last.time, at)}
	}
	return n, last, removed.Err()
}

// sweep removes the messages of rooms that made place.
func (s *Store) sweep(ctx context.Context) error {
	for {
		var num int64
		s.w.Lock()
		err := s.sql.nextLeft.QueryRow().Scan(&num)
		s.w.Unlock()
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = s.steps(ctx, int64(s.bounds.rowStep), func() (int64, error) {
				return affected(s.sql.pruneLeft.Exec(messageKey(num, 0), messageKey(num, maxSeq), s.bounds.rowStep))
			})
		}
		if err == nil {
			err = s.steps(ctx, 1, func() (int64, error) { _, err := s.sql.emptied.Exec(num); return 0, err })
		}
		if err != nil {
			return fmt.Errorf("remove the messages of a room that made place: %w", err)
		}
	}
}
