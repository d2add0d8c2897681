package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"telltale/server/store/storetest"
)

func TestTheContractHolds(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		dir := t.TempDir()
		return func(o storetest.Options) (storetest.Store, error) {
			return Open(t.Context(), dir, optionsOf(o))
		}
	})
}

func optionsOf(o storetest.Options) Options {
	return Options{Now: o.Now, Limits: o.Limits}
}

func TestAClosedStoreLeavesNoFileOpenAndOneBehind(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if _, err := addOne(s, "key"); err != nil {
		t.Fatal(err)
	}
	checkTaken(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		if name, _ := os.Readlink(fd); strings.HasPrefix(name, dir) {
			t.Errorf("%s is still open", name)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 || left[0].Name() != fileName || left[1].Name() != lockName {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestTheDirectoryMayHaveAnyName(t *testing.T) {
	for _, name := range []string{"a b", "c%20d", "e#f", "g?h=1", "i&j", "ü", ":memory:", `k'l"m`} {
		dir := filepath.Join(t.TempDir(), name)
		s := mustOpen(t, dir)
		_, err := addOne(s, "")
		if err := errors.Join(err, s.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, fileName)); err != nil {
			t.Error(err)
		}
	}
}

func TestNobodyButItsOwnerReadsANewDatabase(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		about, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		if mode := about.Mode().Perm(); mode&0o077 != 0 && about.Size() > 0 {
			t.Errorf("%s has the mode %v", file.Name(), mode)
		}
	}
}
