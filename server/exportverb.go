package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

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
const backupUse = `telltale backup writes all that a server keeps in its data folder to a file, as it is at one moment, while
the server runs. telltale import puts it into an empty folder, or into Redis.

  telltale backup FILE [--data DIR]

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
		if file, is := stdout.(*os.File); is && term.IsTerminal(int(file.Fd())) {
			return &sentence{text: "say which file, as in telltale " + m.verb + " board.telltale: it is not for a terminal", code: 2}
		}
	} else {
		part, err := os.OpenFile(m.file+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return &sentence{text: fmt.Sprintf("%s cannot be written: give a file in a folder where you may write", m.file), code: 1, cause: err}
		}
		defer os.Remove(part.Name())
		defer part.Close()
		to = part
	}
	t := &tally{bar: newProgress(stderr, -1, ""), says: m.verb + ":"}
	defer t.bar.Finish()
	buffered := bufio.NewWriterSize(to, 1<<20)
	end, err := dump.Write(ctx, buffered, t.counting(sources)...)
	if err == nil {
		if err = buffered.Flush(); err == nil {
			err = m.keep(to)
		}
		if err != nil {
			name := m.file
			if name == "-" {
				name = "the standard output"
			}
			return &sentence{text: name + " cannot be written: is its disk full, or nobody there to read it?", code: 1, cause: err}
		}
	}
	if err != nil {
		return err
	}
	_ = t.bar.Finish()
	fmt.Fprintf(stderr, "telltale: exported %s; SHA-256 %s\n", t, end.SHA256)
	return nil
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
	return os.Rename(part.Name(), m.file)
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
