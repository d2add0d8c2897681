package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"telltale/server/ledger"
	"telltale/server/store/lines"
	"telltale/shared/room"
)

// Rooms are all rooms, sorted by name.
func (s *Store) Rooms(ctx context.Context) ([]ledger.RoomSummary, error) {
	s.mu.RLock()
	entries := append([]*roomEntry(nil), s.rooms.sorted...)
	s.mu.RUnlock()
	all := make([]ledger.RoomSummary, len(entries))
	for i, e := range entries {
		extent, at, err := s.extent(ctx, e)
		if err != nil {
			return nil, err
		}
		all[i] = ledger.RoomSummary{Room: e.name, Extent: extent, Time: at}
	}
	return all, nil
}

// Extent is which messages of a room are kept.
func (s *Store) Extent(ctx context.Context, name string) (ledger.Extent, error) {
	s.mu.RLock()
	e, passed := s.rooms.byName[name], s.rooms.passed
	s.mu.RUnlock()
	if e == nil {
		return ledger.Extent{First: passed + 1, Last: passed}, nil
	}
	extent, _, err := s.extent(ctx, e)
	return extent, err
}

// extent answers the time of the newest message besides. Only where messages
// have become too old since it was last asked does it read the file.
func (s *Store) extent(ctx context.Context, e *roomEntry) (x ledger.Extent, at int64, err error) {
	horizon := s.now() - s.options.RoomAge.Milliseconds()
	s.mu.RLock()
	x, at = ledger.Extent{First: e.first, Last: e.last}, e.time
	since, ordinary := e.since, e.run == nil
	s.mu.RUnlock()
	if !ordinary {
		return x, at, nil
	}
	x, sure := x.Within(uint64(s.options.RoomMessages), since, at, horizon)
	if sure {
		return x, at, nil
	}
	if x.First, since, err = s.firstAfter(ctx, e.num, x, at, horizon); err != nil {
		return x, at, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.first <= x.First {
		e.first, e.since = x.First, since
	}
	return x, at, nil
}

// firstAfter finds the first message of an extent that was kept after horizon, as
// its last was, at newest; and when that was. Times rise with seqs: it asks for
// a row some 17 times, where a look at all would read 100,000.
func (s *Store) firstAfter(ctx context.Context, num int64, x ledger.Extent, newest, horizon int64) (seq uint64, at int64, err error) {
	seq, at = x.Last, newest
	for lo := x.First; lo < seq; {
		middle := lo + (seq-lo)/2
		var first uint64
		var key, t int64
		err := s.query.rowOf.QueryRowContext(ctx, messageKey(num, middle), messageKey(num, maxSeq)).Scan(&key, &first, &t)
		if errors.Is(err, sql.ErrNoRows) {
			return seq, at, nil // the room has made place meanwhile
		}
		if err != nil {
			return 0, 0, fmt.Errorf("read when messages were kept: %w", err)
		}
		if t <= horizon {
			lo = uint64(key&maxSeq) + 1
			continue
		}
		if seq, at = max(first, lo), t; first > middle {
			break // all before it is removed meanwhile
		}
	}
	return seq, at, nil
}

// Messages are those after a seq. It reads whole rows, so up to rowBytes that it
// leaves out again before the first and after the last.
func (s *Store) Messages(ctx context.Context, name string, after uint64, limit int) ([]room.Message, error) {
	s.mu.RLock()
	e := s.rooms.byName[name]
	s.mu.RUnlock()
	if e == nil || limit <= 0 {
		return nil, nil
	}
	x, _, err := s.extent(ctx, e)
	if after = max(after, x.First-1); err != nil || after >= x.Last {
		return nil, err
	}
	found, err := s.query.messages.QueryContext(ctx, messageKey(e.num, after+1), messageKey(e.num, maxSeq))
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	defer found.Close()
	page := lines.Page{Room: name, After: after, UpTo: x.Last, Limit: limit}
	for !page.Full && found.Next() {
		var first uint64
		var at int64
		var blob sql.RawBytes
		if err := found.Scan(&first, &at, &blob); err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		if err := page.Add(first, at, blob); err != nil {
			return nil, fmt.Errorf("read messages of %s from seq %d: %w", name, first, err)
		}
	}
	// A row that was scanned as RawBytes is held until the next or the end: Err, beside a
	// context that ends, would wait for it for ever.
	if err := errors.Join(found.Close(), found.Err()); err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	return page.Messages, nil
}

// SeqBefore is the seq of the newest message older than time.
func (s *Store) SeqBefore(ctx context.Context, name string, time int64) (uint64, error) {
	s.mu.RLock()
	e := s.rooms.byName[name]
	s.mu.RUnlock()
	if e == nil {
		x, err := s.Extent(ctx, name)
		return x.Last, err
	}
	x, newest, err := s.extent(ctx, e)
	if err != nil || x.First > x.Last || newest < time {
		return x.Last, err
	}
	first, _, err := s.firstAfter(ctx, e.num, x, newest, time-1)
	return first - 1, err
}
