package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

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
	shared, err := redis.Open(t.Context(), redis.Options{URL: server.URL(), Prefix: "used"})
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	for !shared.Leads() { // it looks after the store, as a server does
		runtime.Gosched()
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
