package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/redis"
	"telltale/server/store/sqlite"
	"telltale/server/store/tokens"
	"telltale/shared/access"

	"github.com/schollz/progressbar/v3"
)

// importUse says how telltale import is used.
const importUse = `telltale import makes what telltale export or telltale backup has written the content of an empty place: a
folder for one server, or a Redis for several. It reads back what it has written and compares that with the file;
until then no server takes the place for its own, whatever happens.

  telltale import [FILE] [--data DIR]
  telltale import [FILE] --redis URL [--redis-prefix NAME]

Without FILE, or where it is -, it is read from the standard input. Pages that are open are given all anew.

`

// importer makes a store out of records.
type importer interface {
	Put(ctx context.Context, r dump.Record) error
	// sources are those of what was put; no more may be.
	sources() []dump.Source
	// End makes it a store that may be opened, Abandon removes it; servers that wait for a Redis wait on.
	End(ctx context.Context) error
	Abandon() error
}

// importVerb makes a store of a file.
func importVerb(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	m, err := parseMove("import", importUse, args, getenv, stdout)
	if err != nil {
		return err
	}
	from, size := stdin, int64(-1)
	if m.file == "-" && isTerminal(stdin) {
		return &sentence{text: "say which file, as in telltale import board.telltale", code: 2}
	}
	if m.file != "-" {
		file, err := os.Open(m.file)
		if err != nil {
			return &sentence{text: fmt.Sprintf("%s cannot be read: is it there, and may you read it?", m.file), code: 1, cause: err}
		}
		defer file.Close()
		if about, err := file.Stat(); err == nil && about.Mode().IsRegular() {
			size = about.Size()
		}
		from = file
	}
	if size < 0 {
		pipe := heeding(ctx, from)
		defer pipe.Close()
		from = pipe
	}
	return m.failed(m.take(ctx, from, size, stderr))
}

// heeding reads until the context ends: a read of a pipe that nobody fills does not heed it.
func heeding(ctx context.Context, from io.Reader) *io.PipeReader {
	r, w := io.Pipe()
	go func() { // at the latest it ends with the program
		_, err := io.Copy(w, from)
		_ = w.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { _ = w.CloseWithError(ctx.Err()) })
	return r
}

// take imports a file of so many bytes, -1 where that is not known.
func (m move) take(ctx context.Context, from io.Reader, size int64, stderr io.Writer) error {
	t := &tally{bar: newProgress(stderr, size, ""), says: "import:"}
	defer t.bar.Finish()
	reader := dump.NewReader(shownReader{from, t.bar})
	r, ended := reader.Next() // before the place is touched: it may be no export, or nothing may ever come
	if ended != nil && !errors.Is(ended, io.EOF) {
		return ended
	}
	now := time.Now() // for all of it: no key ends on the way
	into, err := m.begin(ctx, func() time.Time { return now })
	if err != nil {
		return err
	}
	events := 0
	taken, err := dump.Sum(ctx, t.counting([]dump.Source{func(ctx context.Context, put dump.Put) error {
		for ; ended == nil; r, ended = reader.Next() {
			if r.Key != nil && r.Key.Time <= now.UnixMilli()-ledger.KeysKept {
				continue // it holds no more
			}
			if r.Event != nil {
				if events++; events > access.MaxEvents {
					continue
				}
			}
			if err := errors.Join(put(r), into.Put(ctx, r)); err != nil {
				return err
			}
		}
		if errors.Is(ended, io.EOF) {
			return nil
		}
		return ended
	}})...)
	if err == nil && reader.End() == nil {
		err = dump.ErrTorn
	}
	if err != nil {
		return m.undo(into, err)
	}
	_ = t.bar.Finish()
	check := &tally{bar: newProgress(stderr, -1, ""), says: "check:"}
	defer check.bar.Finish()
	held, err := dump.Sum(ctx, check.counting(into.sources())...)
	if err == nil && held != taken {
		err = fmt.Errorf("what was written is not what is read back: its SHA-256 is %s, not %s", held.SHA256, taken.SHA256)
	}
	if err != nil {
		return m.undo(into, err)
	}
	if err := into.End(ctx); err != nil {
		return err
	}
	_ = check.bar.Finish()
	fmt.Fprintf(stderr, "telltale: imported %s, read back and compared; SHA-256 %s\n", t, reader.End().SHA256)
	return nil
}

// undo abandons an import, and answers the error that has ended it.
func (m move) undo(into interface{ Abandon() error }, err error) error {
	left := into.Abandon()
	if errors.Is(err, context.Canceled) && (left != nil || m.redis != "") {
		err = errors.Join(dump.ErrHalf, err) // for there is something left
	}
	return errors.Join(err, left)
}

// shownReader shows on a bar how far a file was read.
type shownReader struct {
	io.Reader
	bar *progressbar.ProgressBar
}

// Read reads on.
func (r shownReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	_ = r.bar.Add(n) // a file that grows is read all the same
	return n, err
}

// begin begins an import into the place.
func (m move) begin(ctx context.Context, now func() time.Time) (importer, error) {
	if m.redis != "" {
		i, err := redis.Begin(ctx, redis.Options{URL: m.redis, Prefix: m.prefix, Now: now})
		if err != nil {
			return nil, err
		}
		return intoRedis{i}, nil
	}
	i, err := sqlite.Begin(ctx, m.data, sqlite.Options{Now: now})
	if err != nil {
		return nil, err
	}
	keys, err := tokens.Open(ctx, m.data, tokens.Options{Importing: true})
	if err != nil {
		return nil, m.undo(i, err)
	}
	return &intoFolder{Import: i, keys: keys}, nil
}

// intoRedis is an import into Redis.
type intoRedis struct{ *redis.Import }

func (i intoRedis) sources() []dump.Source { return []dump.Source{i.Export} }

// intoFolder is an import into a folder, which has two databases.
type intoFolder struct {
	*sqlite.Import
	keys   *tokens.Store
	access []dump.Record // of tokens and the audit, to be put together
}

// accessBatch is how many of these are put together.
const accessBatch = 1000

// Put takes a record.
func (i *intoFolder) Put(ctx context.Context, r dump.Record) error {
	if r.Token == nil && r.Event == nil {
		return i.Import.Put(ctx, r)
	}
	if i.access = append(i.access, r); len(i.access) < accessBatch {
		return nil
	}
	return i.flush(ctx)
}

func (i *intoFolder) flush(ctx context.Context) error {
	err := i.keys.Put(ctx, i.access)
	i.access = nil
	return err
}

func (i *intoFolder) sources() []dump.Source {
	return []dump.Source{i.Export, func(ctx context.Context, put dump.Put) error {
		if err := i.flush(ctx); err != nil {
			return err
		}
		return dump.Access(i.keys)(ctx, put)
	}}
}

// End makes both databases what a server opens.
func (i *intoFolder) End(ctx context.Context) error {
	if err := i.keys.Close(); err != nil {
		return errors.Join(err, i.Import.Abandon())
	}
	return i.Import.End(ctx)
}

// Abandon removes both.
func (i *intoFolder) Abandon() error { return errors.Join(i.keys.Close(), i.Import.Abandon()) }
