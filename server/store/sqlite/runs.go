package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"telltale/server/ledger"
	"telltale/shared/run"
)

// runs are all runs in memory. Written with both locks of the Store held.
type runs struct{ byID map[string]*runEntry }

// runEntry is a run in memory.
type runEntry struct {
	room    *roomEntry      // its number is the run's too
	decided ledger.Standing // as of the batch being decided; guarded by Store.w

	kept ledger.Standing // as committed; it and what follows are guarded by Store.mu
	rows int64           // bytes of the rows of its room
}

// Run answers how a run stands.
func (s *Store) Run(_ context.Context, id string) (run.Run, uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.runs.byID[id]
	if e == nil {
		return run.Run{}, 0, ledger.ErrNoRun
	}
	return e.kept.Run, e.kept.Taken, nil
}

// Runs are all runs, the newest start first.
func (s *Store) Runs(context.Context) ([]run.Run, error) {
	s.mu.RLock()
	all := make([]run.Run, 0, len(s.runs.byID))
	for _, e := range s.runs.byID {
		all = append(all, e.kept.Run)
	}
	s.mu.RUnlock()
	slices.SortFunc(all, func(a, b run.Run) int {
		return cmp.Or(cmp.Compare(b.Started, a.Started), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

// RunOf is the run that a key has begun.
func (s *Store) RunOf(_ context.Context, key string, digest uint64) (string, error) {
	s.w.Lock()
	defer s.w.Unlock()
	if s.closed {
		return "", s.Writable()
	}
	keys := keySet{store: s, now: s.now()}
	known, err := keys.row(key)
	if known == nil || err != nil {
		return "", err
	}
	again, err := known.posted(&ledger.Post{Digest: digest, Run: &ledger.Standing{}})
	if err == nil {
		err = again.Err
	}
	return again.Run, err
}

// report decides the news of a run and answers its room.
func (p *posting) report(news *ledger.Standing) (*roomEntry, error) {
	id := news.Run.ID
	e := p.runs[id]
	if e == nil {
		if e = p.store.runs.byID[id]; e == nil || e.room.leaving {
			var err error
			if e, err = p.begin(id); err != nil {
				return nil, err
			}
		}
		p.runs[id] = e
	}
	now, before := *news, e.decided.Run
	if before.State.Settled() {
		now.Run.State, now.Run.Code, now.Run.Signal, now.Run.Duration = before.State, before.Code, before.Signal, before.Duration
	}
	e.decided = now
	return e.room, nil
}

// begin makes a run and its room, which may have been anybody's.
func (p *posting) begin(id string) (*runEntry, error) {
	name := run.Room(id)
	room := p.known(name)
	if room == nil {
		var err error
		if room, err = p.create(name); err != nil {
			return nil, err
		}
		room.time, room.decided.time = p.now, p.now
	} else {
		p.ordinary--
	}
	e := &runEntry{room: room}
	p.begun[room] = e
	p.endOldest()
	return e, nil
}

// endOldest lets runs that ended make place, where there are too many: those that began
// first, and the last ones of each command after all others.
func (p *posting) endOldest() {
	s := p.store
	over := len(s.runs.byID) + len(p.begun) - p.gone - s.options.MaxRuns
	if over <= 0 {
		return
	}
	var ended []*runEntry
	for id, e := range s.runs.byID {
		if e.kept.Run.State.Final() && !e.room.leaving && p.runs[id] == nil {
			ended = append(ended, e)
		}
	}
	slices.SortFunc(ended, func(a, b *runEntry) int {
		return cmp.Or(cmp.Compare(a.kept.Run.Started, b.kept.Run.Started), strings.Compare(a.kept.Run.ID, b.kept.Run.ID))
	})
	last, of := map[*runEntry]bool{}, map[string]int{}
	for _, e := range slices.Backward(ended) {
		of[e.kept.Run.Command]++
		last[e] = of[e.kept.Run.Command] <= ledger.LastRuns
	}
	slices.SortStableFunc(ended, func(a, b *runEntry) int { return compareBool(last[a], last[b]) })
	for _, e := range ended[:min(over, len(ended))] {
		e.room.leaving = true
		p.left = append(p.left, e.room)
		p.gone++
	}
}

// compareBool has false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// runOf is the run whose room it is; nil for an ordinary room.
func (p *posting) runOf(e *roomEntry) *runEntry {
	if e.run != nil {
		return e.run
	}
	return p.begun[e]
}

// grow notes how much the batch adds to the rooms of runs.
func (p *posting) grow() {
	for i := range p.rows {
		if e := p.runOf(p.rows[i].room); e != nil {
			p.grown[e] += int64(len(p.rows[i].lines))
		}
	}
	for _, e := range p.runs {
		p.grown[e] += 0
	}
}

func (p *posting) writeRuns() error {
	for e, bytes := range p.grown {
		text, err := json.Marshal(e.decided.Run)
		if err != nil {
			return fmt.Errorf("keep a run: %w", err)
		}
		if _, err := p.store.sql.keepRun.Exec(e.room.num, string(text), int64(e.decided.Taken), e.rows+bytes); err != nil {
			return fmt.Errorf("keep a run: %w", err)
		}
	}
	return nil
}

// showRuns lets readers see the runs of the batch; its caller holds both locks.
func (p *posting) showRuns() {
	for room, e := range p.begun {
		room.run = e
	}
	maps.Copy(p.store.runs.byID, p.runs)
	for e, bytes := range p.grown {
		e.kept = e.decided
		e.rows += bytes
	}
}

// loadRuns brings the runs into memory, whose rooms are there.
func (s *Store) loadRuns(ctx context.Context) error {
	byNum := make(map[int64]*roomEntry, len(s.rooms.sorted))
	for _, e := range s.rooms.sorted {
		byNum[e.num] = e
	}
	return s.each(ctx, "SELECT num, run, taken, rows FROM runs", nil, func(scan func(...any) error) error {
		e := &runEntry{}
		var num, taken int64
		var text string
		if err := scan(&num, &text, &taken, &e.rows); err != nil {
			return err
		}
		if e.room = byNum[num]; e.room == nil {
			return fmt.Errorf("%w: a run has no room", ErrCorrupt)
		}
		if err := json.Unmarshal([]byte(text), &e.kept.Run); err != nil {
			return fmt.Errorf("%w: the run of %s: %w", ErrCorrupt, e.room.name, err)
		}
		e.kept.Taken = uint64(taken)
		e.decided, e.room.run = e.kept, e
		s.runs.byID[e.kept.Run.ID] = e
		return nil
	})
}

// pruneRun removes the oldest of the rows of a run's room that its bound allows to
// remove, and says whether there may be more. Its caller holds w.
func (s *Store) pruneRun(e *roomEntry) (more bool, err error) {
	held, removed := e.run.rows, newest{}
	err = s.lazily(func() error {
		upTo := int64(0)
		if upTo, held, removed, err = s.beyond(e.num, held); upTo == 0 || err != nil {
			return err
		}
		if _, err := s.sql.removeMessages.Exec(messageKey(e.num, 0), upTo); err != nil {
			return err
		}
		if _, err := s.sql.runRows.Exec(held, e.num); err != nil {
			return err
		}
		_, err := s.sql.pruned.Exec(int64(removed.last), removed.time, e.num)
		return err
	})
	if err != nil || removed.last == 0 {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.run.rows, e.pruned, e.first = held, removed.last, removed.last+1
	return held > s.options.RunBytes, nil
}

// beyond finds the next rows of a run's room that may go: up to which key, how much
// is held without them, and the newest message of them.
func (s *Store) beyond(num, held int64) (upTo, left int64, last newest, err error) {
	rows, err := s.sql.rowSizes.Query(messageKey(num, 0), messageKey(num, maxSeq), s.bounds.rowStep)
	if err != nil {
		return 0, held, last, err
	}
	defer rows.Close()
	for rows.Next() {
		var key, at, size int64
		if err := rows.Scan(&key, &at, &size); err != nil {
			return 0, held, last, err
		}
		if held-size < s.options.RunBytes {
			break
		}
		held -= size
		upTo, last = key, newest{uint64(key & maxSeq), max(last.time, at)}
	}
	return upTo, held, last, rows.Err()
}
