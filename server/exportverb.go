package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"telltale/server/store/dump"
	"telltale/server/store/sqlite"

	"golang.org/x/term"
)

// exportUse says how telltale export is used.
const exportUse = `telltale export writes all that a server keeps to a file, for telltale import: values, history, rooms, runs,
boards, tokens (of which only hashes are kept) and the audit. The server is stopped before; telltale backup
needs that not.

  telltale export [FILE] [--data DIR]
  telltale export [FILE] --redis URL [--redis-prefix NAME]

Without FILE, or where it is -, it goes to the standard output.

`

// backupUse says how telltale backup is used.
const backupUse = `telltale backup writes all that a server keeps in its data folder to a file, as it is at one moment (tokens and
the audit a little later), while the server runs. telltale import puts it into an empty folder, or into Redis.

  telltale backup FILE [--data DIR]

For another machine write a file, which nobody else may read, and copy that: while a slow reader of the
standard output (FILE is -) is waited for, the server's files grow.
What is in Redis is backed up by Redis.

`

// exportVerb writes all that a store keeps to a file.
func exportVerb(ctx context.Context, args []string, getenv func(string) string, _ io.Reader, stdout, stderr io.Writer) error {
	m, err := parseMove("export", exportUse, args, getenv, stdout)
	if err != nil {
		return err
	}
	return m.failed(m.export(ctx, m.sources(false), stdout, stderr))
}

// backupVerb is exportVerb for a folder that a server may have open.
func backupVerb(ctx context.Context, args []string, getenv func(string) string, _ io.Reader, stdout, stderr io.Writer) error {
	m, err := parseMove("backup", backupUse, args, getenv, stdout)
	if err != nil {
		return err
	}
	if m.redis != "" {
		return &sentence{text: "what is in Redis is backed up by Redis: copy its append-only file or a snapshot; or stop all servers that share it, and use telltale export", code: 2}
	}
	if err = m.export(ctx, m.sources(false), stdout, stderr); errors.Is(err, sqlite.ErrLocked) {
		err = m.export(ctx, m.sources(true), stdout, stderr)
	}
	return m.failed(err)
}

// export writes what the sources give to the file, of which there is nothing before it is whole.
func (m move) export(ctx context.Context, sources []dump.Source, stdout, stderr io.Writer) error {
	to := stdout
	if m.file == "-" {
		if isTerminal(stdout) {
			return &sentence{text: "say which file, as in telltale " + m.verb + " board.telltale: it is not for a terminal", code: 2}
		}
	} else {
		part, err := os.CreateTemp(filepath.Dir(m.file), filepath.Base(m.file)+".*.part")
		if err != nil {
			return &sentence{text: fmt.Sprintf("%s cannot be written: give a file in a folder where you may write", m.file), code: 1, cause: err}
		}
		defer os.Remove(part.Name())
		defer part.Close()
		to = part
	}
	t := &tally{bar: newProgress(stderr, -1, ""), says: m.verb + ":"}
	defer t.bar.Finish()
	out := &output{Writer: to}
	buffered := bufio.NewWriterSize(out, 1<<20)
	end, err := dump.Write(ctx, buffered, t.counting(sources)...)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		out.err = m.keep(to)
	}
	if out.err != nil {
		name := m.file
		if name == "-" {
			name = "the standard output"
		}
		return &sentence{text: name + " cannot be written: is its disk full, or nobody there to read it?", code: 1, cause: out.err}
	}
	if err != nil {
		return err
	}
	_ = t.bar.Finish()
	fmt.Fprintf(stderr, "telltale: exported %s; SHA-256 %s\n", t, end.SHA256)
	return nil
}

// output tells an error of what is written to from one of what is read.
type output struct {
	io.Writer
	err error // the first
}

// Write writes on.
func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	o.err = cmp.Or(o.err, err)
	return n, err
}

// isTerminal tells whether a person is at the other end.
func isTerminal(stream any) bool {
	file, is := stream.(*os.File)
	return is && term.IsTerminal(int(file.Fd()))
}

// keep makes the file durable under its name.
func (m move) keep(to io.Writer) error {
	part, is := to.(*os.File)
	if m.file == "-" || !is {
		return nil
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), m.file); err != nil {
		return err
	}
	return sqlite.SyncDir(filepath.Dir(m.file))
}

// counting counts what sources give.
func (t *tally) counting(sources []dump.Source) []dump.Source {
	counted := make([]dump.Source, len(sources))
	for i, source := range sources {
		counted[i] = func(ctx context.Context, put dump.Put) error {
			return source(ctx, func(r dump.Record) error {
				t.count(r)
				return put(r)
			})
		}
	}
	return counted
}
