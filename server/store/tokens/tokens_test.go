package tokens_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"telltale/server/store/storetest"
	"telltale/server/store/tokens"
)

func TestTheContract(t *testing.T) {
	storetest.RunAccess(t, func(t *testing.T) func(storetest.AccessOptions) (storetest.AccessStore, error) {
		dir := t.TempDir()
		return func(o storetest.AccessOptions) (storetest.AccessStore, error) {
			return tokens.Open(t.Context(), dir, tokens.Options{Now: o.Now, MaxEvents: o.MaxEvents})
		}
	})
}

func TestNobodyElseMayReadTheFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, err := tokens.Open(t.Context(), dir, tokens.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestADamagedFileIsNamedSo(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "access.db"), []byte(strings.Repeat("no database ", 400)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Open(t.Context(), dir, tokens.Options{}); !errors.Is(err, tokens.ErrCorrupt) {
		t.Errorf("opened: %v", err)
	}
}
