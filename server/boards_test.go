package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/api"
)

// folder is a folder of boards under test.
type folder struct {
	*boardFolder
	t   *testing.T
	log bytes.Buffer
	n   int
}

func newFolder(t *testing.T) *folder {
	t.Helper()
	f := &folder{t: t}
	var err error
	f.boardFolder, err = openBoards(t.TempDir(), slog.New(slog.NewTextHandler(&f.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// write writes a file, later than all before.
func (f *folder) write(name, text string) {
	f.t.Helper()
	file := filepath.Join(f.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.n++
	at := time.Date(2026, 11, 22, 12, 0, f.n, 0, time.UTC)
	if err := os.Chtimes(file, at, at); err != nil {
		f.t.Fatal(err)
	}
}

// looks looks at the folder and compares which boards are others.
func (f *folder) looks(want ...string) {
	f.t.Helper()
	if got := f.look(); !slices.Equal(got, want) {
		f.t.Errorf("changed are %q, want %q", got, want)
	}
}

func (f *folder) has(id, title, wrong string) api.Board {
	f.t.Helper()
	of, is := f.Board(id)
	if !is || of.ID != id || of.Title != title || (wrong == "") != (of.Wrong == "") || !strings.Contains(of.Wrong, wrong) || of.Source != "file" {
		f.t.Errorf("%s is %+v, %v, want %q and %q", id, of, is, title, wrong)
	}
	return of
}

const titled = `{"title":%q,"panels":[{"id":"p","kind":"line","queries":[{"metric":"m"}]}]}`

func TestAFolderOfBoardsIsFollowed(t *testing.T) {
	f := newFolder(t)
	f.looks()
	f.write("shop.json", fmt.Sprintf(titled, "Shop"))
	f.write("home.json", fmt.Sprintf(titled, "Ours"))
	f.looks("home", "shop")
	f.has("home", "Ours", "")
	first := f.has("shop", "Shop", "")
	if all := f.Boards(); len(all) != 2 || first.Time != time.Date(2026, 11, 22, 12, 0, 1, 0, time.UTC).UnixMilli() {
		t.Errorf("all are %+v", all)
	}
	f.looks()
	f.write("shop.json", "  "+fmt.Sprintf(titled, "Shop"))
	f.looks() // the same board, written otherwise
	f.write("shop.json", fmt.Sprintf(titled, "The shop"))
	f.looks("shop")
	if again := f.has("shop", "The shop", ""); again.Revision == first.Revision {
		t.Error("another board has the same revision")
	}
	if err := os.Remove(filepath.Join(f.dir, "shop.json")); err != nil {
		t.Fatal(err)
	}
	f.looks("shop")
	if _, is := f.Board("shop"); is {
		t.Error("the board stays when its file is gone")
	}
}

func TestABrokenFileLeavesTheLastGoodBoardAndSaysWhy(t *testing.T) {
	f := newFolder(t)
	f.write("shop.json", fmt.Sprintf(titled, "Shop"))
	f.looks("shop")
	for _, c := range []struct{ text, wrong string }{
		{`{"title":"Sh`, "ends too early"}, {`{"panels":[{"id":"p","kind":"pie"}]}`, `panel 1: "pie"`}, {`{"panels":[],"color":"red"}`, `"color"`},
		{`{"id":"other","panels":[]}`, `"other"`}, {"", "empty"}, {strings.Repeat(" ", mostBoardFile+1), "1 MiB"},
	} {
		f.write("shop.json", c.text)
		f.looks("shop")
		f.has("shop", "Shop", c.wrong)
		f.looks()
	}
	if n := strings.Count(f.log.String(), "cannot be shown"); n != 6 {
		t.Errorf("it was told %d times: %s", n, &f.log)
	}
	f.write("shop.json", fmt.Sprintf(titled, "Shop"))
	f.looks("shop")
	f.has("shop", "Shop", "")
	f.write("new.json", "x")
	f.looks("new")
	if of := f.has("new", "", "not JSON"); len(of.Panels) != 0 {
		t.Errorf("a board that never was good is %+v", of)
	}
}

func TestWhatIsNoBoardsFileIsPassedOver(t *testing.T) {
	f := newFolder(t)
	for _, name := range []string{"README.md", ".hidden.json", "a b.json", "shop.json~", ".json"} {
		f.write(name, fmt.Sprintf(titled, name))
	}
	for _, name := range []string{"sub", "sub.json"} {
		if err := os.Mkdir(filepath.Join(f.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f.looks()
	f.looks()
	if n := strings.Count(f.log.String(), "passed over"); n != 1 || !strings.Contains(f.log.String(), "a b.json") {
		t.Errorf("told is %s", &f.log)
	}
	// A link is what it leads to, as folders of mounted settings have them.
	if err := os.Symlink(filepath.Join(f.dir, "README.md"), filepath.Join(f.dir, "linked.json")); err != nil {
		t.Fatal(err)
	}
	f.looks("linked")
	f.has("linked", "README.md", "")
	// A folder that cannot be read for a while loses nothing.
	if err := os.Rename(f.dir, f.dir+"-away"); err != nil {
		t.Fatal(err)
	}
	f.looks()
	f.has("linked", "README.md", "")
	if err := os.Rename(f.dir+"-away", f.dir); err != nil {
		t.Fatal(err)
	}
	f.looks()
}

func TestAFolderOfBoardsThatIsNotThereIsASentence(t *testing.T) {
	for _, dir := range []string{filepath.Join(t.TempDir(), "none"), os.Args[0]} {
		_, err := openBoards(dir, slog.New(slog.DiscardHandler))
		var stderr bytes.Buffer
		if code := report(err, &stderr); code != 1 || !strings.Contains(stderr.String(), "--boards") || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%d, %s", code, &stderr)
		}
	}
	if f, err := openBoards("", nil); f.files() != nil || err != nil {
		t.Error("without the option there is a folder")
	}
}

func TestChangesOfTheFolderAreToldWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t)
		ctx, cancel := context.WithCancel(t.Context())
		told := make(chan string, 10)
		go f.watch(ctx, func(_ context.Context, id string) { told <- id })
		for i := range 3 {
			f.write("shop.json", fmt.Sprintf(titled, fmt.Sprint(i)))
			begun := time.Now()
			if id := <-told; id != "shop" || time.Since(begun) > time.Second {
				t.Errorf("%s after %s", id, time.Since(begun))
			}
		}
		cancel()
		synctest.Wait()
	})
}
