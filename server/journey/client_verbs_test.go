package journey

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestPushAndTailGoOnOverKillsOfTheServer(t *testing.T) {
	s := quiet(t)
	push := exec.Command(binary, "push", "--url", s.url, "visits")
	said := &lines{}
	push.Stderr = said
	typing, err := push.StdinPipe() // which does not block once the command has ended
	if err != nil {
		t.Fatal(err)
	}
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = push.Process.Kill(); _ = typing.Close() })
	tail := watchWords(t, "tail", "--url", s.url, "build", "--since", "all")
	const kills, each = 3, 50
	want, n := "", 0
	for kill := range kills {
		for range each {
			n++
			line := fmt.Sprintf("line %d\n", n)
			want += line
			s.must("POST", "/r/build", line)
			fmt.Fprintln(typing, "+1")
		}
		eventually(t, wait, "all was printed", func() bool { return tail.stdout.String() == want })
		s.kill()
		fmt.Fprintln(typing, "no value") // while nobody takes it
		fmt.Fprintln(typing, "+1")
		eventually(t, wait, "it says that contact is lost", func() bool { return strings.Count(tail.stderr.String(), "tried again") == kill+1 })
		s.again()
	}
	_ = typing.Close()
	_ = push.Wait()
	if visits := strings.TrimSpace(s.must("GET", "/m/visits", "")); visits != fmt.Sprint(kills*(each+1)) || push.ProcessState.ExitCode() != 1 {
		t.Errorf("%s visits, exit status %d:\n%s", visits, push.ProcessState.ExitCode(), said)
	}
	if wrong := strings.Count(said.String(), `"no value" is no value`); wrong != kills || !strings.Contains(said.String(), fmt.Sprintf("line %d: ", each+1)) {
		t.Errorf("%d lines were told:\n%s", wrong, said)
	}
	eventually(t, wait, "it says that contact is back", func() bool { return strings.Count(tail.stderr.String(), "answers again") == kills })
	if err := tail.command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := tail.end(); code != 0 || tail.stdout.String() != want || strings.Count(tail.stderr.String(), "\n") != 2*kills {
		t.Errorf("exit status %d, %d bytes of %d:\n%s", code, len(tail.stdout.String()), len(want), tail.stderr)
	}
}

// TestTheREADMEsLinesOfPushAndTailDoWhatItSays runs them where the command that they name is there.
func TestTheREADMEsLinesOfPushAndTailDoWhatItSays(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := quiet(t)
	s.must("POST", "/r/build", "cc a.c")
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "sensor"), []byte("#!/bin/sh\necho 20.5; echo 21\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(tools, "telltale")); err != nil {
		t.Fatal(err)
	}
	pushed, tailed := 0, 0
	for line := range strings.Lines(string(readme)) {
		call, comment, _ := strings.Cut(strings.TrimSpace(line), " # ")
		switch {
		case strings.HasPrefix(call, "telltale tail "):
			tailed++
			w := watchWords(t, append(strings.Fields(call)[1:], "--url", s.url)...)
			eventually(t, wait, call+" prints what was said", func() bool { return w.stdout.String() == "cc a.c\n" })
			if err := w.command.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if code := w.end(); code != 0 {
				t.Errorf("%s\nexit status %d, %s", line, code, w.stderr)
			}
		case strings.HasPrefix(call, "telltale push ") || strings.Contains(call, " | telltale push "):
			pushed++
			shell := exec.CommandContext(t.Context(), "sh", "-c", call)
			shell.Dir, shell.Env = tools, []string{"PATH=" + tools + ":" + os.Getenv("PATH"), "TELLTALE_URL=" + s.url}
			answer, err := shell.CombinedOutput()
			if comment[:min(1, len(comment))] != "{" {
				comment = ""
			}
			if err != nil || !answers(comment, strings.TrimSpace(string(answer))) {
				t.Errorf("%s\n%v: %s", line, err, answer)
			}
		}
	}
	if pushed < 3 || tailed < 1 {
		t.Errorf("only %d lines of push and %d of tail found", pushed, tailed)
	}
	if cellar, north := s.must("GET", "/m/cellar.temperature", ""), s.must("GET", "/m/shelf.north", ""); cellar != "21\n" || north != "12\n" {
		t.Errorf("they are %q and %q", cellar, north)
	}
}
