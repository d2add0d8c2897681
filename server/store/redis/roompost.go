package redis

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"telltale/server/ledger"
	"telltale/server/store/lines"
	"telltale/shared/room"
	"telltale/shared/run"
)

//go:embed lua/posts.lua
var postsBody string

var say = changing(postsBody)

// rowBytes is how much of a post goes into one piece: a row takes no further one with so
// many, and a reader of a page reads little besides.
const rowBytes = 64 << 10

// What a post is answered in posts.lua.
const (
	postOK = iota
	postFull
	postAgain
)

// Post has Redis give the posts their seqs, in one call, and answers once this process
// has heard of it. It does not stop for ctx: the batch belongs to many callers.
func (s *Store) Post(_ context.Context, batch []ledger.Post) ([]ledger.Posted, error) {
	args := make([]string, 0, 5+7*len(batch))
	args = append(args, strconv.Itoa(s.options.MaxRooms), strconv.FormatInt(s.options.RoomAge.Milliseconds(), 10),
		strconv.Itoa(s.options.MaxRuns), strconv.Itoa(ledger.LastRuns))
	for i := range batch {
		var err error
		if args, err = appendPost(args, &batch[i]); err != nil {
			return nil, err
		}
	}
	e, err := s.commit(&s.posts, say, args...)
	if err != nil {
		return nil, err
	}
	answer, _, err := splitAnswer(e.payload)
	r := reading{b: answer, err: err}
	answers := make([]ledger.Posted, len(batch))
	for i := range batch {
		answers[i] = readPosted(&r, &batch[i])
	}
	if r.err != nil {
		return nil, s.unavailable(r.err)
	}
	return answers, nil
}

func appendPost(args []string, q *ledger.Post) ([]string, error) {
	name, record := q.Room, ""
	if q.Run != nil {
		b, err := appendRun(nil, q.Run)
		if err != nil {
			return nil, err
		}
		name, record = run.Room(q.Run.Run.ID), string(b)
	}
	args = append(args, name, q.Key, string(binary.LittleEndian.AppendUint64(nil, q.Digest)), record, "")
	pieces := len(args) - 1
	n := 0
	for rest := q.Lines; len(rest) > 0; n++ {
		piece, taken := pieceOf(q.Sender, rest)
		args = append(args, strconv.Itoa(taken), piece)
		rest = rest[taken:]
	}
	args[pieces] = strconv.Itoa(n)
	return args, nil
}

// pieceOf writes lines until a row is full of them. The first one names its sender whoever
// spoke before, so that pieces may stand in a row behind any other.
func pieceOf(sender string, rest []ledger.Line) (piece string, n int) {
	before := ""
	if sender == "" {
		before = "somebody"
	}
	var b []byte
	for n < len(rest) && len(b) < rowBytes {
		line := &rest[n]
		b = lines.Append(b, before, room.Message{Sender: sender, Stream: line.Stream, Content: line.Content, Raw: line.Raw, Open: line.Open})
		before = sender
		n++
	}
	return string(b), n
}

// readPosted reads what a post was answered.
func readPosted(r *reading, q *ledger.Post) (answer ledger.Posted) {
	switch form := r.byte(); form {
	case postAgain:
		answer, err := readRepeat(r.long(), q)
		r.err = cmp.Or(r.err, err)
		return answer
	case postFull:
		answer.Err = fmt.Errorf("%w: the store keeps %d, and none of them is empty", ledger.ErrTooManyRooms, int(r.number()))
		r.bytes(16)
	default:
		answer.First, answer.Last, answer.Time = uint64(r.number()), uint64(r.number()), int64(r.number())
	}
	return answer
}

// readRepeat reads what is kept with an idempotency key, for a post that came with it.
func readRepeat(kept string, q *ledger.Post) (answer ledger.Posted, err error) {
	_, digest, what, r := readKey(kept)
	if r.err == nil && what == keyMoved && digest == q.Digest {
		answer, err = ledger.ReadPosted([]byte(r.b), *q)
		if errors.Is(err, ledger.ErrKeyReused) {
			return ledger.Posted{Err: err}, nil
		}
		return answer, err
	}
	if r.err == nil && (what != keyPost || digest != q.Digest) {
		return ledger.Posted{Err: ledger.ErrKeyReused}, nil
	}
	name, n := r.short(), int(r.number())
	is, id := name == q.Room, ""
	if q.Run != nil {
		id, is = strings.CutPrefix(name, run.Prefix)
	}
	if r.err == nil && (!is || n != len(q.Lines)) {
		return ledger.Posted{Err: ledger.ErrKeyReused}, nil
	}
	answer = readPosted(&r, q)
	answer.Repeat, answer.Run = true, id
	return answer, r.err
}

// What an idempotency key was used for, besides mutations.
const (
	keyPost  = 'p'
	keyBoard = 'b'
)

// readKey reads what is kept with a key: when, which digest came with it, for what, and
// what follows.
func readKey(kept string) (time int64, digest uint64, what byte, r reading) {
	r = reading{b: kept}
	time = int64(r.number())
	digest = binary.LittleEndian.Uint64([]byte(r.bytes(8)))
	what = r.byte()
	return time, digest, what, r
}
