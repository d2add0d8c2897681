package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/shared/metric"
)

// filled is a folder with a store of one metric.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s := mustOpen(t, dir)
	_, err := addOne(s, "key")
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// begun is an import into a folder that has taken all of another one.
func begun(t *testing.T, dir, from string) *Import {
	t.Helper()
	i, err := Begin(t.Context(), dir, Options{})
	if err == nil {
		_, err = dump.Sum(t.Context(), func(ctx context.Context, put dump.Put) error {
			return Export(from, Options{})(ctx, func(r dump.Record) error { return errors.Join(i.Put(ctx, r), put(r)) })
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestAnImportThatWasKilledIsNoStoreAndIsBegunAnew(t *testing.T) {
	from, dir := filled(t), filepath.Join(t.TempDir(), "new")
	i := begun(t, dir, from)
	if err := i.Export(t.Context(), func(dump.Record) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("opened meanwhile: %v", err)
	}
	if _, err := Begin(t.Context(), dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("another import meanwhile: %v", err)
	}
	if err := i.store.closeFiles(); err != nil { // as the kernel does
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, dump.ErrHalf) {
		t.Errorf("opened after it: %v", err)
	}
	for name, source := range map[string]dump.Source{"exported": Export(dir, Options{}), "backed up": Backup(dir, Options{})} {
		if _, err := dump.Sum(t.Context(), source); !errors.Is(err, dump.ErrHalf) {
			t.Errorf("%s after it: %v", name, err)
		}
	}
	i = begun(t, dir, from)
	if err := i.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkMoved(t, dir)
	if _, err := Begin(t.Context(), dir, Options{}); !errors.Is(err, ErrTaken) {
		t.Errorf("an import into a store: %v", err)
	}
	checkMoved(t, dir)
}

// checkMoved opens what was imported from a filled folder.
func checkMoved(t *testing.T, dir string) {
	t.Helper()
	s := mustOpen(t, dir)
	defer s.Close()
	all, seq, err := s.Metrics(t.Context())
	if err != nil || seq != 1 || len(all) != 1 || all[0].Head.Seq != 1 {
		t.Errorf("%+v as of %d, %v", all, seq, err)
	}
	if again, err := addOne(s, "key"); err != nil || !again.Repeat || again.Sample.Seq != 1 {
		t.Errorf("the key of the first sample answers %v, %v", again, err)
	}
}

func TestAnAbandonedImportLeavesAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	i := begun(t, dir, filled(t))
	if err := i.Abandon(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != lockName {
		t.Errorf("%v, %v", left, err)
	}
	i = begun(t, dir, filled(t))
	if err := i.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkMoved(t, dir)
}

func TestWhatIsInUseOrNotThereIsNotExported(t *testing.T) {
	dir := filled(t)
	s := mustOpen(t, dir)
	if _, err := dump.Sum(t.Context(), Export(dir, Options{})); !errors.Is(err, ErrLocked) {
		t.Errorf("while it is open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "none")
	if _, err := dump.Sum(t.Context(), Export(empty, Options{})); !errors.Is(err, ErrNone) {
		t.Errorf("of no folder: %v", err)
	}
	if _, err := os.Stat(empty); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

// TestABackupIsTheStoreAsItWasAtOneMoment changes the store while it is read.
func TestABackupIsTheStoreAsItWasAtOneMoment(t *testing.T) {
	dir := filled(t)
	s := mustOpen(t, dir)
	defer s.Close()
	before := mustSum(t, Backup(dir, Options{}))
	records := 0
	during := mustSum(t, func(ctx context.Context, put dump.Put) error {
		return Backup(dir, Options{})(ctx, func(r dump.Record) error {
			records++
			_, err := addOne(s, "")
			err = errors.Join(err, s.Maintain(ctx))
			_, err2 := s.Declare(ctx, metric.ID("m"+string(rune('a'+records%26))), metric.Declaration{Title: "new"})
			_, err3 := s.Post(ctx, []ledger.Post{{Room: "build", Lines: []ledger.Line{{Content: "new"}}}})
			return errors.Join(err, err2, err3, put(r))
		})
	})
	if during != before || records < 5 {
		t.Errorf("%d records with SHA-256 %s, want %s", records, during.SHA256, before.SHA256)
	}
	if after := mustSum(t, Backup(dir, Options{})); after == before {
		t.Error("a later backup does not have what came meanwhile")
	}
}

func mustSum(t *testing.T, source dump.Source) dump.End {
	t.Helper()
	end, err := dump.Sum(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	return end
}
