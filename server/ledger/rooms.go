package ledger

import (
	"context"
	"errors"

	"telltale/shared/room"
)

// ErrTooManyRooms refuses to make a room; existing ones go on.
var ErrTooManyRooms = errors.New("too many rooms")

// Post is what one request says in a room: all of its lines or none.
type Post struct {
	Room   string
	Sender string // a user; "" where nobody gave a name
	Lines  []Line // at least one
	Key    string // idempotency key, scoped to the caller's token; "" for none
	Digest uint64 // of the body that came with Key

	Run *Standing // news of the run whose room it is, kept with the lines, of which there may be none; nil for none
}

// lineCost is what a line costs in memory and in its row besides its content, bytes.
const lineCost = 64

// weight is what the post counts for in a commit, bytes.
func (p Post) weight() int {
	n := len(p.Room) + len(p.Sender) + len(p.Key) + lineCost
	for i := range p.Lines {
		n += lineCost + len(p.Lines[i].Content) + len(p.Lines[i].Raw)
	}
	return n
}

// Line is a message to be.
type Line struct {
	Content string // valid UTF-8, at most room.MaxLine bytes
	Stream  room.Stream
	Raw     string // as room.Message has it
	Open    bool
}

// Posted is what became of a Post: the seqs First to Last of its messages and
// their time, or the reason it was refused. Repeat says it is the first answer to
// the same key, given again.
type Posted struct {
	First, Last uint64
	Time        int64 // ms since 1970
	Err         error
	Repeat      bool
	Run         string // where a repeat would have begun a run: the id of the one that its key did begin
}

// Extent is which of a room's messages are kept: the seqs First to Last, and none
// where First is Last + 1.
type Extent struct{ First, Last uint64 }

// RoomSummary is a room in a list.
type RoomSummary struct {
	Room string
	Extent
	Time int64 // of the newest message, ms since 1970
}

// Rooms keeps what is said in rooms. The contract, which storetest enforces line
// by line beside that of Store:
//
//  15. Post gives the lines of each post consecutive seqs, from 1 in a new room,
//     without a hole; posts to one room take theirs in the order of the batch.
//  16. What Post answered is durable when it returns. It is all or nothing as Apply
//     is, keys hold as there (line 6), and one post may be refused alone.
//  17. The messages of one room never go back in time.
//  18. Messages gives exactly what was posted, in order of seq.
//  19. A room comes into being with its first message, up to the store's bound; then the
//     room that has been empty longest, of several the first by name, makes place, and
//     where none is empty a new one is refused with ErrTooManyRooms. No seq of a name
//     is ever given twice, nor a smaller one after a larger.
//  20. Retention keeps the newest messages of each room by count and by age, what is
//     beyond either is gone from every answer, and holds no Post up for longer than
//     a small step of it takes. A room that was emptied so keeps its seq.
type Rooms interface {
	// Post answers one Posted for each post.
	Post(ctx context.Context, batch []Post) ([]Posted, error)
	RoomReader
}

// RoomReader is the half of Rooms that changes nothing.
type RoomReader interface {
	// Rooms are all rooms, sorted by name.
	Rooms(ctx context.Context) ([]RoomSummary, error)
	// Extent answers an empty extent for a room that does not exist: the next
	// message of that name is Last + 1.
	Extent(ctx context.Context, name string) (Extent, error)
	// Messages are those with after < seq, oldest first, at most limit and about
	// 64 KiB of them, but one where there is one.
	Messages(ctx context.Context, name string, after uint64, limit int) ([]room.Message, error)
	// SeqBefore is the seq of the newest message older than time, ms since 1970;
	// First - 1 where none is kept.
	SeqBefore(ctx context.Context, name string, time int64) (uint64, error)
}
