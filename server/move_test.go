package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/server/store/dump"
	"telltale/server/store/redis"
	"telltale/server/store/redistest"
	"telltale/server/store/sqlite"
	"telltale/shared/metric"
)

// moveCommand runs a verb with words, from stdin, and answers what it printed.
func moveCommand(t *testing.T, stdin io.Reader, words ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, says bytes.Buffer
	err = run(t.Context(), words, func(string) string { return "" }, stdin, &out, &says)
	return out.String(), says.String(), err
}

// filledFolder is the data folder of a server that was stopped: a metric, a room, a token.
func filledFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := tokenCommand(t, dir, "create", "sensor", "--scope", "write:orders"); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.Apply(t.Context(), []ledger.Entry{{Items: []ledger.Item{{Mutation: metric.Mutation{Metric: "orders", Op: metric.Add, Value: 3}}}}})
	_, err2 := s.Post(t.Context(), []ledger.Post{{Room: "build", Lines: []ledger.Line{{Content: "done"}, {Content: "gone"}}}})
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWhatIsKeptMovesToRedisAndBack(t *testing.T) {
	server := redistest.Start(t)
	from, back := filledFolder(t), filepath.Join(t.TempDir(), "back")
	file := filepath.Join(t.TempDir(), "board.telltale")
	for _, words := range [][]string{
		{"export", file, "--data", from},
		{"import", file, "--redis", server.URL()},
		{"export", "--redis", server.URL(), "--redis-prefix", "telltale", file + "2"},
		{"import", "--data", back, file + "2"},
		{"backup", "--data", back, file + "3"},
	} {
		out, says, err := moveCommand(t, nil, words...)
		if err != nil || out != "" || !strings.Contains(says, "ed 1 metric, 1 sample, 1 room, 2 messages, 1 token") || !strings.Contains(says, "SHA-256 ") {
			t.Fatalf("%q: %v, printed %q and %q", words, err, out, says)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file + "2", file + "3"} {
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, is\n%s\nnot\n%s", name, err, got, want)
		}
	}
	if out, _, err := moveCommand(t, nil, "export", "--data", back, "-"); err != nil || out != string(want) {
		t.Errorf("on stdout: %v, %q", err, out)
	}
	if listed, err := tokenCommand(t, back, "list"); err != nil || !strings.Contains(listed, "sensor") {
		t.Errorf("the tokens are %q, %v", listed, err)
	}
	if about, err := os.Stat(file); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("the file, which has hashes of tokens, is %v, %v", about.Mode(), err)
	}
}

func TestAMoveThatCannotBeIsASentenceAndChangesNothing(t *testing.T) {
	server := redistest.Start(t)
	folder := t.TempDir()
	dir, file := filledFolder(t), filepath.Join(folder, "file")
	if _, _, err := moveCommand(t, nil, "export", file, "--data", dir); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	used := filledFolder(t)
	s, err := sqlite.Open(t.Context(), used, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	shared, err := redis.Open(t.Context(), redis.Options{URL: server.URL(), Prefix: "used", Patience: time.Minute})
	if err == nil {
		err = shared.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{server.Addr()}, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Do(t.Context(), client.B().Set().Key("{used}:lease").Value("a server").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half")
	if err := errors.Join(os.Mkdir(half, 0o700), os.WriteFile(filepath.Join(half, dump.HalfFile), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(folder, "new")
	for _, c := range []struct {
		words string
		stdin []byte
		says  string
		code  int
	}{
		{"export a b", nil, "one file", 2},
		{"export --fast", nil, "-fast", 2},
		{"export x --redis http://x", nil, "--redis is", 2},
		{"export x --data d --redis redis://x:1", nil, "--data or --redis", 2},
		{"export " + file + "2 --data " + used, nil, "stop it, or copy it while it runs with telltale backup", 1},
		{"export " + file + "2 --data " + empty, nil, "holds no database", 1},
		{"export " + file + "2 --data " + half, nil, "an import that has not ended", 1},
		{"export " + file + "2 --redis " + server.URL(), nil, "Redis holds nothing", 1},
		{"export " + file + "2 --redis redis://127.0.0.1:1", nil, "cannot be reached", 1},
		{"export " + file + "2 --redis-prefix used --redis " + server.URL(), nil, "stop all that share it", 1},
		{"export " + folder + "/none/file --data " + dir, nil, "cannot be written", 1},
		{"backup " + file + "2 --redis " + server.URL(), nil, "backed up by Redis", 2},
		{"import " + file + "2 --data " + empty, nil, "cannot be read", 1},
		{"import " + file + " --data " + dir, nil, "holds a database already", 1},
		{"import " + file + " --data " + used, nil, "is used by a telltale: stop it, or give another", 1},
		{"import " + file + " --redis-prefix used --redis " + server.URL(), nil, "holds a board with that prefix already", 1},
		{"import --data " + empty, []byte("x"), "no export of telltale", 1},
		{"import --data " + empty, whole[:len(whole)-9], "cut off before its end", 1},
		{"import --data " + empty, bytes.Replace(whole, []byte(`"records":`), []byte(`"records":1`), 1), "damaged", 1},
		{"import --data " + empty, bytes.Replace(whole, []byte(`"version":1`), []byte(`"version":9`), 1), "newer telltale", 1},
		{"import --redis " + server.URL(), whole[:len(whole)-9], "cut off before its end", 1},
		{"serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --data " + half, nil, "an import that has not ended", 1},
	} {
		_, _, err := moveCommand(t, bytes.NewReader(c.stdin), strings.Fields(c.words)...)
		var wrong *sentence
		if !errors.As(err, &wrong) || wrong.code != c.code || !strings.Contains(wrong.text, c.says) || strings.Contains(wrong.text, "\n") {
			t.Errorf("%s: %v, want %q in it", c.words, err, c.says)
		}
	}
	left, err := filepath.Glob(file + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("of files there are %q, %v", left, err)
	}
	for _, words := range []string{"import " + file + " --data " + empty, "import " + file + " --redis " + server.URL(), "import " + file + " --data " + half} {
		if _, _, err := moveCommand(t, nil, strings.Fields(words)...); err != nil {
			t.Errorf("%s, where an import has failed before: %v", words, err)
		}
	}
}

func TestAFolderThatAFlagNamesIsMeantRatherThanARedisOfTheEnvironment(t *testing.T) {
	getenv := func(name string) string { return map[string]string{"TELLTALE_REDIS": "redis://a:1"}[name] }
	for words, want := range map[string]string{"": "redis://a:1", "--data d": "", "--redis redis://b:1": "redis://b:1", "--redis-prefix p": "redis://a:1"} {
		m, err := parseMove("import", "", strings.Fields(words), getenv, io.Discard)
		o, err2 := parseToken(strings.Fields("list "+words), getenv, io.Discard)
		if err := errors.Join(err, err2); err != nil || m.redis != want || o.redis != want {
			t.Errorf("%q: %v, the Redis is %q, and of tokens %q; want %q", words, err, m.redis, o.redis, want)
		}
	}
}

func TestAnImportFromATerminalIsRefused(t *testing.T) {
	terminal, err := os.Open("/dev/ptmx")
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	dir := filepath.Join(t.TempDir(), "new")
	var wrong *sentence
	if _, _, err := moveCommand(t, terminal, "import", "--data", dir); !errors.As(err, &wrong) || wrong.code != 2 || !strings.Contains(wrong.text, "which file") {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder: %v", err)
	}
}

// stalled is the standard input of a program that is stopped while it waits for more.
type stalled struct {
	stop context.CancelFunc
	more chan struct{}
}

func (s stalled) Read([]byte) (int, error) {
	s.stop()
	<-s.more
	return 0, io.EOF
}

func TestAnImportThatIsStoppedSaysWhatItLeaves(t *testing.T) {
	server := redistest.Start(t)
	whole, _, err := moveCommand(t, nil, "export", "--data", filledFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	for _, c := range []struct{ came, place, to, says string }{
		{"", "--data", dir, "was stopped, and leaves nothing behind"},
		{"", "--redis", server.URL(), "was stopped, and leaves nothing behind"},
		{whole[:len(whole)-9], "--data", dir, "was stopped, and leaves nothing behind"},
		{whole[:len(whole)-9], "--redis", server.URL(), "Redis holds an import that has not ended: import into it again"},
	} {
		ctx, stop := context.WithCancel(t.Context())
		s := stalled{stop, make(chan struct{})}
		err := run(ctx, []string{"import", c.place, c.to}, func(string) string { return "" }, io.MultiReader(strings.NewReader(c.came), s), io.Discard, io.Discard)
		close(s.more)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("after %d bytes, %s: %v, want %q", len(c.came), c.place, err, c.says)
		}
		if err := dump.Half(dir); err != nil {
			t.Errorf("after %d bytes, %s: the folder %v", len(c.came), c.place, err)
		}
		if c.came == "" {
			continue
		}
		if _, _, err := moveCommand(t, strings.NewReader(whole), "import", c.place, c.to); err != nil {
			t.Errorf("another import, %s: %v", c.place, err)
		}
	}
}

func TestAnExportLeavesFilesAloneThatAreNotItsOwn(t *testing.T) {
	dir, file := filledFolder(t), filepath.Join(t.TempDir(), "board.telltale")
	if err := os.WriteFile(file+".part", []byte("another's"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := moveCommand(t, nil, "export", file, "--data", dir); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadFile(file + ".part"); err != nil || string(left) != "another's" {
		t.Errorf("the file of another is %q, %v", left, err)
	}
}

// fullDisk is one on which there is no space.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAFileThatCannotBeWrittenOnIsNotBlamedOnTheStore(t *testing.T) {
	large := dump.Record{Board: &dump.Board{ID: "a", Document: bytes.Repeat([]byte("a"), 2<<20)}}
	source := func(_ context.Context, put dump.Put) error {
		if err := put(large); err != nil {
			return fmt.Errorf("read the store: %w", err)
		}
		return nil
	}
	m := move{verb: "export", file: "-", redis: "redis://a:1"}
	err := m.failed(m.export(t.Context(), []dump.Source{source}, fullDisk{}, io.Discard))
	if err == nil || !strings.Contains(err.Error(), "the standard output cannot be written") {
		t.Errorf("it ended with %v", err)
	}
}

func TestAMoveByARedisThatIsTooOldSaysWhichIsNeeded(t *testing.T) {
	err := move{verb: "export", redis: "redis://a:1"}.failed(fmt.Errorf("the Redis server cannot be reached: %w: this is 6.2", redis.ErrVersion))
	if err == nil || !strings.Contains(err.Error(), "version 7 or later") {
		t.Errorf("it ended with %v", err)
	}
}
