package redis

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/redistest"
)

// at is a store that has patience with a busy disk.
func at(url, prefix string) Options { return Options{URL: url, Prefix: prefix, Patience: time.Minute} }

// filled is a store of a metric and a room, at a prefix that nobody uses any more.
func filled(t *testing.T, o Options) {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err = addOne(s, "a")
		_, err2 := s.Post(t.Context(), []ledger.Post{{Room: "build", Key: "k", Lines: []ledger.Line{{Content: "done"}}}})
		if err := errors.Join(err, err2, s.Maintain(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// begun is an import that has taken all of another store.
func begun(t *testing.T, to, from Options) *Import {
	t.Helper()
	i, err := Begin(t.Context(), to)
	if err == nil {
		err = i.takeAll(t.Context(), from)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *Import) takeAll(ctx context.Context, from Options) error {
	err := Export(from)(ctx, func(r dump.Record) error { return i.Put(ctx, r) })
	if err == nil {
		err = i.Export(ctx, func(dump.Record) error { return nil })
	}
	return err
}

func TestAServerThatWaitsComesUpOnceTheImportHasEnded(t *testing.T) {
	server := redistest.Start(t)
	from, to := at(server.URL(), "from"), at(server.URL(), "to")
	filled(t, from)
	i := begun(t, to, from)
	s := open(t, server.URL(), "to")
	eventually(t, "the server knows what it waits for", func() bool { return errors.Is(s.Writable(), dump.ErrHalf) })
	if _, err := dump.Sum(t.Context(), Export(to)); !errors.Is(err, dump.ErrHalf) {
		t.Errorf("an export before the end of the import: %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop() // too late: all was put, and compared
	if err := i.End(stopped); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server is up", func() bool { return s.Writable() == nil })
	if got, err := addOne(s, "a"); err != nil || got.Value != 4 || got.Seq != 4 {
		t.Errorf("it goes on with %+v, %v", got, err)
	}
	if _, err := Begin(t.Context(), to); !errors.Is(err, ErrTaken) {
		t.Errorf("an import into it: %v", err)
	}
}

func TestAnImportThatWasKilledIsBegunAnewAndNeverTwoAtATime(t *testing.T) {
	server := redistest.Start(t)
	from, to := at(server.URL(), "from"), at(server.URL(), "to")
	filled(t, from)
	killed := begun(t, to, from)
	if _, err := Begin(t.Context(), to); !errors.Is(err, ErrInUse) {
		t.Errorf("while another one is under way: %v", err)
	}
	client := killed.store.redis()
	if err := client.Do(t.Context(), client.B().Del().Key(killed.store.prefix+"lease").Build()).Error(); err != nil { // as after half a minute
		t.Fatal(err)
	}
	i, err := Begin(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	left, err := client.Do(t.Context(), client.B().Keys().Pattern("{to}:*").Build()).AsStrSlice()
	if err != nil || len(left) != 2 {
		t.Errorf("the one before has left %q, %v", left, err)
	}
	if err := killed.takeAll(t.Context(), from); err == nil {
		t.Error("the one before goes on")
	}
	if killed.End(t.Context()) == nil {
		t.Error("the one before ends")
	}
	if err := errors.Join(i.takeAll(t.Context(), from), i.End(t.Context())); err != nil {
		t.Fatal(err)
	}
	same(t, from, to)
}

func same(t *testing.T, all ...Options) {
	t.Helper()
	var first dump.End
	for i, o := range all {
		end, err := dump.Sum(t.Context(), Export(o))
		if i == 0 {
			first = end
		}
		if err != nil || end != first || end.Records < 6 {
			t.Errorf("%s has %+v, %v, want %+v", o.Prefix, end, err, first)
		}
	}
}

// TestAnAbandonedImportLeavesOnlyThatServersWaitForAnother would otherwise have one make an empty
// store, into which nothing could be imported.
func TestAnAbandonedImportLeavesOnlyThatServersWaitForAnother(t *testing.T) {
	server := redistest.Start(t)
	from, to := at(server.URL(), "from"), at(server.URL(), "to")
	filled(t, from)
	if err := begun(t, to, from).Abandon(); err != nil {
		t.Fatal(err)
	}
	s := open(t, server.URL(), "to")
	eventually(t, "the server knows what it waits for", func() bool { return errors.Is(s.Writable(), dump.ErrHalf) })
	client := s.redis()
	left, err := client.Do(t.Context(), client.B().Keys().Pattern("{to}:*").Build()).AsStrSlice()
	fields, err2 := client.Do(t.Context(), client.B().Hkeys().Key("{to}:meta").Build()).AsStrSlice()
	slices.Sort(fields)
	if err := errors.Join(err, err2); err != nil || !slices.Equal(left, []string{"{to}:meta"}) || !slices.Equal(fields, []string{"epoch", "format"}) {
		t.Errorf("left are %q, of which the first has %q, %v", left, fields, err)
	}
	if err := begun(t, to, from).End(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server is up", func() bool { return s.Writable() == nil })
}

// TestAServerThatStartsAmidAnExportEndsIt would otherwise give a store that never was.
func TestAServerThatStartsAmidAnExportEndsIt(t *testing.T) {
	server := redistest.Start(t)
	o := at(server.URL(), "from")
	filled(t, o)
	var s *Store
	_, err := dump.Sum(t.Context(), func(ctx context.Context, put dump.Put) error {
		return Export(o)(ctx, func(r dump.Record) error {
			if r.Room != nil {
				var err error
				if s, err = Open(t.Context(), o); err != nil {
					return err
				}
				t.Cleanup(func() { _ = s.Close() })
				if s.holds() {
					t.Error("it looks after the store while that is read")
				}
				if _, err := addOne(s, "a"); err != nil {
					return err
				}
			}
			return put(r)
		})
	})
	if !errors.Is(err, ErrInUse) || s == nil {
		t.Errorf("the export ended with %v", err)
	}
}

func TestAStoreInAClusterMoves(t *testing.T) {
	url := redistest.Cluster(t, 3, false).URL()
	from, to := at(url, "from"), at(url, "to")
	filled(t, from)
	i := begun(t, to, from)
	if err := i.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, from, to)
}
