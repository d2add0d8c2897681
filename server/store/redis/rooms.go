package redis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"telltale/server/ledger"
	"telltale/server/store/lines"
	"telltale/shared/room"
	"telltale/shared/run"
)

// halls are rooms, runs and boards as this process knows them, which is as of its
// place in the log. Guarded by Store.mu.
type halls struct {
	rooms  map[string]*roomEntry
	passed uint64 // highest seq of any room that made place
	recent recent
	grown  int // bytes of messages, to rooms and to users, since retention was asked for
	runs   map[string]ledger.Standing
	boards map[string]ledger.Board
}

func newHalls() halls {
	return halls{rooms: map[string]*roomEntry{}, runs: map[string]ledger.Standing{}, boards: map[string]ledger.Board{}}
}

// grownBytes are those of messages after which retention looks at the rooms and the log early.
const grownBytes = 64 << 20

// roomEntry is a room as it is known.
type roomEntry struct {
	name   string
	last   uint64 // seq of the newest message
	time   int64  // of that, or when the room was made; ms since 1970
	pruned uint64 // everything up to it is removed from Redis
	bytes  int64  // of the rows of a run's room; -1 for an ordinary one

	first uint64 // everything before it is gone
	since int64  // when first was kept, or earlier; ms since 1970

	rows []row // the newest, as far as memory holds them
}

func (e *roomEntry) ofRun() bool { return e.bytes >= 0 }

// hallsChanged is the kind of an event of rooms, runs and boards.
const hallsChanged = 'r'

// The kinds of changes that an event tells of, each with what it names and what follows:
// whole records.
const (
	roomChanged  = 'R' // a room, its record
	roomSaid     = 'S' // a room, a row of its messages
	roomLeft     = 'X' // a room: it made place
	roomsPassed  = 'P' // "", the highest seq of any room that made place
	runChanged   = 'N' // a run, its record
	runLeft      = 'Y' // a run: it made place
	boardChanged = 'B' // a board, its record and document; nothing where it was removed
)

// splitAnswer splits what an event of rooms carries: what its call is answered, and the changes.
func splitAnswer(payload string) (answer string, changes reading, err error) {
	r := reading{b: payload}
	answer = r.long()
	return answer, r, r.err
}

func (r *reading) short() string { return r.bytes(int(r.uint16())) }

func (r *reading) long() string { return r.bytes(int(r.uint32())) }

// takeRooms lets memory have an event of rooms, and tells the publisher what was said. Its
// caller holds follow.
func (s *Store) takeRooms(e event) error {
	_, changes, err := splitAnswer(e.payload)
	if err != nil {
		return err
	}
	said, boards, err := s.changeHalls(&changes)
	if err == nil && len(said) > 0 && s.publisher != nil {
		s.publisher.Say(said)
	}
	for _, id := range boards {
		if s.boards != nil {
			s.boards(id)
		}
	}
	return err
}

// changeHalls takes the changes, and answers what was said and which boards are others now.
func (s *Store) changeHalls(changes *reading) (said []room.Message, boards []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(changes.b) > 0 && err == nil {
		kind, name, payload := changes.byte(), changes.short(), changes.long()
		switch err = changes.err; {
		case err != nil:
		case kind == roomSaid:
			said, err = s.halls.say(said, name, payload)
		default:
			err = s.halls.change(kind, name, payload)
			if kind == boardChanged {
				boards = append(boards, name)
			}
		}
	}
	s.grow(0)
	return said, boards, err
}

// grow counts bytes that were said, and asks for retention where they are many. Its caller holds mu.
func (s *Store) grow(bytes int) {
	if s.halls.grown += bytes; s.halls.grown >= grownBytes {
		s.halls.grown = 0
		tell(s.keep.full)
	}
}

func (h *halls) change(kind byte, name, payload string) (err error) {
	r := reading{b: payload}
	switch kind {
	case roomChanged:
		return h.setRoom(name, payload)
	case roomLeft:
		delete(h.rooms, name)
	case roomsPassed:
		h.passed = uint64(r.number())
	case runChanged:
		h.runs[name], err = readRun(payload)
	case runLeft:
		delete(h.runs, name)
	case boardChanged:
		return h.setBoard(name, payload)
	}
	return cmp.Or(err, r.err)
}

// setRoom takes a room's record as it is in Redis.
func (h *halls) setRoom(name, record string) error {
	r := reading{b: record}
	last, time, pruned, since, bytes := uint64(r.number()), int64(r.number()), uint64(r.number()), int64(r.number()), int64(r.number())
	if r.err != nil {
		return fmt.Errorf("the record of the room %s: %w", name, r.err)
	}
	e := h.rooms[name]
	if e == nil {
		e = &roomEntry{name: name}
		h.rooms[name] = e
	}
	e.last, e.time, e.pruned, e.bytes = last, time, pruned, bytes
	if e.first <= pruned+1 {
		e.first, e.since = pruned+1, since
	}
	return nil
}

// say takes a row of messages, which it appends.
func (h *halls) say(all []room.Message, name, payload string) ([]room.Message, error) {
	r := reading{b: payload}
	seq, time := uint64(r.number()), int64(r.number())
	if r.err != nil {
		return all, fmt.Errorf("a row of the room %s: %w", name, r.err)
	}
	n := 0
	err := lines.Each([]byte(r.b), func(l *lines.Line) bool {
		// Without Raw, which nobody is told live.
		all = append(all, room.Message{Room: name, Seq: seq, Time: time, Sender: string(l.Sender), Stream: l.Stream,
			Content: string(l.Content), Open: l.Open})
		seq++
		n++
		return true
	})
	if err != nil {
		return all, fmt.Errorf("a row of the room %s: %w", name, err)
	}
	e := h.rooms[name]
	if e == nil {
		return all, nil // it has made place since
	}
	if e.first > e.last {
		e.since = time
	}
	e.last, e.time = max(e.last, seq-1), max(e.time, time)
	h.recent.add(e, row{seq - uint64(n), seq - 1, time, r.b})
	if e.ofRun() {
		e.bytes += int64(len(r.b))
	}
	h.grown += len(r.b)
	return all, nil
}

// sortedRuns are runs, the newest start first.
func (h *halls) sortedRuns() []run.Run {
	all := make([]run.Run, 0, len(h.runs))
	for standing := range maps.Values(h.runs) {
		all = append(all, standing.Run)
	}
	slices.SortFunc(all, func(a, b run.Run) int {
		return cmp.Or(cmp.Compare(b.Started, a.Started), strings.Compare(a.ID, b.ID))
	})
	return all
}

// readHalls reads what Redis keeps, as of one place in the log.
func readHalls(meta, rooms, runs, boards, documents map[string]string) (h halls, err error) {
	h = newHalls()
	if passed := meta["passed"]; passed != "" {
		if _, err := fmt.Sscan(passed, &h.passed); err != nil {
			return h, fmt.Errorf("read the rooms: %w", err)
		}
	}
	for name, record := range rooms {
		if err := h.setRoom(name, record); err != nil {
			return h, err
		}
	}
	for id, record := range runs {
		if h.runs[id], err = readRun(record); err != nil {
			return h, err
		}
	}
	for id, record := range boards {
		if h.boards[id], err = readBoard(id, record, documents[id]); err != nil {
			return h, err
		}
	}
	return h, nil
}
