package dump

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// HalfFile stands in a data directory from the beginning of an import to its end: what lies beside
// it is no store, and is removed by the next import.
const HalfFile = "telltale.import"

// ErrHalf says of a store that an import into it has not ended.
var ErrHalf = errors.New("holds an import that has not ended")

// Half answers ErrHalf for a directory in which an import has not ended.
func Half(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, HalfFile)); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(ErrHalf, err)
	}
	return nil
}
