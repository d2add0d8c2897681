package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"telltale/server/ledger"
	"telltale/shared/board"
	"telltale/shared/wire"
)

// Boards are all boards there are: those of the operator's folder, those that are kept,
// and those that are built in. The first of them that has an id gives the board.
type Boards struct {
	Ledger ledger.BoardReader
	Files  BoardFiles // nil for none
}

// BoardFiles are the boards of the operator's folder.
type BoardFiles interface {
	// Board is the one with that id; false where there is none.
	Board(id string) (Board, bool)
	// Boards are all of them.
	Boards() []Board
}

// Board is a board with where it comes from.
type Board struct {
	board.Board
	Revision string // names what is in it; another Board has another
	Source   string // one of wire's
	Time     int64  // when it was changed last, ms since 1970; 0 for one that is built in
	Wrong    string // why the file that is there now is not shown; "" where it is
}

// Revision names what is in a board: another one has another revision.
func Revision(document []byte) string {
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:8])
}

// Board answers ledger.ErrNoBoard where there is none of that id.
func (b Boards) Board(ctx context.Context, id string) (Board, error) {
	if b.Files != nil {
		if of, found := b.Files.Board(id); found {
			return of, nil
		}
	}
	kept, err := b.Ledger.Board(ctx, id)
	switch {
	case err == nil:
		return read(kept)
	case !errors.Is(err, ledger.ErrNoBoard):
		return Board{}, err
	}
	if of, found := board.Builtin(id); found {
		return builtin(of), nil
	}
	return Board{}, err
}

// read is a kept board. What it says was checked when it was put.
func read(kept ledger.Board) (Board, error) {
	of := Board{Revision: kept.Revision, Source: wire.Kept, Time: kept.Time}
	if err := json.Unmarshal(kept.Document, &of.Board); err != nil {
		return of, fmt.Errorf("read the board %s: %w", kept.ID, err)
	}
	return of, nil
}

// FromFile reads a board of the operator's folder, as strictly as one that is put; changed
// is when that was, ms since 1970.
func FromFile(text []byte, id string, changed int64) (Board, error) {
	of, err := readBoard(text, id)
	if err != nil {
		return Board{}, err
	}
	kept := document(of)
	if len(kept) > ledger.MaxBoardBytes {
		return Board{}, tooLong(kept)
	}
	return Board{Board: of, Revision: Revision(kept), Source: wire.File, Time: changed}, nil
}

func builtin(of board.Board) Board {
	return Board{Board: of, Revision: Revision(document(of)), Source: wire.Builtin}
}

// document is how a board is kept.
func document(of board.Board) []byte {
	text, err := json.Marshal(of)
	if err != nil {
		panic(fmt.Sprintf("api: encode a board: %v", err)) // a number that is not finite, which Check refuses
	}
	return text
}

// builtins are the ids of the boards that nobody has to make.
var builtins = [...]string{"home", "all"}

// Rows lists all boards, by id.
func (b Boards) Rows(ctx context.Context) ([]wire.BoardRow, error) {
	kept, err := b.Ledger.Boards(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the boards: %w", err)
	}
	rows := []wire.BoardRow{}
	add := func(row wire.BoardRow) {
		if at, found := slices.BinarySearchFunc(rows, row, byID); !found {
			rows = slices.Insert(rows, at, row)
		}
	}
	if b.Files != nil {
		for _, of := range b.Files.Boards() {
			add(of.row())
		}
	}
	for _, of := range kept {
		add(wire.BoardRow{ID: of.ID, Title: of.Title, Panels: of.Panels, Revision: of.Revision, Source: wire.Kept, Time: of.Time})
	}
	for _, id := range builtins {
		of, _ := board.Builtin(id)
		add(builtin(of).row())
	}
	return rows, nil
}

func byID(a, b wire.BoardRow) int { return strings.Compare(a.ID, b.ID) }

// row is the board as lists have it.
func (b Board) row() wire.BoardRow {
	return wire.BoardRow{ID: b.ID, Title: b.Title, Panels: len(b.Panels), Revision: b.Revision, Source: b.Source, Time: b.Time, Wrong: b.Wrong}
}

// View is the board as a page takes it; false where there is none.
func (b Boards) View(ctx context.Context, id string) (wire.BoardView, bool, error) {
	of, err := b.Board(ctx, id)
	if err != nil {
		if errors.Is(err, ledger.ErrNoBoard) {
			err = nil
		}
		return wire.BoardView{}, false, err
	}
	return of.view(), true, nil
}

func (b Board) view() wire.BoardView {
	return wire.BoardView{Board: b.Board, Revision: b.Revision, Source: b.Source, Wrong: b.Wrong, HTML: texts(b.Board)}
}
