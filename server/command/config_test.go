package command

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

const full = `
listen = "localhost:1"
[command.deploy]
exec = ["./deploy.sh", "--branch={branch}", "{branch}:{n}", "{print}"]
dir = "/srv"
env = { STAGE = "test", PATH = "/bin" }
timeout = "10m"
max_parallel = 2
room = "build"
[command.deploy.args]
branch = "^[a-z]+$"
n = "[0-9]*|none"
[command.backup]
exec = ["backup"]
every = "24h"
`

func TestCommandsAreReadFromTheirTables(t *testing.T) {
	commands, err := Parse([]byte(full))
	if err != nil || len(commands) != 2 {
		t.Fatal(commands, err)
	}
	backup, deploy := commands[0], commands[1]
	if backup.Name != "backup" || backup.Every != 24*time.Hour || backup.MaxParallel != 1 || backup.Timeout != 0 || backup.Room != "" {
		t.Errorf("%+v", backup)
	}
	if deploy.Name != "deploy" || deploy.Dir != "/srv" || deploy.Timeout != 10*time.Minute || deploy.MaxParallel != 2 || deploy.Room != "build" || len(deploy.Args) != 2 {
		t.Errorf("%+v", deploy)
	}
	lookup := func(name string) (string, bool) {
		value, set := map[string]string{"PATH": "/usr/bin", "HOME": "/root", "SECRET": "x", "TZ": ""}[name]
		return value, set
	}
	if got := deploy.environment(lookup); !slices.Equal(got, []string{"HOME=/root", "PATH=/bin", "STAGE=test", "TZ="}) {
		t.Errorf("its environment is %q", got)
	}
	if none, err := Parse([]byte("listen = \"localhost:1\"\n")); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}

func TestAWrongConfigurationIsNamedByItsKey(t *testing.T) {
	for text, want := range map[string]string{
		`command = 3`:                                                                                   "command is a table",
		`[command]` + "\n" + `deploy = ["x"]`:                                                           "command.deploy is a table",
		`[command."a b"]` + "\n" + `exec = ["x"]`:                                                       "command.a b: a command's name",
		`[command.a]`:                                                                                   "command.a.exec is missing",
		`[command.a]` + "\n" + `exec = "rm -rf /"`:                                                      "command.a.exec is a list of words",
		`[command.a]` + "\n" + `exec = []`:                                                              "command.a.exec is a list of words",
		`[command.a]` + "\n" + `exec = [""]`:                                                            "command.a.exec has words only",
		`[command.a]` + "\n" + `shell = true`:                                                           "command.a.shell is not known",
		`[command.a]` + "\n" + `exec = ["x"]` + "\n" + `every = "5"`:                                    "command.a.every is a time",
		`[command.a]` + "\n" + `exec = ["x"]` + "\n" + `every = "10ms"`:                                 "command.a.every is at least 1s",
		`[command.a]` + "\n" + `exec = ["x"]` + "\n" + `timeout = 5`:                                    "command.a.timeout is a time",
		`[command.a]` + "\n" + `exec = ["x"]` + "\n" + `max_parallel = 0`:                               "command.a.max_parallel is a number",
		`[command.a]` + "\n" + `exec = ["x"]` + "\n" + `room = "a b"`:                                   "command.a.room not a room's name",
		`[command.a]` + "\n" + `exec = ["x"]` + "\n" + `dir = 3`:                                        "command.a.dir is a text",
		`[command.a]` + "\n" + `exec = ["x"]` + "\n" + `env = { "A=B" = "x" }`:                          "command.a.env is a table of texts",
		`[command.a]` + "\n" + `exec = ["x", "{b}"]` + "\n" + `args = { b = "(" }`:                      "command.a.args b: error parsing regexp",
		`[command.a]` + "\n" + `exec = ["x"]` + "\n" + `args = { b = "x" }`:                             "command.a.args.b stands nowhere",
		`[command.a]` + "\n" + `exec = ["{b}"]` + "\n" + `args = { b = "x" }`:                           "command.a.exec: its first word is the program",
		`[command.a]` + "\n" + `exec = ["x", "{b}"]` + "\n" + `every = "1m"` + "\nargs = { b = \"x\" }": "command.a.every does not go with args",
		`[command.a`: "not TOML",
	} {
		if commands, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %q", text, commands, err, want)
		}
	}
}

func TestARequestGivesOnlyWhatThePatternsMatchWhole(t *testing.T) {
	commands, err := Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	deploy := &commands[1]
	words, err := deploy.words(map[string]string{"branch": "main", "n": "7"})
	if err != nil || !slices.Equal(words, []string{"./deploy.sh", "--branch=main", "main:7", "{print}"}) {
		t.Errorf("%q, %v", words, err)
	}
	if words, err = deploy.words(map[string]string{"branch": "n", "n": ""}); err != nil || words[2] != "n:" {
		t.Errorf("%q, %v", words, err)
	}
	for _, args := range []map[string]string{
		nil,
		{"branch": "main"},
		{"branch": "main", "n": "7", "more": "x"},
		{"branch": "main\n", "n": "7"},
		{"branch": "main; rm -rf /", "n": "7"},
		{"branch": "main\nx", "n": "7"},
		{"branch": "", "n": "7"},
		{"branch": "main", "n": "nonesuch"},
		{"branch": "main", "n": "7\x00"},
		{"branch": strings.Repeat("a", mostArg+1), "n": "7"},
	} {
		if words, err := deploy.words(args); !errors.Is(err, ErrArgs) {
			t.Errorf("%q: %q, %v", args, words, err)
		}
	}
	if !slices.Equal(deploy.Exec, []string{"./deploy.sh", "--branch={branch}", "{branch}:{n}", "{print}"}) {
		t.Errorf("the configuration has become %q", deploy.Exec)
	}
}
