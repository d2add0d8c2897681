package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/shared/room"
)

// written is a block of n messages of size bytes after a seq.
func written(after uint64, n, size int) *block {
	messages := make([]room.Message, n)
	for i := range messages {
		messages[i] = room.Message{Room: "r", Seq: after + uint64(i) + 1, Sender: fmt.Sprint("u", i%3), Content: strings.Repeat("x", size)}
	}
	return newBlock(messages, asText.encoding)
}

func TestABlockIsGivenInPiecesThatFollowOn(t *testing.T) {
	b := written(10, 7, 9) // 10 bytes each
	if b.last() != 17 || len(b.senders) != 3 {
		t.Errorf("%+v", b)
	}
	for given, want := range map[uint64]uint64{10: 13, 13: 16, 16: 17} {
		if piece, last := b.after(given, 35); last != want || len(piece) != int(want-given)*10 {
			t.Errorf("after %d: %d bytes up to %d", given, len(piece), last)
		}
	}
	if piece, last := b.after(10, 1); last != 11 || len(piece) != 10 {
		t.Errorf("one that is larger than a piece: %d bytes up to %d", len(piece), last)
	}
}

func TestABlockIsReadOnceForAllWhoWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s blocks
		p, reads, read := place{"r", 0, asText.encoding}, 0, make(chan struct{})
		for range 10 {
			go func() {
				b, err := s.at(t.Context(), p, func() (*block, error) {
					reads++
					<-read
					return written(0, 1, 1), nil
				})
				if b == nil || err != nil {
					t.Error(b, err)
				}
			}()
		}
		synctest.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.at(gone, p, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("one who has gone waits: %v", err)
		}
		close(read)
		synctest.Wait()
		if reads != 1 || len(s.kept) != 1 {
			t.Errorf("it was read %d times, %d are kept", reads, len(s.kept))
		}
	})
}

func TestWhatCannotBeReadIsNotKeptAndBlocksAreBoundedAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s blocks
		broken := errors.New("broken")
		for _, want := range []error{broken, nil} {
			if b, err := s.at(t.Context(), place{room: "r"}, func() (*block, error) { return nil, want }); b != nil || !errors.Is(err, want) || len(s.kept) != 0 {
				t.Errorf("%v, %v, %d are kept", b, err, len(s.kept))
			}
		}
		func() {
			defer func() { _ = recover() }()
			_, _ = s.at(t.Context(), place{room: "r"}, func() (*block, error) { panic("broken") })
		}()
		if len(s.kept) != 0 {
			t.Error("a block that nobody reads any more is waited for")
		}
		for n := range uint64(100) {
			if _, err := s.at(t.Context(), place{room: "r", after: n}, func() (*block, error) { return written(n, 1, 1<<20), nil }); err != nil {
				t.Fatal(err)
			}
		}
		s.mu.Lock()
		if s.bytes > blocksBytes || s.bytes < blocksBytes/2 || len(s.kept) != s.order.Len() || s.kept[place{room: "r", after: 99}] == nil {
			t.Errorf("%d blocks of %d bytes", len(s.kept), s.bytes)
		}
		s.mu.Unlock()
		<-time.After(2 * blocksAge)
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.kept) != 0 || s.bytes != 0 || s.sweep != nil {
			t.Errorf("%d blocks of %d bytes that nobody reads", len(s.kept), s.bytes)
		}
	})
}
