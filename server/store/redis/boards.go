package redis

import (
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"telltale/server/ledger"
)

//go:embed lua/boards.lua
var boardsBody string

var changeBoard = changing(boardsBody)

// What a change is answered in boards.lua.
const (
	boardOK = iota
	boardNew
	boardRevision
	boardNone
	boardMany
	boardLarge
	boardAgain
)

// summary is what is kept of a board besides its document, its revision and its time.
type summary struct {
	Title  string
	Panels int
}

// ChangeBoard has Redis decide the change, with its key, in one call.
func (s *Store) ChangeBoard(_ context.Context, c ledger.BoardChange) (ledger.BoardChanged, error) {
	text := ""
	if c.Document != nil {
		b, err := json.Marshal(summary{c.Title, c.Panels})
		if err != nil {
			return ledger.BoardChanged{}, fmt.Errorf("keep the board %s: %w", c.ID, err)
		}
		text = string(b)
	}
	asked := len(c.If)
	if c.If == nil {
		asked = -1
	}
	args := append([]string{c.Key, string(binary.LittleEndian.AppendUint64(nil, c.Digest)), c.ID, text, string(c.Document), c.Revision,
		strconv.Itoa(s.options.MaxBoards), strconv.Itoa(ledger.MaxBoardsSize), strconv.Itoa(asked)}, c.If...)
	e, err := s.commit(&s.changes, changeBoard, args...)
	if err != nil {
		return ledger.BoardChanged{}, err
	}
	text, _, err = splitAnswer(e.payload)
	if err != nil {
		return ledger.BoardChanged{}, s.unavailable(err)
	}
	answer, err := s.readChanged(text, c)
	if err != nil {
		return answer, s.unavailable(err)
	}
	return answer, nil
}

// readChanged reads what a change was answered.
func (s *Store) readChanged(text string, c ledger.BoardChange) (answer ledger.BoardChanged, err error) {
	r := reading{b: text}
	form := r.byte()
	if form == boardAgain {
		_, digest, what, kept := readKey(r.b)
		if kept.err == nil && what == keyMoved && digest == c.Digest {
			answer, err = ledger.ReadBoardChanged([]byte(kept.b), c)
			if errors.Is(err, ledger.ErrKeyReused) {
				return ledger.BoardChanged{Err: err}, nil
			}
			return answer, err
		}
		if kept.err == nil && (what != keyBoard || digest != c.Digest || kept.short() != c.ID) {
			return ledger.BoardChanged{Err: ledger.ErrKeyReused}, nil
		}
		if kept.err != nil {
			return answer, kept.err
		}
		answer, err = s.readChanged(kept.b, c)
		answer.Repeat = true
		return answer, err
	}
	answer.Time, answer.New = int64(r.number()), form == boardNew
	switch form {
	case boardRevision:
		answer.Err = ledger.ErrRevision
	case boardNone:
		answer.Err = ledger.ErrNoBoard
	case boardMany:
		answer.Err = fmt.Errorf("%w: %d are kept, the most there may be", ledger.ErrTooManyBoards, s.options.MaxBoards)
	case boardLarge:
		answer.Err = fmt.Errorf("%w: their documents may have %d MiB together", ledger.ErrTooManyBoards, ledger.MaxBoardsSize>>20)
	}
	return answer, r.err
}

// Board answers a board as it was put last.
func (s *Store) Board(_ context.Context, id string) (ledger.Board, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, found := s.halls.boards[id]
	if !found {
		return b, ledger.ErrNoBoard
	}
	return b, nil
}

// Boards are all boards, sorted by ID.
func (s *Store) Boards(context.Context) ([]ledger.BoardSummary, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return ledger.Summaries(s.halls.boards), nil
}

// HearBoards has changed be told of each board that is changed from now on, by whichever
// process, once it can be read here. It must not block.
func (s *Store) HearBoards(changed func(id string)) {
	s.follow.Lock()
	defer s.follow.Unlock()
	s.boards = changed
}

// tellBoards tells of the boards that changed where no event told of them; its caller holds
// follow. Nobody changes either map meanwhile.
func (s *Store) tellBoards(before, after map[string]ledger.Board) {
	if s.boards == nil {
		return
	}
	for id, b := range after {
		if was, found := before[id]; !found || was.Revision != b.Revision {
			s.boards(id)
		}
	}
	for id := range before {
		if _, found := after[id]; !found {
			s.boards(id)
		}
	}
}

// setBoard takes what an event tells of a board.
func (h *halls) setBoard(id, payload string) error {
	if payload == "" {
		delete(h.boards, id)
		return nil
	}
	r := reading{b: payload}
	record := r.long()
	if r.err != nil {
		return fmt.Errorf("the board %s: %w", id, r.err)
	}
	b, err := readBoard(id, record, r.b)
	h.boards[id] = b
	return err
}

// readBoard reads a board's record.
func readBoard(id, record, document string) (b ledger.Board, err error) {
	r := reading{b: record}
	b.ID, b.Time, b.Revision, b.Document = id, int64(r.number()), r.short(), []byte(document)
	var kept summary
	if err = r.err; err == nil {
		err = json.Unmarshal([]byte(r.b), &kept)
	}
	if err != nil {
		return b, fmt.Errorf("the record of the board %s: %w", id, err)
	}
	b.Title, b.Panels = kept.Title, kept.Panels
	return b, nil
}
