package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"telltale/server/api"
	"telltale/shared/board"
	"telltale/shared/wire"
)

const (
	lookEvery      = time.Second // at the folder of boards
	mostBoardFiles = 1000
	mostBoardFile  = 1 << 20 // bytes, as much as a request may have
)

// boardFolder is the operator's folder of boards: each file NAME.json is the board NAME,
// changed by nobody else. It is safe for concurrent use, watch by one goroutine.
type boardFolder struct {
	dir string
	log *slog.Logger

	mu     sync.RWMutex // guards what follows; held for map operations only
	boards map[string]api.Board

	stamps map[string]stamp // of the files as they were read last; look's alone
	odd    map[string]bool  // files that were complained of once; look's alone
	lost   bool             // the folder cannot be read; look's alone
}

// stamp tells whether a file is another one than before.
type stamp struct {
	time time.Time
	size int64
}

// openBoards reads the folder for the first time; nil where there is none to be read.
// Its error is a sentence.
func openBoards(dir string, log *slog.Logger) (*boardFolder, error) {
	if dir == "" {
		return nil, nil
	}
	f := &boardFolder{dir: dir, log: log, boards: map[string]api.Board{}, stamps: map[string]stamp{}, odd: map[string]bool{}}
	if _, err := os.ReadDir(dir); err != nil {
		return nil, &sentence{text: fmt.Sprintf("the folder of boards %s cannot be read: make it, or name another with --boards", dir), code: 1, cause: err}
	}
	f.look()
	return f, nil
}

// files are the folder's boards as the API asks for them; nil where there is no folder.
func (f *boardFolder) files() api.BoardFiles {
	if f == nil {
		return nil
	}
	return f
}

// Board implements api.BoardFiles.
func (f *boardFolder) Board(id string) (api.Board, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	of, is := f.boards[id]
	return of, is
}

// Boards implements api.BoardFiles.
func (f *boardFolder) Boards() []api.Board {
	f.mu.RLock()
	defer f.mu.RUnlock()
	all := make([]api.Board, 0, len(f.boards))
	for _, of := range f.boards {
		all = append(all, of)
	}
	return all
}

// watch looks at the folder until ctx ends, and tells which boards are others than before.
func (f *boardFolder) watch(ctx context.Context, changed func(ctx context.Context, id string)) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			for _, id := range f.look() {
				changed(ctx, id)
			}
		}
	}
}

// look reads the files that are others than before, and answers the boards that are. A
// file that is no board leaves the one that was there, and says so.
func (f *boardFolder) look() (changed []string) {
	entries, err := os.ReadDir(f.dir)
	if (err != nil) != f.lost {
		if f.lost = err != nil; f.lost {
			f.log.Error("the folder of boards cannot be read: what was read before stays", "folder", f.dir, "error", err)
		}
	}
	if err != nil {
		return nil
	}
	there := map[string]bool{}
	for _, e := range entries {
		id, is := f.named(e.Name(), len(there))
		if !is {
			continue
		}
		file := filepath.Join(f.dir, e.Name())
		about, err := os.Stat(file) // what a link leads to
		if errors.Is(err, fs.ErrNotExist) || err == nil && about.IsDir() {
			continue
		}
		there[id] = true
		now := stamp{}
		if err == nil {
			now = stamp{about.ModTime(), about.Size()}
		}
		if before, known := f.stamps[id]; known && before == now {
			continue
		}
		f.stamps[id] = now
		if f.read(file, id, now.time) {
			changed = append(changed, id)
		}
	}
	for id := range f.stamps {
		if !there[id] {
			delete(f.stamps, id)
			f.mu.Lock()
			delete(f.boards, id)
			f.mu.Unlock()
			changed = append(changed, id)
			f.log.Info("a board's file is gone", "board", id)
		}
	}
	slices.Sort(changed)
	return changed
}

// named is the id of a file's board; false for what is none. What looks like one is told
// once.
func (f *boardFolder) named(name string, others int) (id string, is bool) {
	id, is = strings.CutSuffix(name, ".json")
	if !is || strings.HasPrefix(name, ".") {
		return "", false
	}
	why := ""
	if err := board.CheckID(id); err != nil {
		why = err.Error()
	} else if others >= mostBoardFiles {
		why = fmt.Sprintf("%d files are read already, the most", mostBoardFiles)
	}
	if why != "" && !f.odd[name] && len(f.odd) < mostBoardFiles {
		f.odd[name] = true
		f.log.Warn("a file in the folder of boards is passed over", "file", name, "because", why)
	}
	return id, why == ""
}

// read takes the file over and tells whether its board is another one.
func (f *boardFolder) read(file, id string, at time.Time) bool {
	of, err := readBoardFile(file, id, at)
	f.mu.Lock()
	defer f.mu.Unlock()
	before, known := f.boards[id]
	if err != nil {
		f.log.Error("a board's file cannot be shown: what was read before stays", "file", file, "error", err)
		if of = before; !known {
			of = api.Board{Board: board.Board{ID: id, Panels: []board.Panel{}}, Revision: "none", Source: wire.File, Time: at.UnixMilli()}
		}
		of.Wrong = err.Error()
	}
	f.boards[id] = of
	return !known || before.Revision != of.Revision || before.Wrong != of.Wrong
}

func readBoardFile(name, id string, at time.Time) (api.Board, error) {
	file, err := os.Open(name)
	if err != nil {
		return api.Board{}, fmt.Errorf("open it: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostBoardFile+1))
	switch {
	case err != nil:
		return api.Board{}, fmt.Errorf("read it: %w", err)
	case len(text) > mostBoardFile:
		return api.Board{}, fmt.Errorf("it is larger than %d MiB", mostBoardFile>>20)
	}
	return api.FromFile(text, id, at.UnixMilli())
}
