//go:build linux

package keep

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test's own binary be a keeper, and a server that starts a command and hangs.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "keep" {
		os.Exit(Main(os.Args[2:]))
	}
	if len(os.Args) > 3 && os.Args[1] == "serve" {
		p, err := Start(command(os.Args[2], os.Args[3]))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_, _ = io.Copy(os.Stdout, p.Stdout)
		select {}
	}
	os.Exit(m.Run())
}

// command runs a shell script; its processes have the mark in their environment.
func command(mark, script string) Command {
	return Command{Keeper: []string{"/proc/self/exe", "keep"}, Words: []string{"sh", "-c", script},
		Env: []string{"PATH=" + os.Getenv("PATH"), "TELLTALE_MARK=" + mark, "GORACE=atexit_sleep_ms=0"}, Grace: 300 * time.Millisecond}
}

// marked are the processes that have the mark, zombies excepted.
func marked(mark string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if environment, err := os.ReadFile(file); err == nil && bytes.Contains(environment, []byte("TELLTALE_MARK="+mark+"\x00")) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// gone waits until nothing with the mark is left.
func gone(t *testing.T, mark string, limit time.Duration) {
	t.Helper()
	deadline := time.After(limit)
	for tick := time.Tick(20 * time.Millisecond); len(marked(mark)) > 0; {
		select {
		case <-tick:
		case <-deadline:
			t.Fatalf("%v are left after %v", marked(mark), limit)
		}
	}
}

// brood forks, forks twice, leaves its session, stops itself and ignores SIGTERM; it says when all are there.
const brood = `
trap "" TERM HUP INT
sleep 1000 &
(setsid sleep 1001 &)
setsid sh -c 'trap "" TERM; (sleep 1002 & sleep 1003) & sleep 1004' &
sh -c 'kill -STOP $$; sleep 1005' &
(sh -c '(setsid setsid sleep 1006 &) ; exec sleep 1007' &)
echo ready
while :; do sleep 1008; done
`

// broodSize is how many processes of it live long, besides its keeper; the one that stops itself never gets to its sleep.
const broodSize = 11

// born waits until the whole brood is there.
func born(t *testing.T, mark string) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for tick := time.Tick(10 * time.Millisecond); len(marked(mark)) < broodSize; {
		select {
		case <-tick:
		case <-deadline:
			t.Fatalf("only %v are there", marked(mark))
		}
	}
}

// run starts a command and reads all it writes.
func run(t *testing.T, c Command) (p *Process, output func() (stdout, stderr string)) {
	t.Helper()
	p, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	var both [2]bytes.Buffer
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(&both[0], p.Stdout) })
	reading.Go(func() { _, _ = io.Copy(&both[1], p.Stderr) })
	return p, func() (string, string) {
		<-p.Gone()
		reading.Wait()
		_, _ = p.Stdout.Close(), p.Stderr.Close()
		return both[0].String(), both[1].String()
	}
}

func TestNothingOutlivesAServerThatIsKilled(t *testing.T) {
	mark := t.Name()
	server := exec.Command("/proc/self/exe", "serve", mark, brood)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	born(t, mark)
	_ = server.Process.Kill()
	_ = server.Wait()
	gone(t, mark, time.Minute)
}

func TestNothingOutlivesAStopWhateverItMakesOfSignals(t *testing.T) {
	p, output := run(t, command(t.Name(), brood))
	born(t, t.Name())
	begun := time.Now()
	p.Stop(200 * time.Millisecond)
	if end := p.End(); end.Signal != "SIGKILL" || time.Since(begun) < 200*time.Millisecond {
		t.Errorf("%+v after %v", end, time.Since(begun))
	}
	if stdout, _ := output(); stdout != "ready\n" {
		t.Errorf("%q", stdout)
	}
	if left := marked(t.Name()); len(left) > 0 {
		t.Errorf("%v are left when all are said to be gone", left)
	}
}

func TestWhereTheKeeperIsKilledTheCommandsGroupIsToo(t *testing.T) {
	p, err := Start(command(t.Name(), "sleep 0.2; sleep 1000 & echo $PPID; wait")) // it has told by then that it started
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = p.Stdout.Close(), p.Stderr.Close() }()
	line := make([]byte, 100)
	n, _ := p.Stdout.Read(line)
	keeper, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil || keeper != p.keeper.Process.Pid {
		t.Fatalf("the keeper is %d, %v", keeper, err)
	}
	_ = p.keeper.Process.Kill()
	if end := p.End(); !end.Lost {
		t.Errorf("%+v", end)
	}
	<-p.Gone()
	gone(t, t.Name(), time.Minute)
}

func TestHowACommandEndsIsTold(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"plain": "#!/bin/sh\n", "nobody": "#!/nowhere/sh\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "nobody"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		words  []string
		want   End
		stdout string
	}{
		"code":           {[]string{"sh", "-c", "echo out; exit 3"}, End{Code: 3}, "out\n"},
		"nothing":        {[]string{"true"}, End{}, ""},
		"signal":         {[]string{"sh", "-c", "kill -USR1 $$"}, End{Signal: "SIGUSR1"}, ""},
		"not found":      {[]string{"no-such-command"}, End{Code: 127, Failed: "no-such-command: executable file not found in $PATH"}, ""},
		"no such file":   {[]string{"./missing"}, End{Code: 127, Failed: "./missing: no such file or directory"}, ""},
		"not executable": {[]string{"./plain"}, End{Code: 126, Failed: "./plain: permission denied"}, ""},
		"no interpreter": {[]string{"./nobody"}, End{Code: 127, Failed: "./nobody: no such file or directory"}, ""},
		"no shell":       {[]string{"printf", "%s\n", "$HOME; `id` *"}, End{}, "$HOME; `id` *\n"},
		"its own":        {[]string{"sh", "-c", "echo $PWD $NAME; env | wc -l; cat; ls /proc/self/fd | wc -l"}, End{}, dir + " value\n4\n4\n"},
		"left behind":    {[]string{"sh", "-c", "(sleep 0.3; echo late) & exit 5"}, End{Code: 5}, "late\n"},
	} {
		t.Run(name, func(t *testing.T) {
			p, output := run(t, Command{Keeper: []string{"/proc/self/exe", "keep"}, Words: row.words, Dir: dir, Env: []string{"PATH=" + os.Getenv("PATH"), "NAME=value", "GORACE=atexit_sleep_ms=0"}, Grace: time.Second})
			if end := p.End(); end != row.want {
				t.Errorf("%+v, want %+v", end, row.want)
			}
			if stdout, stderr := output(); stdout != row.stdout || stderr != "" {
				t.Errorf("%q, %q, want %q", stdout, stderr, row.stdout)
			}
		})
	}
}

func TestWhatACommandLeavesBehindIsEndedInTheEnd(t *testing.T) {
	p, output := run(t, command(t.Name(), "setsid sleep 1000 & exit 0"))
	if end := p.End(); end != (End{}) {
		t.Errorf("%+v", end)
	}
	begun := time.Now()
	output()
	if took := time.Since(begun); took < Linger/2 || took > time.Minute {
		t.Errorf("it was gone %v later", took)
	}
	if left := marked(t.Name()); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

func TestALargeOutputComesWhole(t *testing.T) {
	p, output := run(t, command(t.Name(), "seq 1 300000; seq 1 1000 >&2"))
	stdout, stderr := output()
	if p.End().Code != 0 || len(stdout) != 1988895 || len(stderr) != 3893 {
		t.Errorf("%d and %d bytes, %+v", len(stdout), len(stderr), p.End())
	}
}

func TestWithoutAProgramToKeepThereIsNoKeeper(t *testing.T) {
	if _, err := Start(Command{Keeper: []string{"/nowhere/telltale", "keep"}, Words: []string{"true"}}); err == nil {
		t.Error("it started")
	}
	if code := Main([]string{"soon", "true"}); code != 2 {
		t.Errorf("a grace that is none: %d", code)
	}
}
