package redis

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/server/store/lines"
	"telltale/shared/room"
)

//go:embed lua/row.lua
var rowBody string

//go:embed lua/page.lua
var pageBody string

var (
	firstAfter = rueidis.NewLuaScript(rowBody)
	pageOf     = rueidis.NewLuaScript(pageBody)
)

// Rooms are all rooms, sorted by name.
func (s *Store) Rooms(ctx context.Context) ([]ledger.RoomSummary, error) {
	s.mu.RLock()
	entries := slices.Collect(maps.Values(s.halls.rooms))
	s.mu.RUnlock()
	slices.SortFunc(entries, func(a, b *roomEntry) int { return strings.Compare(a.name, b.name) })
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
	e, passed := s.room(name)
	if e == nil {
		return ledger.Extent{First: passed + 1, Last: passed}, nil
	}
	extent, _, err := s.extent(ctx, e)
	return extent, err
}

// room finds a room; nil where there is none.
func (s *Store) room(name string) (e *roomEntry, passed uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.halls.rooms[name], s.halls.passed
}

// extent answers the time of the newest message besides. Only where messages have become
// too old since it was last asked does it ask Redis; while that is away they are still there.
func (s *Store) extent(ctx context.Context, e *roomEntry) (x ledger.Extent, at int64, err error) {
	horizon := s.now() - s.options.RoomAge.Milliseconds()
	s.mu.RLock()
	x, at = ledger.Extent{First: e.first, Last: e.last}, e.time
	since, ordinary := e.since, !e.ofRun()
	s.mu.RUnlock()
	if !ordinary {
		return x, at, nil
	}
	x, sure := x.Within(uint64(s.options.RoomMessages), since, at, horizon)
	if sure {
		return x, at, nil
	}
	first, since, err := s.firstAfter(ctx, e.name, x, at, horizon)
	if _, away := s.Stale(); err != nil && away {
		return x, at, nil
	}
	if err != nil {
		return x, at, err
	}
	x.First = first
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.first <= x.First {
		e.first, e.since = x.First, since
	}
	return x, at, nil
}

// firstAfter finds the first message of an extent that was kept after horizon, as its
// last was, at newest; and when that was.
func (s *Store) firstAfter(ctx context.Context, name string, x ledger.Extent, newest, horizon int64) (seq uint64, at int64, err error) {
	found, err := s.run(ctx, firstAfter, []string{name, strconv.FormatUint(x.First, 10), strconv.FormatUint(x.Last, 10),
		strconv.FormatInt(newest, 10), strconv.FormatInt(horizon, 10)}).ToString()
	if err != nil {
		return 0, 0, unreadable(fmt.Errorf("read when messages were kept: %w", err))
	}
	r := reading{b: found}
	return uint64(r.number()), int64(r.number()), r.err
}

// Messages are those after a seq. It reads whole rows, so up to rowBytes that it leaves
// out again before the first and after the last.
func (s *Store) Messages(ctx context.Context, name string, after uint64, limit int) ([]room.Message, error) {
	e, _ := s.room(name)
	if e == nil || limit <= 0 {
		return nil, nil
	}
	x, _, err := s.extent(ctx, e)
	if after = max(after, x.First-1); err != nil || after >= x.Last {
		return nil, err
	}
	page := lines.Page{Room: name, After: after, UpTo: x.Last, Limit: limit}
	if held, err := s.remembered(e, &page); held || err != nil {
		return page.Messages, err
	}
	rows, err := s.run(ctx, pageOf, []string{name, strconv.FormatUint(after+1, 10), strconv.Itoa(limit), strconv.Itoa(lines.PageBytes)}).AsStrSlice()
	if err != nil {
		return nil, unreadable(fmt.Errorf("read messages: %w", err))
	}
	for i := 0; i+1 < len(rows) && !page.Full; i += 2 {
		r := reading{b: rows[i]}
		first, at := uint64(r.number()), int64(r.number())
		if err := cmp.Or(r.err, page.Add(first, at, []byte(rows[i+1]))); err != nil {
			return nil, fmt.Errorf("read messages of %s from seq %d: %w", name, first, err)
		}
	}
	return page.Messages, nil
}

// SeqBefore is the seq of the newest message older than time.
func (s *Store) SeqBefore(ctx context.Context, name string, time int64) (uint64, error) {
	e, passed := s.room(name)
	if e == nil {
		return passed, nil
	}
	x, newest, err := s.extent(ctx, e)
	if err != nil || x.First > x.Last || newest < time {
		return x.Last, err
	}
	first, _, err := s.firstAfter(ctx, name, x, newest, time-1)
	return first - 1, err
}
