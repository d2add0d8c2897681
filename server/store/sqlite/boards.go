package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"telltale/server/ledger"
)

// boards are all boards in memory. Written with both locks of the Store held.
type boards struct {
	byID map[string]ledger.Board
	size int // bytes of their documents
}

// Board answers a board as it was put last.
func (s *Store) Board(_ context.Context, id string) (ledger.Board, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b, found := s.boards.byID[id]
	if !found {
		return b, ledger.ErrNoBoard
	}
	return b, nil
}

// Boards are all boards, sorted by ID.
func (s *Store) Boards(context.Context) ([]ledger.BoardSummary, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return ledger.Summaries(s.boards.byID), nil
}

// ChangeBoard decides the change, writes it with its key in one transaction, and
// lets readers see it.
func (s *Store) ChangeBoard(_ context.Context, c ledger.BoardChange) (ledger.BoardChanged, error) {
	s.w.Lock()
	defer s.w.Unlock()
	if s.closed {
		return ledger.BoardChanged{}, s.Writable()
	}
	now := s.now()
	keys := keySet{store: s, now: now}
	if c.Key != "" {
		known, err := keys.row(c.Key)
		if known != nil || err != nil {
			return repeated(known, c, err)
		}
	}
	answer := s.decideBoard(c)
	answer.Time = now
	if c.Key != "" {
		keys.keep(c.Key, c.Digest, ledger.AppendBoardChanged(nil, c, answer))
	}
	if answer.Err != nil && c.Key == "" {
		return answer, nil
	}
	c.Time = now
	err := s.transaction(func() error {
		if err := keys.write(); err != nil || answer.Err != nil {
			return err
		}
		return s.writeBoard(c.Board)
	})
	if err != nil {
		return ledger.BoardChanged{}, err
	}
	if answer.Err == nil {
		s.showBoard(c.Board)
	}
	return answer, nil
}

// repeated is the first answer to the key of the change, again.
func repeated(known *keyRow, c ledger.BoardChange, err error) (ledger.BoardChanged, error) {
	if err != nil {
		return ledger.BoardChanged{}, err
	}
	if known.digest != c.Digest {
		return ledger.BoardChanged{Err: ledger.ErrKeyReused}, nil
	}
	again, err := ledger.ReadBoardChanged(known.kept, c)
	if errors.Is(err, ledger.ErrKeyReused) {
		return ledger.BoardChanged{Err: err}, nil
	}
	if err != nil {
		return again, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	return again, nil
}

// decideBoard tells whether the change may be made; its caller holds w.
func (s *Store) decideBoard(c ledger.BoardChange) ledger.BoardChanged {
	before, kept := s.boards.byID[c.ID]
	size := s.boards.size - len(before.Document) + len(c.Document)
	var err error
	switch {
	case c.If != nil && !slices.Contains(c.If, before.Revision) && !(kept && slices.Contains(c.If, "*")):
		err = ledger.ErrRevision
	case c.Document == nil && !kept:
		err = ledger.ErrNoBoard
	case !kept && len(s.boards.byID) >= s.options.MaxBoards:
		err = fmt.Errorf("%w: %d are kept, the most there may be", ledger.ErrTooManyBoards, len(s.boards.byID))
	case len(c.Document) > len(before.Document) && size > ledger.MaxBoardsSize:
		err = fmt.Errorf("%w: their documents may have %d MiB together", ledger.ErrTooManyBoards, ledger.MaxBoardsSize>>20)
	}
	return ledger.BoardChanged{New: !kept && err == nil, Err: err}
}

// writeBoard writes or removes the row of a board; its caller is in a transaction.
func (s *Store) writeBoard(b ledger.Board) (err error) {
	if b.Document == nil {
		_, err = s.sql.removeBoard.Exec(b.ID)
	} else {
		_, err = s.sql.putBoard.Exec(b.ID, b.Title, b.Panels, b.Revision, b.Time, b.Document)
	}
	if err != nil {
		return fmt.Errorf("change a board: %w", err)
	}
	return nil
}

// showBoard lets readers see the change of a board, which is durable now.
func (s *Store) showBoard(b ledger.Board) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.boards.size += len(b.Document) - len(s.boards.byID[b.ID].Document)
	if b.Document == nil {
		delete(s.boards.byID, b.ID)
	} else {
		s.boards.byID[b.ID] = b
	}
}

func (s *Store) loadBoards(ctx context.Context) error {
	err := s.each(ctx, "SELECT id, title, panels, revision, time, document FROM boards", nil, func(scan func(...any) error) error {
		var b ledger.Board
		err := scan(&b.ID, &b.Title, &b.Panels, &b.Revision, &b.Time, &b.Document)
		s.boards.byID[b.ID] = b
		s.boards.size += len(b.Document)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the boards: %w", err)
	}
	return nil
}
