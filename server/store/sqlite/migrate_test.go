package sqlite

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
)

// unpack puts a database that an earlier version wrote into a directory.
func unpack(t *testing.T, name string) (dir string) {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestADatabaseWithoutRoomsGoesOnWithThem opens what the program wrote before
// there were rooms: some samples flushed, one only in the log, a metric deleted,
// a key used.
func TestADatabaseWithoutRoomsGoesOnWithThem(t *testing.T) {
	dir := unpack(t, "version1.db.gz")
	now := int64(1795360713000)
	var said []ledger.Posted
	for i := range 3 {
		s, err := Open(t.Context(), dir, Options{Now: func() time.Time { return time.UnixMilli(now) }})
		if err != nil {
			t.Fatal(err)
		}
		if s.Epoch() != "45DXMUJHQZEWWW57" || s.seq != 8 {
			t.Errorf("epoch %s as of %d", s.Epoch(), s.seq)
		}
		for id, want := range map[metric.ID]float64{"orders": 2, "products": 0, "customers": 1, "temperature": 21.5} {
			if m, err := s.Metric(t.Context(), id); err != nil || m.Head.Value != want {
				t.Errorf("%s is %+v, %v, was %v", id, m.Head, err, want)
			}
		}
		if _, err := s.Metric(t.Context(), "gone"); !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("the deleted metric: %v", err)
		}
		rows, err := s.Rows(t.Context(), ledger.Range{IDs: []metric.ID{"temperature"}, From: now - 86_400_000, To: now, Step: 86_400_000})
		if all := rows["temperature"]; err != nil || len(all) != 2 || all[0].Last != 20 || all[1].Last != 21.5 {
			t.Errorf("its history: %v, %v", all, err)
		}
		digest := int64(-6552532925178087560)
		used := ledger.Item{Mutation: metric.Mutation{Metric: "orders", Op: metric.Add, Value: 1}}
		out, err := s.Apply(t.Context(), []ledger.Entry{{Key: "\x00k1", Digest: uint64(digest), Items: []ledger.Item{used}}})
		if err != nil || !out[0][0].Repeat || out[0][0].Sample.Seq != 2 {
			t.Errorf("the key: %+v, %v", out, err)
		}
		rooms, err := s.Rooms(t.Context())
		if err != nil || len(rooms) != min(i, 1) {
			t.Errorf("opened %d times there are %v, %v", i+1, rooms, err)
		}
		posted, err := s.Post(t.Context(), []ledger.Post{{Room: "build", Lines: []ledger.Line{{Content: "hello"}}}})
		if said = append(said, posted...); err != nil || posted[0].First != uint64(len(said)) {
			t.Errorf("said %+v, %v", posted, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestADatabaseWithoutRunsGoesOnWithThem opens what the program wrote before there
// were runs: rooms, one of them called as a run's would be, and a key.
func TestADatabaseWithoutRunsGoesOnWithThem(t *testing.T) {
	dir := unpack(t, "version2.db.gz")
	now := int64(1795360717000)
	for i := range 3 {
		s, err := Open(t.Context(), dir, Options{Now: func() time.Time { return time.UnixMilli(now) }, Limits: ledger.Limits{MaxRooms: 3}})
		if err != nil {
			t.Fatal(err)
		}
		said, err := s.Messages(t.Context(), "build", 0, 100)
		if err != nil || len(said) != 20 {
			t.Fatalf("%d messages, %v", len(said), err)
		}
		for n, m := range said {
			post, line := n/5, n%5
			want := room.Message{Room: "build", Seq: uint64(n + 1), Time: 1795360713000 + 1000*int64(post), Sender: []string{"", "alice", "Zoë van Dam"}[post%3],
				Stream: []room.Stream{"", room.Stdout, room.Stderr}[line%3], Content: fmt.Sprintf("line %d of %d é%s", line, post, strings.Repeat("x", 3000*(line%2)))}
			if m != want {
				t.Errorf("message %d is %+v", n, m)
			}
		}
		again, err := s.Post(t.Context(), []ledger.Post{{Room: "keyed", Key: "\x00k1", Digest: 7, Lines: []ledger.Line{{Content: "once"}}}})
		if err != nil || !again[0].Repeat {
			t.Errorf("the key: %+v, %v", again, err)
		}
		runs, err := s.Runs(t.Context())
		if err != nil || len(runs) != min(i, 1) {
			t.Errorf("opened %d times there are %v, %v", i+1, runs, err)
		}
		r := run.Run{ID: "17", State: run.Running, Started: now, Lines: uint64(i)}
		posted, err := s.Post(t.Context(), []ledger.Post{{Room: "run.17", Lines: []ledger.Line{{Content: "\uFFFD", Raw: "\xff"}}, Run: &ledger.Standing{Run: r}}})
		if err != nil || posted[0].First != uint64(5+i) {
			t.Errorf("the run goes on in the room of its name: %+v, %v", posted, err)
		}
		if kept, _, err := s.Run(t.Context(), "17"); err != nil || !reflect.DeepEqual(kept, r) {
			t.Errorf("the run is %+v, %v", kept, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestADatabaseWithoutBoardsGoesOnWithThem opens what the program wrote before there
// were boards: samples, keys, a run and its room.
func TestADatabaseWithoutBoardsGoesOnWithThem(t *testing.T) {
	dir := unpack(t, "version3.db.gz")
	now := int64(1795360719000)
	for i := range 3 {
		s, err := Open(t.Context(), dir, Options{Now: func() time.Time { return time.UnixMilli(now) }})
		if err != nil {
			t.Fatal(err)
		}
		if s.Epoch() != "AN7R4HQG4DJE5MLZ" || s.seq != 5 {
			t.Errorf("epoch %s as of %d", s.Epoch(), s.seq)
		}
		if m, err := s.Metric(t.Context(), "orders"); err != nil || m.Head.Value != 10 {
			t.Errorf("orders is %+v, %v", m.Head, err)
		}
		want := run.Run{ID: "17", Command: "make -j4", State: run.Exited, Code: new(2), Duration: 1500, Started: 1795360713500,
			Room: "build", By: "alice", Host: "here", Lines: 2, Bytes: 9}
		if r, taken, err := s.Run(t.Context(), "17"); err != nil || taken != 9 || !reflect.DeepEqual(r, want) {
			t.Errorf("the run is %+v, %d taken, %v", r, taken, err)
		}
		boards, err := s.Boards(t.Context())
		if err != nil || len(boards) != min(i, 1) {
			t.Errorf("opened %d times there are %v, %v", i+1, boards, err)
		}
		b := ledger.Board{BoardSummary: ledger.BoardSummary{ID: "b", Title: "B", Panels: i, Revision: fmt.Sprint(i), Time: now}, Document: []byte("{}")}
		if got, err := s.ChangeBoard(t.Context(), ledger.BoardChange{Board: b}); err != nil || got.Err != nil || got.New != (i == 0) {
			t.Errorf("put: %+v, %v", got, err)
		}
		if kept, err := s.Board(t.Context(), "b"); err != nil || !reflect.DeepEqual(kept, b) {
			t.Errorf("kept is %+v, %v", kept, err)
		}
		again, err := s.ChangeBoard(t.Context(), ledger.BoardChange{Board: b, Key: "\x00k1", Digest: 7})
		if err != nil || !errors.Is(again.Err, ledger.ErrKeyReused) {
			t.Errorf("the key: %+v, %v", again, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
