package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"telltale/server/ledger"
	"telltale/server/store/lines"
	"telltale/shared/room"
)

// Bounds of what is written of messages.
const (
	rowBytes   = 64 << 10 // a row takes no further message with so many; a reader of a page reads little besides
	grownBytes = 64 << 20 // of messages after which retention looks at the rooms early
	lookBytes  = 16 << 10 // of messages that grow the journal like a commit
)

// Post gives the posts their seqs, writes them as a row for each room, and lets
// readers see them. It does not stop for ctx: the batch belongs to many callers.
func (s *Store) Post(_ context.Context, batch []ledger.Post) ([]ledger.Posted, error) {
	s.w.Lock()
	defer s.w.Unlock()
	if s.closed {
		return nil, s.Writable()
	}
	now := s.now()
	p := &posting{store: s, now: now, keys: keySet{store: s, now: now}, open: map[*roomEntry]int{}, created: map[string]*roomEntry{}, passed: s.rooms.passed,
		ordinary: len(s.rooms.byName) - len(s.runs.byID), runs: map[string]*runEntry{}, begun: map[*roomEntry]*runEntry{}, grown: map[*runEntry]int64{}}
	answers := make([]ledger.Posted, len(batch))
	for i := range batch {
		var err error
		if answers[i], err = p.post(&batch[i]); err != nil {
			p.forget()
			return nil, err
		}
	}
	if err := p.write(); err != nil {
		p.forget()
		return nil, err
	}
	p.show()
	return answers, nil
}

// posting is a batch of posts being decided: nothing of it is seen by readers yet.
type posting struct {
	store   *Store
	now     int64
	keys    keySet
	rows    []row
	open    map[*roomEntry]int // the place in rows of the last one of each room
	created map[string]*roomEntry
	left    []*roomEntry // make place
	passed  uint64       // as rooms.passed will be

	ordinary int                      // rooms that are of no run, as they will be
	runs     map[string]*runEntry     // of which there is news
	begun    map[*roomEntry]*runEntry // those of them that are new
	gone     int                      // runs that make place
	grown    map[*runEntry]int64      // bytes that come into the rooms of runs

	used map[int64]bool // numbers of rooms, where there is no new one; nil before that is looked at

	looked bool         // for empty rooms
	empty  []*roomEntry // those that may make place, longest empty first
}

// row is a row of messages.
type row struct {
	room        *roomEntry
	first, last uint64
	time        int64
	by          string // the sender of the last
	lines       []byte
}

// post decides one post; its error means that the store could not be read.
func (p *posting) post(q *ledger.Post) (ledger.Posted, error) {
	if q.Key == "" {
		return p.say(q), nil
	}
	known, err := p.keys.row(q.Key)
	if err != nil {
		return ledger.Posted{}, err
	}
	if known == nil {
		answer := p.say(q)
		p.keys.keep(q.Key, q.Digest, ledger.AppendPosted(nil, *q, answer))
		return answer, nil
	}
	return known.posted(q)
}

// posted is what the key's post was answered, again.
func (known *keyRow) posted(q *ledger.Post) (ledger.Posted, error) {
	if known.digest != q.Digest {
		return ledger.Posted{Err: ledger.ErrKeyReused}, nil
	}
	again, err := ledger.ReadPosted(known.kept, *q)
	if errors.Is(err, ledger.ErrKeyReused) {
		return ledger.Posted{Err: err}, nil
	}
	if err != nil {
		return again, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	return again, nil
}

func (p *posting) say(q *ledger.Post) ledger.Posted {
	var e *roomEntry
	var err error
	if q.Run != nil {
		e, err = p.report(q.Run)
	} else {
		e, err = p.room(q.Room)
	}
	if err != nil {
		return ledger.Posted{Err: err}
	}
	at := max(p.now, e.decided.time)
	first := e.decided.last + 1
	if first+uint64(len(q.Lines)) > maxSeq {
		return ledger.Posted{Err: fmt.Errorf("%w: %s is at its last message", ledger.ErrTooManyRooms, q.Room)}
	}
	for i := range q.Lines {
		r := p.row(e, at)
		line := &q.Lines[i]
		r.lines = lines.Append(r.lines, r.by, room.Message{Sender: q.Sender, Stream: line.Stream, Content: line.Content, Raw: line.Raw, Open: line.Open})
		r.by = q.Sender
		r.last++
		e.decided = newest{r.last, at}
	}
	return ledger.Posted{First: first, Last: e.decided.last, Time: at}
}

// row is the room's row that the next message goes to.
func (p *posting) row(e *roomEntry, at int64) *row {
	i, found := p.open[e]
	if !found || len(p.rows[i].lines) >= rowBytes {
		i = len(p.rows)
		p.open[e] = i
		p.rows = append(p.rows, row{room: e, first: e.decided.last + 1, last: e.decided.last, time: at})
	}
	return &p.rows[i]
}

// known finds the room; nil where there is none.
func (p *posting) known(name string) *roomEntry {
	if e := p.store.rooms.byName[name]; e != nil && !e.leaving {
		return e
	}
	return p.created[name]
}

// room finds the room, or makes it.
func (p *posting) room(name string) (*roomEntry, error) {
	if e := p.known(name); e != nil {
		return e, nil
	}
	most := p.store.options.MaxRooms
	if over := p.ordinary + 1 - most; over > 0 && !p.makePlace(over) {
		return nil, fmt.Errorf("%w: the store keeps %d, and none of them is empty", ledger.ErrTooManyRooms, most)
	}
	e, err := p.create(name)
	if err == nil {
		p.ordinary++
	}
	return e, err
}

// create makes a room.
func (p *posting) create(name string) (*roomEntry, error) {
	num, err := p.number()
	if err != nil {
		return nil, err
	}
	e := &roomEntry{num: num, name: name, decided: newest{last: p.passed}, newest: newest{last: p.passed},
		first: p.passed + 1, pruned: p.passed}
	p.created[name] = e
	return e, nil
}

// number is a new room's: one that was never used, as long as there is one, which
// four million runs take. After that one of which nothing is left.
func (p *posting) number() (int64, error) {
	s := p.store
	if num := s.rooms.next; num <= s.bounds.roomNum {
		s.rooms.next++
		return num, nil
	}
	if p.used == nil {
		p.used = map[int64]bool{}
		for _, e := range s.rooms.sorted {
			p.used[e.num] = true
		}
		for _, e := range p.created {
			p.used[e.num] = true
		}
		err := s.each(context.Background(), "SELECT num FROM left_rooms", nil, func(scan func(...any) error) error {
			var num int64
			err := scan(&num)
			p.used[num] = true
			return err
		})
		if err != nil {
			p.used = nil
			return 0, fmt.Errorf("%w: number a room: %w", ledger.ErrUnavailable, err)
		}
	}
	for num := int64(1); num <= s.bounds.roomNum; num++ {
		if !p.used[num] {
			p.used[num] = true
			return num, nil
		}
	}
	return 0, fmt.Errorf("%w: of %d numbers for rooms none is free yet", ledger.ErrTooManyRooms, s.bounds.roomNum)
}

// makePlace lets the n rooms go that have been empty longest; false where so many
// are not.
func (p *posting) makePlace(n int) bool {
	if !p.looked {
		p.looked = true
		p.empty = append(p.empty, p.store.rooms.sorted...)
		slices.SortStableFunc(p.empty, func(a, b *roomEntry) int { return cmp.Compare(a.decided.time, b.decided.time) })
	}
	p.empty = slices.DeleteFunc(p.empty, func(e *roomEntry) bool { return !p.isEmpty(e) })
	if len(p.empty) < n {
		return false
	}
	for _, e := range p.empty[:n] {
		e.leaving = true
		p.left = append(p.left, e)
		p.passed = max(p.passed, e.decided.last)
	}
	p.empty = p.empty[n:]
	p.ordinary -= n
	return true
}

// isEmpty tells whether all the room's messages are too old.
func (p *posting) isEmpty(e *roomEntry) bool {
	return p.runOf(e) == nil && e.decided.time <= p.now-p.store.options.RoomAge.Milliseconds()
}

// forget takes back the whole decision.
func (p *posting) forget() {
	for _, r := range p.rows {
		r.room.decided = r.room.newest
	}
	for _, e := range p.left {
		e.leaving = false
	}
	for _, e := range p.runs {
		e.decided = e.kept
	}
}

// write makes the batch durable.
func (p *posting) write() error {
	s := p.store
	bytes := 0
	for i := range p.rows {
		bytes += len(p.rows[i].lines)
	}
	s.commits += bytes / lookBytes
	p.grow()
	switch {
	case len(p.rows) == 1 && len(p.created)+len(p.left)+len(p.keys.rows)+len(p.grown) == 0:
		return s.wrote(p.append())
	case len(p.rows)+len(p.keys.rows)+len(p.grown) > 0:
		return s.transaction(func() error {
			if err := p.writeRooms(); err != nil {
				return err
			}
			if err := p.writeLines(); err != nil {
				return err
			}
			if err := p.writeRuns(); err != nil {
				return err
			}
			return p.keys.write()
		})
	}
	return nil
}

// append is writeLines as a transaction of its own: one statement, then the disk.
func (p *posting) append() error {
	if p.store.lost != nil {
		return p.store.lost
	}
	if err := p.writeLines(); err != nil {
		return err
	}
	return p.store.syncJournal()
}

func (p *posting) writeLines() error {
	for i := range p.rows {
		r := &p.rows[i]
		if _, err := p.store.sql.say.Exec(messageKey(r.room.num, r.last), int64(r.first), r.time, r.lines); err != nil {
			return fmt.Errorf("write messages: %w", err)
		}
	}
	return nil
}

func (p *posting) writeRooms() error {
	q := &p.store.sql
	for _, e := range p.left {
		if _, err := q.leaveRoom.Exec(e.num); err != nil {
			return fmt.Errorf("let a room make place: %w", err)
		}
		if _, err := q.left.Exec(e.num); err != nil {
			return fmt.Errorf("let a room make place: %w", err)
		}
		if e.run == nil {
			continue
		}
		if _, err := q.leaveRun.Exec(e.num); err != nil {
			return fmt.Errorf("let a run make place: %w", err)
		}
	}
	if len(p.left) > 0 {
		if _, err := q.meta.Exec(metaPassed, int64(p.passed)); err != nil {
			return fmt.Errorf("let a room make place: %w", err)
		}
	}
	for _, e := range p.created {
		if _, err := q.createRoom.Exec(e.num, e.name, int64(e.pruned), e.newest.time); err != nil {
			return fmt.Errorf("make a room: %w", err)
		}
	}
	return nil
}

// show lets readers see the batch, which is durable now.
func (p *posting) show() {
	s := p.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range p.left {
		s.rooms.remove(e)
		if e.run != nil {
			delete(s.runs.byID, e.run.kept.Run.ID)
		}
	}
	s.rooms.passed = p.passed
	for _, e := range p.created {
		s.rooms.insert(e)
	}
	for i := range p.rows {
		r := &p.rows[i]
		if r.room.first > r.room.last {
			r.room.since = r.time
		}
		r.room.newest = newest{r.last, r.time}
		s.rooms.grown += len(r.lines)
	}
	p.showRuns()
	if s.rooms.grown >= grownBytes {
		tell(s.full)
	}
}
