package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"telltale/server/store/dump"
	"telltale/server/store/redis"
	"telltale/server/store/sqlite"
	"telltale/server/store/tokens"

	"github.com/schollz/progressbar/v3"
)

// move is what export, import and backup are told: which file, and where the store is.
type move struct {
	verb   string
	file   string // "-" for stdin or stdout
	data   string
	redis  string // address; "" for what is in data
	prefix string
}

// parseMove reads the command line; options may stand before and after the file.
func parseMove(verb, use string, args []string, getenv func(string) string, help io.Writer) (move, error) {
	m := move{verb: verb, file: "-", data: cmp.Or(getenv("TELLTALE_DATA"), "./telltale-data"),
		redis: getenv("TELLTALE_REDIS"), prefix: cmp.Or(getenv("TELLTALE_REDIS_PREFIX"), "telltale")}
	wrong := func(format string, args ...any) (move, error) {
		return m, &sentence{text: fmt.Sprintf(format, args...) + "; telltale " + verb + " -h says more", code: 2}
	}
	set := flag.NewFlagSet("telltale "+verb, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.StringVar(&m.data, "data", m.data, "folder of the server's database")
	set.StringVar(&m.redis, "redis", m.redis, "address of the Redis that the servers share")
	set.StringVar(&m.prefix, "redis-prefix", m.prefix, "what the keys in it begin with")
	words, err := interspersed(set, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, use)
		return m, err
	} else if err != nil {
		return wrong("%s", err)
	}
	if len(words) > 1 {
		return wrong("telltale %s takes one file", verb)
	}
	if len(words) == 1 {
		m.file = words[0]
	}
	if m.file == "" {
		return wrong("say which file")
	}
	both := false
	if m.redis, both = sharedPlace(set, m.redis); both {
		return wrong("give --data or --redis, not both")
	}
	c := config{redis: m.redis, redisPrefix: m.prefix}
	if option, rule := c.checkRedis(); option != "" {
		return wrong("--%s %s", option, rule)
	}
	return m, nil
}

// sharedPlace is the address of the Redis that is meant, "" where a flag names a folder: one of the
// environment is not meant then, and where a flag names one too, both is true.
func sharedPlace(set *flag.FlagSet, redis string) (address string, both bool) {
	given := map[string]bool{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["data"] {
		return redis, false
	}
	return "", given["redis"] && redis != ""
}

// sources are those of all that is kept at its place; a folder's may be that of a server that runs.
func (m move) sources(running bool) []dump.Source {
	if m.redis != "" {
		return []dump.Source{redis.Export(redis.Options{URL: m.redis, Prefix: m.prefix})}
	}
	store := sqlite.Export(m.data, sqlite.Options{})
	if running {
		store = sqlite.Backup(m.data, sqlite.Options{})
	}
	return []dump.Source{store, func(ctx context.Context, put dump.Put) error {
		if _, err := os.Stat(filepath.Join(m.data, "access.db")); errors.Is(err, fs.ErrNotExist) {
			return nil // nobody has made a token yet
		}
		keys, err := tokens.Open(ctx, m.data, tokens.Options{})
		if err != nil {
			return err
		}
		defer keys.Close()
		return dump.Access(keys)(ctx, put)
	}}
}

// failed is the error of a move as a sentence.
func (m move) failed(err error) error {
	if err == nil {
		return nil
	}
	if _, is := errors.AsType[*sentence](err); is {
		return err
	}
	if errors.Is(err, context.Canceled) && !errors.Is(err, dump.ErrHalf) {
		return &sentence{text: m.verb + " was stopped, and leaves nothing behind", code: 1, cause: err}
	}
	where := "the data folder " + m.data
	if m.redis != "" {
		where = "Redis"
	}
	file := m.file
	if file == "-" {
		file = "what was read"
	}
	for _, known := range []struct {
		err    error
		advice string
	}{
		{dump.ErrForeign, file + " is no export of telltale"},
		{dump.ErrNewer, file + " was written by a newer telltale: use that one"},
		{dump.ErrTorn, file + " is cut off before its end: export again. Nothing was imported"},
		{dump.ErrDamaged, file + " " + err.Error() + "; nothing of it was imported"},
		{dump.ErrHalf, where + " holds an import that has not ended: import into it again, which begins anew"},
		{sqlite.ErrLocked, where + " is used by a telltale: stop it" + map[bool]string{true: ", or give another folder with --data", false: ", or copy it while it runs with telltale backup"}[m.verb == "import"]},
		{sqlite.ErrNone, where + " holds no database: give the server's --data"},
		{sqlite.ErrTaken, where + " holds a database already: give an empty folder with --data"},
		{sqlite.ErrCorrupt, where + " holds a damaged database: put a backup in its place"},
		{tokens.ErrCorrupt, where + " holds a damaged database of tokens: put a backup in its place"},
		{sqlite.ErrNewer, where + " was written by another telltale: use that one"},
		{tokens.ErrNewer, where + " was written by another telltale: use that one"},
		{sqlite.ErrUnwritable, where + " cannot be written: change its permissions, or make room on its disk"},
		{redis.ErrNone, "Redis holds nothing with that prefix: give the servers' --redis and --redis-prefix"},
		{redis.ErrInUse, "Redis is used by a telltale, or was within the last half minute: stop all that share it, then try again"},
		{redis.ErrTaken, "Redis holds a board with that prefix already: give another --redis-prefix, or an empty Redis"},
		{redis.ErrVersion, "that Redis is too old: give one of version 7 or later, or Valkey"},
		{redis.ErrNewer, "Redis was written by another telltale: use that one"},
	} {
		if errors.Is(err, known.err) {
			return &sentence{text: known.advice, code: 1, cause: err}
		}
	}
	return &sentence{text: m.verb + " has failed: " + err.Error(), code: 1, cause: err}
}

// tally counts what moves, and shows it.
type tally struct {
	bar   *progressbar.ProgressBar
	says  string    // what is done
	shown time.Time // when it was shown last

	metrics, samples, rooms, messages, runs, boards, tokens uint64
}

// count counts a record.
func (t *tally) count(r dump.Record) {
	switch {
	case r.Metric != nil:
		t.metrics++
	case r.Samples != nil:
		t.samples += r.Samples.Last - r.Samples.First + 1
	case r.Room != nil:
		t.rooms++
	case r.Messages != nil:
		t.messages += r.Messages.Last - r.Messages.First + 1
	case r.Run != nil:
		t.runs++
	case r.Board != nil:
		t.boards++
	case r.Token != nil:
		t.tokens++
	}
	if now := time.Now(); now.Sub(t.shown) > 100*time.Millisecond {
		t.shown = now
		t.bar.Describe(t.says + " " + t.String())
	}
}

// String is what was counted, for people.
func (t *tally) String() string {
	var parts []string
	for _, each := range []struct {
		n    uint64
		name string
	}{{t.metrics, "metric"}, {t.samples, "sample"}, {t.rooms, "room"}, {t.messages, "message"}, {t.runs, "run"}, {t.boards, "board"}, {t.tokens, "token"}} {
		switch {
		case each.n == 1:
			parts = append(parts, "1 "+each.name)
		case each.n > 1:
			parts = append(parts, thousands(each.n)+" "+each.name+"s")
		}
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// thousands writes a number with a comma before every three digits.
func thousands(n uint64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
