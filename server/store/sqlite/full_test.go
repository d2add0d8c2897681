//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"telltale/server/ledger"
)

// limitFiles lets this process write no file beyond size bytes.
func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	limit := syscall.Rlimit{}
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(size, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}

func TestAFullDiskRefusesMutationsUntilThereIsRoom(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	for name, c := range map[string]struct {
		fill, free func(*testing.T, *Store, string)
	}{
		"no byte may be written": {
			func(t *testing.T, _ *Store, dir string) {
				wal, err := os.Stat(filepath.Join(dir, fileName+"-wal"))
				if err != nil {
					t.Fatal(err)
				}
				limitFiles(t, uint64(wal.Size())+100)
			},
			func(t *testing.T, _ *Store, _ string) { limitFiles(t, math.MaxUint64) },
		},
		"no page may be added": {
			func(t *testing.T, s *Store, _ string) { pragma(t, s, "max_page_count = 1") },
			func(t *testing.T, s *Store, _ string) { pragma(t, s, "max_page_count = 1000000") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := mustOpen(t, dir)
			if _, err := addOne(s, ""); err != nil {
				t.Fatal(err)
			}
			c.fill(t, s, dir)
			err, taken := error(nil), 1
			for err == nil && taken < 10_000 {
				if _, err = addOne(s, fmt.Sprint("key", taken)); err == nil {
					taken++
				}
			}
			if _, again := addOne(s, "key"); !errors.Is(err, ledger.ErrUnavailable) || !errors.Is(again, ledger.ErrUnavailable) {
				c.free(t, s, dir)
				t.Fatalf("after %d mutations: %v, then %v", taken, err, again)
			}
			if err := s.Writable(); !errors.Is(err, ledger.ErrUnavailable) {
				t.Errorf("it says it is writable: %v", err)
			}
			s.probe()
			checkTaken(t, s, taken)
			c.free(t, s, dir)
			s.probe()
			if err := s.Writable(); err != nil {
				t.Errorf("with room again: %v", err)
			}
			o, err := addOne(s, "key")
			if err != nil || o.Repeat || o.Sample.Seq != uint64(taken+1) || o.Sample.Value != float64(taken+1) {
				t.Errorf("with room again: %+v, %v", o, err)
			}
			if err := errors.Join(s.Maintain(t.Context()), s.Maintain(t.Context()), s.Close()); err != nil {
				t.Fatal(err)
			}
			s = mustOpen(t, dir)
			checkTaken(t, s, taken+1)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
