package ledger

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
)

// Bounds of boards. What is beyond them is refused with ErrTooManyBoards.
const (
	MaxBoardBytes = 256 << 10 // of one document
	MaxBoardsSize = 64 << 20  // bytes of all documents together
)

// The ways a change of a board is refused.
var (
	ErrNoBoard       = errors.New("no such board")
	ErrRevision      = errors.New("the board was changed by somebody else")
	ErrTooManyBoards = errors.New("too many boards")
)

// Board is a board as it is kept. What a document says is not the store's to know.
type Board struct {
	BoardSummary
	Document []byte // must not be changed
}

// BoardSummary is a board in a list.
type BoardSummary struct {
	ID       string
	Title    string
	Panels   int
	Revision string // names the document: another one has another; never ""
	Time     int64  // when it was put, ms since 1970
}

// BoardChange puts a board in the place of what was there, or removes it.
type BoardChange struct {
	Board           // its Time is the store's to give; one without a Document is removed
	If     []string // the kept revision must be one of these: "" is that of none, "*" any; nil asks for nothing
	Key    string   // idempotency key, scoped to the caller's token; "" for none
	Digest uint64   // of the request that came with Key
}

// BoardChanged is what became of a BoardChange. Err is why it was refused; it wraps
// ErrNoBoard, ErrRevision, ErrTooManyBoards or ErrKeyReused.
type BoardChanged struct {
	Time   int64 // ms since 1970
	New    bool  // nothing was kept before
	Err    error
	Repeat bool // the first answer to the same key, given again
}

// Boards keeps boards. The contract goes on from that of Runs:
//
//  25. What ChangeBoard answered is durable when it returns, and all or nothing; readers
//     see a board whole, as it was put last, and none that was removed.
//  26. A change is made only where the kept revision is one of If: of those that name the
//     same one, at once, one is made and the others are refused with ErrRevision.
//     Removing what is not kept is refused with ErrNoBoard.
//  27. Keys hold as in line 6, and mean one thing with those of mutations and posts.
//  28. Boards are sorted by ID. As many are kept as the store's bound says (Options.MaxBoards,
//     1,000), of MaxBoardsSize together; one more is refused with ErrTooManyBoards, the
//     others can still be changed.
type Boards interface {
	// ChangeBoard has an error where nothing was decided: it wraps ErrUnavailable.
	ChangeBoard(ctx context.Context, c BoardChange) (BoardChanged, error)
	BoardReader
}

// BoardReader is the half of Boards that changes nothing.
type BoardReader interface {
	// Board answers ErrNoBoard for one that is not kept.
	Board(ctx context.Context, id string) (Board, error)
	// Boards are all boards, sorted by ID.
	Boards(ctx context.Context) ([]BoardSummary, error)
}

// ChangeBoard makes the change and returns once it is durable. Its error means what
// Apply's does; a change that is refused has the reason in BoardChanged.Err.
func (l *Ledger) ChangeBoard(ctx context.Context, c BoardChange) (BoardChanged, error) {
	return l.store.ChangeBoard(ctx, c)
}

// AppendBoardChanged writes what became of a change as it is kept with its idempotency
// key: as of a post in a room without a name, of which there is none.
func AppendBoardChanged(b []byte, c BoardChange, answer BoardChanged) []byte {
	b = append(b, keptPost, 0)
	b = binary.AppendUvarint(b, uint64(len(c.ID)))
	b = append(b, c.ID...)
	if answer.Err != nil {
		return appendRefusal(b, answer.Err)
	}
	b = append(b, keptSample)
	b = binary.AppendVarint(b, answer.Time)
	if answer.New {
		return append(b, 1)
	}
	return append(b, 0)
}

// ReadBoardChanged reads what AppendBoardChanged wrote for this change, marked as a
// repeat. It answers ErrKeyReused where it was written for something else.
func ReadBoardChanged(b []byte, c BoardChange) (BoardChanged, error) {
	r := keptReader{b: b}
	if r.bytes(1)[0] != keptPost || r.uvarint() != 0 || string(r.bytes(r.uvarint())) != c.ID {
		return BoardChanged{}, cmp.Or(r.err, ErrKeyReused)
	}
	again := BoardChanged{Repeat: true}
	if r.bytes(1)[0] == keptSample {
		again.Time = r.varint()
		again.New = r.bytes(1)[0] == 1
	} else {
		again.Err = r.refusal(nil, false)
	}
	return again, r.err
}
