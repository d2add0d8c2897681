package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// environment answers for os.Getenv.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestAFlagWinsOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "telltale.toml")
	if err := os.WriteFile(file, []byte("max-metrics = 1\nmax-connections = 2\ndata = \"file\"\nhost-metrics = false\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := parseConfig(
		[]string{"--config", file, "--max-metrics", "100"},
		environment("TELLTALE_MAX_METRICS", "10", "TELLTALE_MAX_CONNECTIONS", "20", "TELLTALE_LOG_LEVEL", "debug"),
		&bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if c.maxMetrics != 100 || c.maxConnections != 20 || c.data != "file" || c.hostMetrics || c.logLevel.String() != "DEBUG" {
		t.Fatalf("%+v", c)
	}
	fromVariable, err := parseConfig(nil, environment("TELLTALE_CONFIG", file), &bytes.Buffer{})
	if err != nil || fromVariable.maxMetrics != 1 {
		t.Fatalf("TELLTALE_CONFIG: %+v, %v", fromVariable, err)
	}
}

func TestCommandsStandInTheFileBesideTheOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "telltale.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("max-metrics = 7\n[command.deploy]\nexec = [\"./deploy.sh\", \"{branch}\"]\nenv = { A = \"b\" }\n[command.deploy.args]\nbranch = \"^[a-z]+$\"\n")
	c, err := parseConfig([]string{"--config", file}, environment(), &bytes.Buffer{})
	if err != nil || c.maxMetrics != 7 || len(c.commands) != 1 || c.commands[0].Name != "deploy" {
		t.Errorf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"[command.deploy]\nexec = \"rm -rf /\"\n": "command.deploy.exec is a list of words",
		"[commands.deploy]\nexec = [\"x\"]\n":     "commands.deploy.exec",
		"max-metrics = [":                         "telltale.toml",
	} {
		write(text)
		var stderr bytes.Buffer
		_, err := parseConfig([]string{"--config", file}, environment(), &bytes.Buffer{})
		if code := report(err, &stderr); code != 2 || !strings.Contains(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%q: exit code %d, %q", text, code, stderr.String())
		}
	}
}

func TestWithoutOptionsTheServerIsReachedFromThisMachineOnly(t *testing.T) {
	c, err := parseConfig(nil, environment(), &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if c.listen != "localhost:8082" || c.adminListen != "127.0.0.1:8081" || c.data != "./telltale-data" || !c.hostMetrics {
		t.Fatalf("%+v", c)
	}
	if c.retention != (retention{raw: 24 * time.Hour, fine: 7 * day, coarse: 90 * day}) || c.maxMetrics != 10_000 || c.maxConnections != 20_000 || c.maxMessage != 64<<10 ||
		c.roomRetention != (roomRetention{100_000, 30 * day}) || c.slowClient != "catchup" {
		t.Fatalf("%+v", c)
	}
}

func TestListeningBeyondThisMachineNeedsASay(t *testing.T) {
	for _, row := range []struct {
		args    []string
		env     []string
		listen  string
		refused bool
	}{
		{args: []string{"--listen", ":8082"}, refused: true},
		{args: []string{"--listen", "0.0.0.0:8082"}, refused: true},
		{args: []string{"--listen", "192.0.2.1:8082"}, refused: true},
		{args: []string{"--listen", "example.org:8082"}, refused: true},
		{env: []string{"PORT", "9000"}, refused: true},
		{args: []string{"--admin-listen", ":8081"}, refused: true},
		{args: []string{"--listen", ":8082", "--insecure"}, listen: ":8082"},
		{env: []string{"PORT", "9000", "TELLTALE_INSECURE", "true"}, listen: ":9000"},
		{args: []string{"--listen", "127.0.0.1:1"}, env: []string{"PORT", "9000"}, listen: "127.0.0.1:1"},
		{args: []string{"--listen", "127.9.9.9:1"}, listen: "127.9.9.9:1"},
		{args: []string{"--listen", "[::1]:8082"}, listen: "[::1]:8082"},
	} {
		c, err := parseConfig(row.args, environment(row.env...), &bytes.Buffer{})
		if err == nil {
			err = c.checkOpen(false)
		}
		if failed := c.checkOpen(true); failed != nil {
			t.Errorf("%v %v: %v, though a token exists", row.args, row.env, failed)
		}
		switch {
		case row.refused && (err == nil || report(err, &bytes.Buffer{}) != 1 || !strings.Contains(err.Error(), "--insecure")):
			t.Errorf("%v %v: %v, want a refusal that names --insecure and exit code 1", row.args, row.env, err)
		case !row.refused && (err != nil || c.listen != row.listen):
			t.Errorf("%v %v: listens on %q, %v, want %q", row.args, row.env, c.listen, err, row.listen)
		}
	}
}

func TestWhereTokensAreSharedTheAdviceIsToMakeOneThere(t *testing.T) {
	for address, want := range map[string]string{
		"rediss://:secret@a:6379,rediss://user:secret@b:6380/2?master_set=m&password=secret": "create NAME --scope admin --redis URL (the servers' own), or",
		"": "create NAME --scope admin --data d,",
	} {
		c, err := parseConfig([]string{"--listen", ":8082", "--data", "d", "--redis", address}, environment(), &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		err = c.checkOpen(false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("with --redis %q: %v", address, err)
		}
	}
}

func TestAWrongCommandLineIsASentenceAndExitCode2(t *testing.T) {
	for _, row := range []struct {
		args  []string
		env   []string
		names string
	}{
		{nil, nil, "serve, run, push, tail, backup, export, import, token, bench, version"},
		{[]string{"fly"}, nil, `"fly"; the verbs are serve, run, push, tail, backup, export, import, token, bench, version`},
		{[]string{"version", "now"}, nil, "no options"},
		{[]string{"serve", "now"}, nil, `"now"`},
		{[]string{"serve", "--fast"}, nil, "-fast"},
		{[]string{"serve", "--max-metrics", "many"}, nil, "max-metrics"},
		{[]string{"serve", "--max-metrics", "0"}, nil, "--max-metrics"},
		{[]string{"serve", "--log-format", "xml"}, nil, "text or json"},
		{[]string{"serve", "--listen", "8082"}, nil, "localhost:8082"},
		{[]string{"serve", "--listen", "localhost:http!"}, nil, "port"},
		{[]string{"serve", "--max-message", "12"}, nil, "--max-message"},
		{[]string{"serve", "--rate-limit", "-1"}, nil, "--rate-limit"},
		{[]string{"serve", "--retention", "raw=1m"}, nil, "an hour"},
		{[]string{"serve", "--room-retention", "many"}, nil, "100000,30d"},
		{[]string{"serve", "--slow-client", "wait"}, nil, "catchup, drop or close"},
		{[]string{"serve", "--config", "/nowhere/telltale.toml"}, nil, "/nowhere/telltale.toml"},
		{[]string{"run"}, nil, "say what to run"},
		{[]string{"run", "--room", "build"}, nil, "say what to run"},
		{[]string{"run", "--fast", "make"}, nil, "-fast"},
		{[]string{"run", "--room", "a b", "make"}, nil, "--room"},
		{[]string{"run", "--room", "run.1", "make"}, nil, "the runs' own"},
		{[]string{"run", "--url", "ftp://x", "make"}, nil, "ftp://x"},
		{[]string{"run", "make"}, []string{"TELLTALE_URL", "://"}, "--url"},
		{[]string{"push"}, nil, "say which metric"},
		{[]string{"push", "n", "1", "2"}, nil, "options stand before"},
		{[]string{"push", "n", ""}, nil, "VALUE is empty"},
		{[]string{"push", "a b"}, nil, "not a metric's name"},
		{[]string{"push", "-", "1"}, nil, "not a metric's name"},
		{[]string{"push", "--fast", "n"}, nil, "-fast"},
		{[]string{"push", "n"}, []string{"TELLTALE_URL", "ftp://x"}, "--url"},
		{[]string{"tail"}, nil, "say which room"},
		{[]string{"tail", "a", "b"}, nil, "one at a time"},
		{[]string{"tail", "a/b"}, nil, "not a room's name"},
		{[]string{"tail", "build", "--since", "-5m"}, nil, "--since"},
		{[]string{"tail", "build", "--since", "yesterday"}, nil, "--since"},
		{[]string{"serve"}, []string{"TELLTALE_HOST_METRICS", "perhaps"}, "TELLTALE_HOST_METRICS"},
		{[]string{"serve"}, []string{"PORT", "tcp://10.0.0.1:80"}, "10.0.0.1:80"},
	} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), row.args, environment(row.env...), nil, &stdout, &stderr)
		code := report(err, &stderr)
		if code != 2 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), row.names) {
			t.Errorf("telltale %v %v: exit code %d and %q, want 2 and one line with %q", row.args, row.env, code, stderr.String(), row.names)
		}
		if stdout.Len() > 0 {
			t.Errorf("telltale %v: %q on stdout", row.args, stdout.String())
		}
	}
}

func TestHelpAndVersionAreAnswers(t *testing.T) {
	for args, want := range map[string]string{
		"help": "telltale serve", "--help": "telltale serve", "serve -h": "-max-metrics", "run -h": "telltale run [options] -- COMMAND", "push -h": "telltale push [options] METRIC", "tail -h": "-since", "version": "telltale ",
	} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), strings.Fields(args), environment(), nil, &stdout, &stderr)
		if code := report(err, &stderr); code != 0 || !strings.Contains(stdout.String(), want) || stderr.Len() > 0 {
			t.Errorf("telltale %s: exit code %d, %q, %q", args, code, stdout.String(), stderr.String())
		}
	}
}

func TestRetentionKeepsCoarserTiersAsLongAsFinerOnes(t *testing.T) {
	r := retention{raw: 24 * time.Hour, fine: 7 * day, coarse: 90 * day}
	if err := r.Set("raw=90m, 1m=365d"); err != nil || r != (retention{90 * time.Minute, 7 * day, 365 * day}) {
		t.Errorf("%v, %v", r, err)
	}
	again := retention{}
	if err := again.Set(r.String()); err != nil || again != r {
		t.Errorf("%s read back is %v, %v", r.String(), again, err)
	}
	for _, wrong := range []string{"raw=8d", "1m=1h", "1h=2d", "raw", "raw=x", "", "raw=10s", "raw=-1d"} {
		before := r
		if err := r.Set(wrong); err == nil || r != before {
			t.Errorf("%q: %v, %v, want an error and no change", wrong, r, err)
		}
	}
}

func TestRoomRetentionIsANumberAnAgeOrBoth(t *testing.T) {
	for text, want := range map[string]roomRetention{
		"500,7d": {500, 7 * day}, "7d, 500": {500, 7 * day}, "500": {500, 30 * day}, "36h": {100_000, 36 * time.Hour}, "1,1m": {1, time.Minute},
	} {
		r := roomRetention{messages: 100_000, age: 30 * day}
		if err := r.Set(text); err != nil || r != want {
			t.Errorf("%q: %v, %v, want %v", text, r, err, want)
		}
		again := roomRetention{}
		if err := again.Set(r.String()); err != nil || again != r {
			t.Errorf("%s read back is %v, %v", r.String(), again, err)
		}
	}
	for _, wrong := range []string{"", ",", "0", "-1", "0,30d", "59s", "1,2", "1d,2d", "1,2d,3", "x", "1e9", "2000000000", "-3d"} {
		r := roomRetention{messages: 100_000, age: 30 * day}
		before := r
		if err := r.Set(wrong); err == nil || r != before {
			t.Errorf("%q: %v, %v, want an error and no change", wrong, r, err)
		}
	}
}

func TestTheCauseOfASentenceIsForTheLogOnly(t *testing.T) {
	cause := errors.New("errno 13")
	var stderr bytes.Buffer
	code := report(&sentence{text: "cannot write", code: 1, cause: cause}, &stderr)
	if code != 1 || stderr.String() != "telltale: cannot write\n" {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}
