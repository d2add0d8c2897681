package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/lines"
	"telltale/shared/room"
	"telltale/shared/run"
)

func sayOne(s *Store, name, key string) (ledger.Posted, error) {
	answers, err := s.Post(context.Background(), []ledger.Post{{Room: name, Key: key, Lines: []ledger.Line{{Content: "x"}}}})
	if err != nil {
		return ledger.Posted{}, err
	}
	return answers[0], answers[0].Err
}

// checkSaid reads a room of so many messages.
func checkSaid(t *testing.T, s *Store, name string, n int) {
	t.Helper()
	x, err := s.Extent(t.Context(), name)
	all, err2 := allOf(t.Context(), s, name)
	if err := errors.Join(err, err2); err != nil || x != (ledger.Extent{First: 1, Last: uint64(n)}) || len(all) != n {
		t.Errorf("%s has %v, and %d messages, %v, want %d", name, x, len(all), err, n)
	}
}

func TestAFullDiskRefusesPostsUntilThereIsRoom(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if _, err := sayOne(s, "a", ""); err != nil {
		t.Fatal(err)
	}
	pragma(t, s, "max_page_count = 1")
	err, taken := error(nil), 1
	for err == nil && taken < 10_000 {
		if _, err = sayOne(s, "a", fmt.Sprint("key", taken)); err == nil {
			taken++
		}
	}
	if _, again := sayOne(s, "a", "key"); !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(again, ledger.ErrUnavailable) {
		t.Fatalf("after %d posts: %v, then %v", taken, err, again)
	}
	long := ledger.Post{Room: "new", Lines: []ledger.Line{{Content: strings.Repeat("x", 60_000)}}}
	if _, err := s.Post(t.Context(), []ledger.Post{long}); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("a new room: %v", err)
	}
	if all, err := s.Rooms(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("rooms %v, %v", all, err)
	}
	if err := s.Writable(); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("it says it is writable: %v", err)
	}
	checkSaid(t, s, "a", taken)
	pragma(t, s, "max_page_count = 1000000")
	s.probe()
	if p, err := sayOne(s, "a", "key"); err != nil || p.Repeat || p.First != uint64(taken+1) {
		t.Errorf("with room again: %+v, %v", p, err)
	}
	if p, err := sayOne(s, "new", ""); err != nil || p.First != 1 {
		t.Errorf("the room that could not be made: %+v, %v", p, err)
	}
	if err := errors.Join(s.Maintain(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir)
	checkSaid(t, s, "a", taken+1)
	checkSaid(t, s, "new", 1)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestAFailedPostLeavesTheRoomThatWasToMakePlace(t *testing.T) {
	now := time.UnixMilli(1795348800000)
	s, err := Open(t.Context(), t.TempDir(), Options{Now: func() time.Time { return now }, Limits: ledger.Limits{RoomAge: time.Hour, MaxRooms: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := sayOne(s, "a", ""); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	pragma(t, s, "max_page_count = 1")
	long := ledger.Post{Room: "b", Lines: []ledger.Line{{Content: strings.Repeat("x", 60_000)}}}
	if _, err := s.Post(t.Context(), []ledger.Post{long}); !errors.Is(err, ledger.ErrUnavailable) {
		t.Fatal(err)
	}
	pragma(t, s, "max_page_count = 1000000")
	if p, err := sayOne(s, "a", ""); err != nil || p.First != 2 {
		t.Errorf("the room goes on with %+v, %v", p, err)
	}
	now = now.Add(time.Hour)
	if p, err := sayOne(s, "b", ""); err != nil || p.First != 3 {
		t.Errorf("the room it makes place for begins with %+v, %v", p, err)
	}
}

func TestAPostThatTheDiskDidNotSyncIsSeenByNobody(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if _, err := sayOne(s, "a", ""); err != nil {
		t.Fatal(err)
	}
	s.w.Lock()
	s.sync = func(*os.File) error { return syscall.EIO }
	s.w.Unlock()
	for _, name := range []string{"a", "b"} {
		if _, err := sayOne(s, name, ""); !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(err, syscall.EIO) {
			t.Errorf("a post the disk did not sync: %v", err)
		}
	}
	checkSaid(t, s, "a", 1)
	if all, err := s.Rooms(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("rooms %v, %v", all, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir)
	defer s.Close()
	x, err := s.Extent(t.Context(), "a")
	if err != nil || x.Last > 2 {
		t.Errorf("opened again it has %v, %v", x, err)
	}
	checkSaid(t, s, "a", int(x.Last)) // with what the disk has of the second
	if p, err := sayOne(s, "a", ""); err != nil || p.First != x.Last+1 {
		t.Errorf("it does not go on: %+v, %v", p, err)
	}
}

func TestDamagedMessagesAreAnErrorThatNamesThem(t *testing.T) {
	for name, query := range map[string]string{
		"cut short": "UPDATE messages SET lines = x'0005' WHERE first = 2",
		"a hole":    "DELETE FROM messages WHERE first = 2",
	} {
		dir := t.TempDir()
		s := mustOpen(t, dir)
		for range 3 {
			if _, err := sayOne(s, "build", ""); err != nil {
				t.Fatal(err)
			}
		}
		s.w.Lock()
		err := s.exec(query)
		s.w.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		if all, err := s.Messages(t.Context(), "build", 0, 10); !errors.Is(err, lines.ErrCorrupt) || !strings.Contains(err.Error(), "build") {
			t.Errorf("%s: %v, %v", name, all, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNoRowIsLeftOfWhatIsGone asks for extents while messages become too old, so
// that readers know of it before retention does.
func TestNoRowIsLeftOfWhatIsGone(t *testing.T) {
	now := time.UnixMilli(1795348800000)
	s, err := Open(t.Context(), t.TempDir(), Options{Now: func() time.Time { return now }, Limits: ledger.Limits{RoomMessages: 10, RoomAge: time.Hour, MaxRooms: 3}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 200 {
		now = now.Add(time.Duration(i%7) * time.Minute)
		if _, err := sayOne(s, fmt.Sprint("room", i%3+i/50), ""); err != nil && !errors.Is(err, ledger.ErrTooManyRooms) {
			t.Fatal(err)
		}
		if i%60 == 59 {
			now = now.Add(2 * time.Hour)
		}
		kept := 0
		rooms, err := s.Rooms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rooms {
			kept += int(r.Last + 1 - r.First)
		}
		if i%5 > 0 {
			continue
		}
		if err := s.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
		var rows, left int
		if err := s.readers.QueryRow("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM left_rooms)").Scan(&rows, &left); err != nil {
			t.Fatal(err)
		}
		if rows != kept || left != 0 {
			t.Errorf("after %d posts %d messages are kept in %d rows, %d rooms are to be swept", i, kept, rows, left)
		}
	}
}

func TestALongPostLiesInRowsOfWhichAPageReadsFew(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	defer s.Close()
	p := ledger.Post{Room: "a", Sender: "alice"}
	for range 10_000 {
		p.Lines = append(p.Lines, ledger.Line{Content: strings.Repeat("x", 100)})
	}
	if _, err := s.Post(t.Context(), []ledger.Post{p}); err != nil {
		t.Fatal(err)
	}
	var rows, longest int
	if err := s.readers.QueryRow("SELECT count(*), max(length(lines)) FROM messages").Scan(&rows, &longest); err != nil {
		t.Fatal(err)
	}
	if rows < 14 || rows > 17 || longest > rowBytes+200 {
		t.Errorf("a MiB lies in %d rows, of which the longest has %d bytes", rows, longest)
	}
	checkSaid(t, s, "a", 10_000)
}

// allOf reads a room page by page.
func allOf(ctx context.Context, s *Store, name string) (all []room.Message, err error) {
	for after := uint64(0); ; after = all[len(all)-1].Seq {
		page, err := s.Messages(ctx, name, after, 1000)
		if all = append(all, page...); err != nil || len(page) == 0 {
			return all, err
		}
	}
}

// TestNumbersOfRoomsThatLeftNothingAreUsedAgain has a store with five numbers
// instead of four million.
func TestNumbersOfRoomsThatLeftNothingAreUsedAgain(t *testing.T) {
	dir := t.TempDir()
	for life := range 3 {
		s, err := Open(t.Context(), dir, Options{Limits: ledger.Limits{MaxRuns: 2}})
		if err != nil {
			t.Fatal(err)
		}
		s.bounds.roomNum = 5
		refused := 0
		for i := range 12 {
			r := run.Run{ID: fmt.Sprintf("%d.%d", life, i), State: run.Exited, Started: int64(100*life + i)}
			text := "from " + r.ID
			posted, err := s.Post(t.Context(), []ledger.Post{{Room: run.Room(r.ID), Lines: []ledger.Line{{Content: text}}, Run: &ledger.Standing{Run: r}}})
			if err == nil && errors.Is(posted[0].Err, ledger.ErrTooManyRooms) { // until the next sweep
				refused++
				err = s.Maintain(t.Context())
			} else if err == nil {
				said, wrong := s.Messages(t.Context(), run.Room(r.ID), 0, 10)
				if err = wrong; len(said) != 1 || said[0].Content != text {
					t.Errorf("%s has %+v", r.ID, said)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if refused == 0 || refused > 6 {
			t.Errorf("%d of 12 were refused", refused)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
