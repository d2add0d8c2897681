package sqlite

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
)

func mustOpen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func addOne(s *Store, key string) (ledger.Outcome, error) {
	it := ledger.Item{Key: key, Mutation: metric.Mutation{Metric: "a", Op: metric.Add, Value: 1}}
	out, err := s.Apply(context.Background(), []ledger.Entry{{Items: []ledger.Item{it}}})
	if err != nil {
		return ledger.Outcome{}, err
	}
	return out[0][0], out[0][0].Err
}

func TestATornEndOfTheJournalCostsOnlyWhatWasTorn(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	for range 40 {
		if _, err := addOne(s, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.w.Lock()
	file, err := os.ReadFile(filepath.Join(dir, fileName))
	wal, err2 := os.ReadFile(filepath.Join(dir, fileName+"-wal"))
	s.w.Unlock()
	if err := errors.Join(err, err2, s.Close()); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		torn := append([]byte(nil), wal...)
		at := len(torn)/2 + r.IntN(len(torn)/2)
		if r.IntN(2) == 0 {
			torn = torn[:at]
		} else {
			torn[at] ^= 0x55
		}
		copied := t.TempDir()
		err := os.WriteFile(filepath.Join(copied, fileName), file, 0o600)
		err2 := os.WriteFile(filepath.Join(copied, fileName+"-wal"), torn, 0o600)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, copied)
		m, err := s.Metric(t.Context(), "a")
		if err != nil || m.Head.Value != float64(s.seq) || s.seq < 10 || s.seq > 40 {
			t.Errorf("torn at %d of %d: a is %+v as of %d, %v", at, len(wal), m.Head, s.seq, err)
		}
		if o, err := addOne(s, ""); err != nil || o.Sample.Value != m.Head.Value+1 {
			t.Errorf("it does not go on: %+v, %v", o, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCannotBeOpenedIsSaidInOneSentence(t *testing.T) {
	good := func(t *testing.T, dir string) string {
		t.Helper()
		s := mustOpen(t, dir)
		for range 3 {
			if _, err := addOne(s, "k"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, fileName)
	}
	change := func(t *testing.T, dir, query string) {
		t.Helper()
		good(t, dir)
		s := newStore(Options{})
		if err := s.open(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.exec(query), s.closeFiles()); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string) error
		want  error
	}{
		"a file where the directory should be": {func(t *testing.T, dir string) error {
			return errors.Join(os.Remove(dir), os.WriteFile(dir, nil, 0o600))
		}, ErrUnwritable},
		"no file can be made in it": {func(t *testing.T, dir string) error {
			return os.Mkdir(filepath.Join(dir, lockName), 0o700)
		}, ErrUnwritable},
		"a directory where the database should be": {func(t *testing.T, dir string) error {
			return os.Mkdir(filepath.Join(dir, fileName), 0o700)
		}, ErrUnwritable},
		"another process works in it": {func(t *testing.T, dir string) error {
			s := mustOpen(t, dir)
			t.Cleanup(func() { _ = s.Close() })
			return nil
		}, ErrLocked},
		"not a database": {func(t *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, fileName), []byte(strings.Repeat("nonsense ", 1000)), 0o600)
		}, ErrCorrupt},
		"pages lost": {func(t *testing.T, dir string) error { return os.Truncate(good(t, dir), 3*4096) }, ErrCorrupt},
		"zeros in it": {func(t *testing.T, dir string) error {
			f, err := os.OpenFile(good(t, dir), os.O_RDWR, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt(make([]byte, 40_000), 4096)
			return errors.Join(err, f.Close())
		}, ErrCorrupt},
		"no epoch":           {func(t *testing.T, dir string) error { change(t, dir, "DELETE FROM meta"); return nil }, ErrCorrupt},
		"a batch cut short":  {func(t *testing.T, dir string) error { change(t, dir, "UPDATE log SET samples = x'00'"); return nil }, ErrCorrupt},
		"of a newer program": {func(t *testing.T, dir string) error { change(t, dir, "PRAGMA user_version = 99"); return nil }, ErrNewer},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := errors.Join(os.Mkdir(dir, 0o700), c.spoil(t, dir)); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), dir, Options{})
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if s != nil || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
				t.Errorf("not one sentence that names the path: %v", err)
			}
		})
	}
}

func pragma(t *testing.T, s *Store, set string) {
	t.Helper()
	s.w.Lock()
	defer s.w.Unlock()
	if err := s.exec("PRAGMA " + set); err != nil {
		t.Fatal(err)
	}
}

// checkTaken reads head and history of so many adds of 1.
func checkTaken(t *testing.T, s *Store, n int) {
	t.Helper()
	m, err := s.Metric(t.Context(), "a")
	if err != nil || m.Head.Value != float64(n) || m.Head.Seq != uint64(n) {
		t.Errorf("after %d adds the head is %+v, %v", n, m.Head, err)
	}
	now := s.now()
	all, err := s.Rows(t.Context(), ledger.Range{IDs: []metric.ID{"a"}, From: now - 7_200_000, To: now, Step: 3_600_000})
	if err != nil {
		t.Fatal(err)
	}
	var whole series.Bucket
	for _, row := range all["a"] {
		whole.Merge(row.Bucket())
	}
	if whole.Count != int64(n) || whole.Sum != float64(n) {
		t.Errorf("after %d adds the history holds %+v", n, whole)
	}
}

func TestAfterAFailedSyncNothingIsWrittenUntilTheNextStart(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if _, err := addOne(s, ""); err != nil {
		t.Fatal(err)
	}
	s.w.Lock()
	s.sync = func(*os.File) error { return syscall.EIO }
	s.w.Unlock()
	for range 2 {
		if _, err := addOne(s, ""); !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(err, syscall.EIO) {
			t.Errorf("a mutation the disk did not sync: %v", err)
		}
		s.w.Lock()
		s.sync = datasync
		s.w.Unlock()
	}
	if err := s.Delete(t.Context(), "a"); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("a deletion: %v", err)
	}
	s.probe()
	if err := errors.Join(s.flush(), s.flush()); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("a flush: %v", err)
	}
	if err := s.Writable(); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("it says it is writable: %v", err)
	}
	checkTaken(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir)
	defer s.Close()
	checkTaken(t, s, int(s.seq)) // with what the disk has of the last one
	if _, err := addOne(s, ""); err != nil || s.seq > 3 {
		t.Errorf("it does not go on: %v, as of %d", err, s.seq)
	}
}

func TestTheJournalBeginsAnewUnderLoad(t *testing.T) {
	s := newStore(Options{})
	s.bounds.copyAfter, s.bounds.holdAfter = 20, 100
	if err := s.open(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.closeFiles() }()
	done := make(chan error)
	go func() {
		for range 3000 {
			if _, err := addOne(s, ""); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for running := true; running; {
		select {
		case err := <-done:
			if running = false; err != nil {
				t.Fatal(err)
			}
		default:
			if err := s.copyJournal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	journal, err := s.journal.Stat()
	if err != nil || journal.Size() > 1000*4096 {
		t.Errorf("after 3,000 commits the journal has %d bytes, %v", journal.Size(), err)
	}
	checkTaken(t, s, 3000)
}
