package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"telltale/server/ledger"
)

// aBoard is a board whose document is n bytes.
func aBoard(id, revision string, n int) ledger.Board {
	return ledger.Board{Document: bytes.Repeat([]byte{'x'}, n),
		BoardSummary: ledger.BoardSummary{ID: id, Title: "Board " + id, Panels: n % 7, Revision: revision}}
}

// change changes a board; an error ends the test.
func (w *world) change(c ledger.BoardChange) ledger.BoardChanged {
	w.t.Helper()
	answer, err := w.ChangeBoard(w.t.Context(), c)
	if err != nil {
		w.t.Fatalf("change %s: %v", c.ID, err)
	}
	return answer
}

// put puts a board, which must be accepted, and answers it as it is to be kept.
func (w *world) put(b ledger.Board) ledger.Board {
	w.t.Helper()
	answer := w.change(ledger.BoardChange{Board: b})
	if answer.Err != nil || answer.Time != w.now {
		w.t.Fatalf("put %s: %+v", b.ID, answer)
	}
	b.Time = w.now
	return b
}

// keeps compares all boards with what should be kept, sorted by ID.
func (w *world) keeps(want ...ledger.Board) {
	w.t.Helper()
	all, err := w.Boards(w.t.Context())
	if err != nil || len(all) != len(want) {
		w.t.Fatalf("%d boards, %v, want %d", len(all), err, len(want))
	}
	for i, b := range want {
		if all[i] != b.BoardSummary {
			w.t.Errorf("listed is %+v, want %+v", all[i], b.BoardSummary)
		}
		if kept, err := w.Board(w.t.Context(), b.ID); err != nil || !reflect.DeepEqual(kept, b) {
			w.t.Errorf("%s is %+v, %v", b.ID, kept.BoardSummary, err)
		}
	}
}

func boardsKept(t *testing.T, w *world) {
	w.keeps()
	if _, err := w.Board(t.Context(), "b"); !errors.Is(err, ledger.ErrNoBoard) {
		t.Errorf("a board that nobody put: %v", err)
	}
	w.put(aBoard("b", "1", 10))
	a := w.put(aBoard("a", "1", 200_000))
	w.put(aBoard("c", "1", 3))
	w.now++
	b := w.put(aBoard("b", "2", 11))
	if answer := w.change(ledger.BoardChange{Board: ledger.Board{BoardSummary: ledger.BoardSummary{ID: "c"}}}); answer.Err != nil {
		t.Errorf("removing: %+v", answer)
	}
	for range 2 {
		w.keeps(a, b)
		if _, err := w.Board(t.Context(), "c"); !errors.Is(err, ledger.ErrNoBoard) {
			t.Errorf("a removed board: %v", err)
		}
		w.reopen()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ChangeBoard(t.Context(), ledger.BoardChange{Board: aBoard("d", "1", 1)}); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("a closed store: %v", err)
	}
	w.open()
	w.keeps(a, b)
}

func boardConditions(t *testing.T, w *world) {
	try := func(b ledger.Board, want error, isNew bool, revisions ...string) {
		t.Helper()
		c := ledger.BoardChange{Board: b, If: revisions}
		if got := w.change(c); !errors.Is(got.Err, want) || (want == nil) != (got.Err == nil) || got.New != isNew {
			t.Errorf("change to %q where it must be one of %q: %+v, want %v", b.Revision, revisions, got, want)
		}
	}
	gone := ledger.Board{BoardSummary: ledger.BoardSummary{ID: "a"}}
	try(gone, ledger.ErrNoBoard, false)
	try(gone, ledger.ErrRevision, false, "1")
	try(aBoard("a", "1", 1), ledger.ErrRevision, false, "1")
	try(aBoard("a", "1", 1), nil, true, "")
	try(aBoard("a", "2", 2), ledger.ErrRevision, false, "")
	try(aBoard("a", "2", 2), ledger.ErrRevision, false, "0", "2")
	try(aBoard("a", "2", 2), nil, false, "", "1")
	try(aBoard("b", "3", 3), ledger.ErrRevision, false, "*")
	try(aBoard("a", "3", 3), nil, false)
	try(aBoard("a", "3", 3), nil, false, "7", "*")
	try(gone, ledger.ErrRevision, false, "2")
	w.keeps(func() ledger.Board { b := aBoard("a", "3", 3); b.Time = w.now; return b }())
	try(gone, nil, false, "3")
	w.keeps()

	// Of many who saw the same revision one wins, in each round.
	w.put(aBoard("b", "r0", 1))
	for round := range 5 {
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				c := ledger.BoardChange{Board: aBoard("b", fmt.Sprintf("r%d", round+1), i+1), If: []string{fmt.Sprintf("r%d", round)}}
				switch got, err := w.ChangeBoard(t.Context(), c); {
				case err != nil:
					t.Error(err)
				case got.Err == nil:
					won.Add(1)
				case !errors.Is(got.Err, ledger.ErrRevision):
					t.Error(got.Err)
				}
			})
		}
		if all.Wait(); won.Load() != 1 {
			t.Errorf("%d changes of one revision were made", won.Load())
		}
	}
}

func boardKeys(t *testing.T, w *world) {
	first := ledger.BoardChange{Board: aBoard("a", "1", 5), If: []string{""}, Key: "k1", Digest: 1}
	refused := ledger.BoardChange{Board: aBoard("a", "2", 6), If: []string{"0"}, Key: "k2", Digest: 2}
	removal := ledger.BoardChange{Board: ledger.Board{BoardSummary: ledger.BoardSummary{ID: "a"}}, Key: "k3", Digest: 3}
	was := w.now
	if got := w.change(first); got != (ledger.BoardChanged{Time: was, New: true}) {
		t.Errorf("first: %+v", got)
	}
	if got := w.change(refused); !errors.Is(got.Err, ledger.ErrRevision) || got.Repeat {
		t.Errorf("refused: %+v", got)
	}
	b := aBoard("a", "0", 6)
	w.put(b)
	w.now += 1000
	for range 2 {
		if got := w.change(first); got != (ledger.BoardChanged{Time: was, New: true, Repeat: true}) {
			t.Errorf("again: %+v", got)
		}
		if got := w.change(refused); !errors.Is(got.Err, ledger.ErrRevision) || !got.Repeat {
			t.Errorf("refused again, though the board is now as it asked: %+v", got)
		}
		other := first
		if other.Digest++; !errors.Is(w.change(other).Err, ledger.ErrKeyReused) {
			t.Error("the key of another request was taken")
		}
		other = first
		other.ID = "other"
		if !errors.Is(w.change(other).Err, ledger.ErrKeyReused) {
			t.Error("the key of another board was taken")
		}
		b.Time = was
		w.keeps(b)
		w.reopen()
	}
	// One key, one meaning: for mutations and posts it is used, and theirs are for boards.
	if o := w.one(keyed("k1", 1, add("m", 1))); !errors.Is(o.Err, ledger.ErrKeyReused) {
		t.Errorf("a mutation with a board's key: %+v", o)
	}
	if p := w.post(ledger.Post{Room: "a", Lines: []ledger.Line{{Content: "x"}}, Key: "k1", Digest: 1})[0]; !errors.Is(p.Err, ledger.ErrKeyReused) {
		t.Errorf("a post with a board's key: %+v", p)
	}
	w.take(keyed("k4", 4, add("m", 1)))
	if got := w.change(ledger.BoardChange{Board: aBoard("z", "1", 1), Key: "k4", Digest: 4}); !errors.Is(got.Err, ledger.ErrKeyReused) {
		t.Errorf("a board with a mutation's key: %+v", got)
	}
	for i := range 2 {
		if got := w.change(removal); got.Err != nil || got.Repeat != (i == 1) {
			t.Errorf("removal: %+v", got)
		}
	}
	w.now += day
	w.put(aBoard("a", "9", 1))
	if got := w.change(first); !errors.Is(got.Err, ledger.ErrRevision) || got.Repeat {
		t.Errorf("a day later: %+v", got)
	}
}

func boardBound(t *testing.T, w *world) {
	w.options.MaxBoards = 3
	w.reopen()
	for i := range 3 {
		w.put(aBoard(fmt.Sprint(i), "1", 1))
	}
	full := func() {
		t.Helper()
		if got := w.change(ledger.BoardChange{Board: aBoard("more", "1", 1)}); !errors.Is(got.Err, ledger.ErrTooManyBoards) {
			t.Errorf("one more: %+v", got)
		}
	}
	full()
	w.put(aBoard("1", "2", 2))
	w.change(ledger.BoardChange{Board: ledger.Board{BoardSummary: ledger.BoardSummary{ID: "2"}}})
	w.reopen()
	w.put(aBoard("x", "1", 1))
	full()

	w.options.MaxBoards = 0
	w.reopen()
	for i := range ledger.MaxBoardsSize/ledger.MaxBoardBytes - 1 {
		w.put(aBoard(fmt.Sprintf("large%d", i), "1", ledger.MaxBoardBytes))
	}
	w.reopen()
	for _, c := range []struct {
		id   string
		size int
		err  error
	}{
		{"y", ledger.MaxBoardBytes, ledger.ErrTooManyBoards}, {"y", ledger.MaxBoardBytes - 3, ledger.ErrTooManyBoards}, {"y", 100_000, nil},
		{"large0", 100_000, nil}, {"y", ledger.MaxBoardBytes, nil}, {"large0", ledger.MaxBoardBytes, ledger.ErrTooManyBoards}, {"large0", 99_999, nil},
	} {
		if got := w.change(ledger.BoardChange{Board: aBoard(c.id, "2", c.size)}); !errors.Is(got.Err, c.err) || (c.err == nil) != (got.Err == nil) {
			t.Errorf("%s of %d bytes: %+v, want %v", c.id, c.size, got, c.err)
		}
	}
}
