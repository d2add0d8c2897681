//go:build unix

package journey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"telltale/shared/run"
)

// watched is a telltale run that goes on.
type watched struct {
	t              *testing.T
	command        *exec.Cmd
	stdout, stderr *lines // read while it runs
	began          time.Time
	ended          chan struct{}
	took           time.Duration
}

// watch begins a telltale run of a shell's script.
func watch(t *testing.T, url, script string, options ...string) *watched {
	t.Helper()
	return watchWords(t, append(append([]string{"run", "--url", url}, options...), "--", "sh", "-c", script)...)
}

func watchWords(t *testing.T, words ...string) *watched {
	t.Helper()
	w := &watched{t: t, command: exec.Command(binary, words...), stdout: &lines{}, stderr: &lines{}, began: time.Now(), ended: make(chan struct{})}
	w.command.Stdout, w.command.Stderr = w.stdout, w.stderr
	if err := w.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.ended)
		_ = w.command.Wait()
		w.took = time.Since(w.began)
	}()
	t.Cleanup(func() {
		_ = w.command.Process.Kill()
		<-w.ended
	})
	return w
}

// Write takes what a process writes.
func (l *lines) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(text)
}

// end waits for the end and answers the exit status.
func (w *watched) end() int {
	w.t.Helper()
	select {
	case <-w.ended:
	case <-time.After(wait):
		w.t.Fatalf("it has not ended: %s%s", w.stdout, w.stderr)
	}
	return w.command.ProcessState.ExitCode()
}

// kept is the only run that the server keeps, and its output.
func (s *server) kept() (r run.Run, output string) {
	s.t.Helper()
	var all []run.Run
	if err := json.Unmarshal([]byte(s.must("GET", "/api/v1/runs", "")), &all); err != nil || len(all) != 1 {
		s.t.Fatalf("kept are %+v, %v", all, err)
	}
	return all[0], s.must("GET", "/api/v1/runs/"+all[0].ID+"/output", "")
}

// away is a server that is not there yet.
func away(t *testing.T) *server {
	s := quiet(t)
	s.kill()
	return s
}

// both is what a script of numbered lines writes to both its streams.
func both(n int) (script, stdout, stderr string) {
	var out, err strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "out %d\n", i)
		fmt.Fprintf(&err, "err %d\n", i)
	}
	return fmt.Sprintf(`i=0; while [ $i -lt %d ]; do echo out $i; echo err $i >&2; i=$((i+1)); %%s; done; exit 3`, n), out.String(), err.String()
}

// check holds what was passed through and what the server has against what was written.
func (w *watched) check(s *server, stdout, stderr string) {
	w.t.Helper()
	if w.stdout.String() != stdout || w.stderr.String() != stderr {
		w.t.Errorf("passed through were %d and %d bytes, written %d and %d", len(w.stdout.String()), len(w.stderr.String()), len(stdout), len(stderr))
	}
	_, output := s.kept()
	var out, err strings.Builder
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "out ") {
			out.WriteString(line)
		} else {
			err.WriteString(line)
		}
	}
	if out.String() != stdout || err.String() != stderr {
		w.t.Errorf("the server has %d and %d bytes, written were %d and %d", out.Len(), err.Len(), len(stdout), len(stderr))
	}
}

func TestARunWaitsForNoServerAndIsThereOnceItIs(t *testing.T) {
	s := away(t)
	script, stdout, stderr := both(2000)
	w := watch(t, s.url, fmt.Sprintf(script, ":"), "--room", "build")
	eventually(t, wait, "the command has written all", func() bool { return len(w.stdout.String()) == len(stdout) })
	s.again()
	if status := w.end(); status != 3 {
		t.Errorf("exit status %d", status)
	}
	w.check(s, stdout, stderr)
	r, _ := s.kept()
	if r.State != run.Exited || *r.Code != 3 || r.Lines != 4000 || r.Bytes != uint64(len(stdout)+len(stderr)) || r.Room != "build" {
		t.Errorf("kept as %+v", r)
	}
}

func TestARunGoesOnThroughKillsOfTheServerAndEachLineIsThereOnce(t *testing.T) {
	s := quiet(t)
	script, stdout, stderr := both(400)
	w := watch(t, s.url, fmt.Sprintf(script, "sleep 0.01"))
	for i := range 3 {
		eventually(t, wait, "some of it has come", func() bool { return strings.Contains(w.stdout.String(), fmt.Sprintf("out %d\n", 80*(i+1))) })
		s.kill()
		s.again()
	}
	if status := w.end(); status != 3 || w.stderr.String() != stderr {
		t.Errorf("exit status %d, %s", status, w.stderr)
	}
	w.check(s, stdout, stderr)
	if r, _ := s.kept(); r.State != run.Exited || *r.Code != 3 {
		t.Errorf("kept as %+v", r)
	}
}

// TestAServerThatNeverTakesTheOutputDelaysNothingAndIsComplainedOf has one that is
// not there, one that accepts and is silent, and one that is no telltale.
func TestAServerThatNeverTakesTheOutputDelaysNothingAndIsComplainedOf(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	for name, at := range map[string]struct {
		url, says   string
		least, most time.Duration
	}{
		"away":   {"http://127.0.0.1:1", "3 lines were not delivered to http://127.0.0.1:1: connection refused\n", 9 * time.Second, 20 * time.Second},
		"silent": {"http://" + silent.Addr().String(), "3 lines were not delivered to http://" + silent.Addr().String() + ": it has not answered in time\n", 9 * time.Second, 20 * time.Second},
		"other":  {other.URL, "3 lines were not delivered to " + other.URL + ": what answers there is no telltale that takes runs\n", 0, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, at.url, "echo one; echo two; echo three >&2; exit 7")
			eventually(t, wait, "it is passed through at once", func() bool { return w.stdout.String() == "one\ntwo\n" })
			if status := w.end(); status != 7 || w.stderr.String() != "three\ntelltale: "+at.says {
				t.Errorf("exit status %d, said is %q", status, w.stderr)
			}
			if w.took < at.least {
				t.Errorf("it took %v", w.took)
			}
			atMost(t, "the end", w.took, at.most)
		})
	}
}

func TestARunExitsAsItsCommandDoes(t *testing.T) {
	s := quiet(t)
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		status int
		words  []string
		says   string
	}{
		{0, []string{"--", "true"}, ""},
		{1, []string{"false"}, ""},
		{255, []string{"--", "sh", "-c", "exit 255"}, ""},
		{127, []string{"--", "no-such-command", "x"}, "no-such-command"},
		{127, []string{"--", "/no/such/file"}, "/no/such/file"},
		{126, []string{"--", plain}, plain},
		{126, []string{"--", t.TempDir()}, "permission denied"},
		{128 + 9, []string{"--", "sh", "-c", "kill -KILL $$"}, ""},
		{128 + 15, []string{"--", "sh", "-c", "kill -TERM $$"}, ""},
		{2, []string{"--"}, "what to run"},
	} {
		w := watchWords(t, append([]string{"run", "--url", s.url}, row.words...)...)
		if status := w.end(); status != row.status || !strings.Contains(w.stderr.String(), row.says) || (row.says == "") != (w.stderr.String() == "") {
			t.Errorf("%q: exit status %d, %q, want %d", row.words, status, w.stderr, row.status)
		}
	}
	ends := map[string]int{}
	var all []run.Run
	if err := json.Unmarshal([]byte(s.must("GET", "/api/v1/runs", "")), &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		ends[strings.SplitN(r.Ending(), " after", 2)[0]]++
	}
	for end, n := range map[string]int{"exited with code 0": 1, "exited with code 127": 2, "exited with code 126": 2, "ended by SIGKILL": 1, "ended by SIGTERM": 1} {
		if ends[end] != n {
			t.Errorf("%d runs %s, want %d: %v", ends[end], end, n, ends)
		}
	}
}

func TestSignalsReachTheCommand(t *testing.T) {
	s := quiet(t)
	for number, name := range map[syscall.Signal]string{syscall.SIGINT: "INT", syscall.SIGTERM: "TERM", syscall.SIGHUP: "HUP", syscall.SIGUSR1: "USR1"} {
		if signal.Ignored(number) {
			continue // as under nohup: then no shell below can trap it (POSIX, XCU 2.15, trap)
		}
		w := watch(t, s.url, fmt.Sprintf("trap 'echo heard; exit 5' %s; echo ready; while :; do sleep 0.05; done", name))
		eventually(t, wait, "the command runs", func() bool { return w.stdout.String() == "ready\n" })
		if err := w.command.Process.Signal(number); err != nil {
			t.Fatal(err)
		}
		if status := w.end(); status != 5 || w.stdout.String() != "ready\nheard\n" {
			t.Errorf("%s: exit status %d, %q", name, status, w.stdout)
		}
	}
}

func TestWhoeverWantsItToEndDoesNotWaitForTheServer(t *testing.T) {
	s := away(t)
	w := watch(t, s.url, "echo done; exit 4")
	eventually(t, wait, "the command has ended", func() bool { return w.stdout.String() == "done\n" })
	for signals := time.Tick(100 * time.Millisecond); ; {
		select {
		case <-signals: // the first may come before the command has ended
			_ = w.command.Process.Signal(syscall.SIGTERM)
			continue
		case <-w.ended:
		case <-time.After(wait):
			t.Fatal("it goes on")
		}
		break
	}
	if status := w.end(); status != 4 && status != 128+15 || !strings.Contains(w.stderr.String(), "a line was not delivered") {
		t.Errorf("exit status %d after %v: %s", status, w.took, w.stderr)
	}
	atMost(t, "the end", w.took, 8*time.Second)
}

// TestOutputComesThroughToTheByte has a line of 10 MB, bytes that are no text, a
// terminal's sequences, and no newline at the end.
func TestOutputComesThroughToTheByte(t *testing.T) {
	s := quiet(t)
	odd := make([]byte, 10_000_000)
	for i := range odd {
		odd[i] = byte(i*7 + i/251)
		if odd[i] == '\n' {
			odd[i] = 'x'
		}
	}
	odd = append(odd, "\r\n\x1b[31mred\x1b[0m\r\n<script>alert(1)</script>\n\xff\xfeprogress 1\rprogress 2"...)
	file := filepath.Join(t.TempDir(), "odd")
	if err := os.WriteFile(file, odd, 0o600); err != nil {
		t.Fatal(err)
	}
	w := watchWords(t, "run", "--url", s.url, "cat", file)
	if status := w.end(); status != 0 || w.stdout.String() != string(odd) {
		t.Errorf("exit status %d, %d bytes passed through, %s", status, len(w.stdout.String()), w.stderr)
	}
	r, output := s.kept()
	if output != string(odd) || r.Bytes != uint64(len(odd)) || r.Lines != 4 {
		t.Errorf("the server has %d of %d bytes: %+v", len(output), len(odd), r)
	}
}

func TestInputIsPassedToTheCommandAndAClosedOutputToo(t *testing.T) {
	s := quiet(t)
	cat := exec.CommandContext(t.Context(), binary, "run", "--url", s.url, "cat")
	cat.Stdin = strings.NewReader("one\ntwo")
	if out, err := cat.Output(); err != nil || string(out) != "one\ntwo" {
		t.Errorf("%q, %v", out, err)
	}
	yes := exec.CommandContext(t.Context(), binary, "run", "--url", s.url, "yes")
	out, err := yes.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := yes.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	if _ = yes.Wait(); yes.ProcessState.ExitCode() != 128+13 {
		t.Errorf("a command that nobody reads ends with %d", yes.ProcessState.ExitCode())
	}
}

func TestWhatACommandLeavesBehindIsHeardForAWhile(t *testing.T) {
	s := quiet(t)
	w := watch(t, s.url, "(sleep 2; echo late; sleep 60; echo too late) & echo early; exit 3")
	if status := w.end(); status != 3 || w.stdout.String() != "early\nlate\n" {
		t.Errorf("exit status %d after %v, %q, %s", status, w.took, w.stdout, w.stderr)
	}
	atMost(t, "the end", w.took, 9*time.Second)
	if r, output := s.kept(); output != "early\nlate\n" || r.State != run.Exited || *r.Code != 3 || r.Duration > 1900 {
		t.Errorf("kept as %+v with %q", r, output)
	}
}

// TestMuchOutputDelaysNothingWhereTheServerIsAway writes 100 MB, of which memory
// holds little.
func TestMuchOutputDelaysNothingWhereTheServerIsAway(t *testing.T) {
	s := away(t)
	file := filepath.Join(t.TempDir(), "much")
	much := bytes.Repeat([]byte("a line of output, as long as many are that a build writes\n"), 100_000_000/58)
	if err := os.WriteFile(file, much, 0o600); err != nil {
		t.Fatal(err)
	}
	// The command tells when it has written all.
	took := filepath.Join(t.TempDir(), "took")
	script := fmt.Sprintf("cat %s; echo over > %s", file, took)
	began := time.Now()
	command := exec.Command(binary, "run", "--url", s.url, "--", "sh", "-c", script)
	if err := command.Start(); err != nil { // its output goes to /dev/null
		t.Fatal(err)
	}
	eventually(t, wait, "the command has written all", func() bool { _, err := os.Stat(took); return err == nil })
	alone := time.Since(began)
	s.again()
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	most := 0 // what its parent had before it began does not count
	for tick := time.Tick(20 * time.Millisecond); ; {
		select {
		case <-tick:
			most = max(most, residentMost(command.Process.Pid))
			continue
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		}
		break
	}
	t.Logf("100 MB were written in %v while the server was away, delivered after %v, with %d MiB of memory", alone, time.Since(began), most>>10)
	if most == 0 || most>>10 > 64 {
		t.Errorf("%d KiB of memory", most)
	}
	atMost(t, "writing 100 MB", alone, 5*time.Second)
	if r, output := s.kept(); output != string(much) || r.State != run.Exited {
		t.Errorf("%d of %d bytes are there, as %+v", len(output), len(much), r)
	}
}

// residentMost is the most memory that a process had, KiB; 0 where it is gone.
func residentMost(pid int) (most int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	_, _ = fmt.Sscan(string(after), &most)
	return most
}

// TestTheREADMEsLinesOfTelltaleRunDoWhatItSays runs them where the commands that
// they name are there.
func TestTheREADMEsLinesOfTelltaleRunDoWhatItSays(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := quiet(t)
	tools := t.TempDir()
	for name, text := range map[string]string{"make": "echo cc a.c; echo careful >&2", "nightly.sh": "echo night; exit 3"} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(binary, filepath.Join(tools, "telltale")); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for line := range strings.Lines(string(readme)) {
		call, comment, _ := strings.Cut(strings.TrimSpace(line), " # ")
		if !strings.HasPrefix(call, "telltale run ") && !strings.HasPrefix(call, "TELLTALE_URL=") {
			continue
		}
		ran++
		call = strings.ReplaceAll(call, "board.example:8082", strings.TrimPrefix(s.url, "http://"))
		shell := exec.CommandContext(t.Context(), "sh", "-c", call)
		shell.Dir, shell.Env = tools, []string{"PATH=" + tools + ":" + os.Getenv("PATH"), "TELLTALE_URL=" + s.url}
		answer, err := shell.CombinedOutput()
		if shell.ProcessState.ExitCode() != 0 {
			t.Errorf("%s\n%v: %s", line, err, answer)
		}
		if last := strings.TrimSpace(string(answer)); comment != "" && comment[0] >= '0' && comment[0] <= '9' && !strings.HasSuffix(last, "\n"+comment[:1]) {
			t.Errorf("%s\nanswers %s", line, answer)
		}
	}
	var all []run.Run
	if err := json.Unmarshal([]byte(s.must("GET", "/api/v1/runs", "")), &all); err != nil || ran < 3 || len(all) != ran {
		t.Errorf("%d lines were run, kept are %d runs, %v", ran, len(all), err)
	}
	if said := s.must("GET", "/api/v1/rooms/build/messages", ""); !strings.Contains(said, "careful") || !strings.Contains(said, "exited with code 0") {
		t.Errorf("in the room build is said %s", said)
	}
}
