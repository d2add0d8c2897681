package journey

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheCurlLinesOfTheREADMEDoWhatItSays runs them in their order. A comment that looks like an answer is the answer, with … for anything.
func TestTheCurlLinesOfTheREADMEDoWhatItSays(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "telltale.toml")
	_, toml, _ := strings.Cut(string(readme), "\n```toml\n")
	toml, _, _ = strings.Cut(toml, "```")
	if err := os.WriteFile(file, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	s := quiet(t, "--config", file)
	folder := t.TempDir() // for what a line saves
	ran, id := 0, regexp.MustCompile(`^{"id":"([^"]+)"`)
	for line := range strings.Lines(string(readme)) {
		line = strings.TrimSpace(line)
		call, comment, _ := strings.Cut(line, " # ")
		call = strings.Replace(call, "make 2>&1 | curl", "printf 'cc a.c\\nld a\\n' | curl", 1) // a command that a test can run
		if !strings.HasPrefix(line, "curl ") && !strings.Contains(line, " | curl ") {
			continue
		}
		ran++
		limit, cut := "10", 0
		if strings.Contains(call, "curl -N ") { // goes on until somebody stops it
			limit, cut = "1", 28
		}
		call = strings.ReplaceAll(call, "localhost:8082", strings.TrimPrefix(s.url, "http://"))
		run := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(call, "curl ", "curl -sS --fail-with-body --max-time "+limit+" ", 1))
		run.Dir = folder
		answer, err := run.CombinedOutput()
		if begun := id.FindSubmatch(answer); begun != nil {
			t.Setenv("RUN", string(begun[1]))
		}
		if run.ProcessState.ExitCode() != cut {
			t.Errorf("%s\n%v: %s", line, err, answer)
		}
		if strings.ContainsAny(comment[:min(1, len(comment))], "{[-0123456789") && !answers(comment, strings.TrimSpace(string(answer))) {
			t.Errorf("%s\nanswers %s", line, answer)
		}
	}
	if ran < 10 {
		t.Errorf("only %d curl lines found", ran)
	}
}

// answers compares an answer with what is printed, where … stands for anything.
func answers(printed, answer string) bool {
	parts := strings.Split(printed, "…")
	if len(parts) == 1 {
		return printed == answer
	}
	for i, part := range parts {
		at := strings.Index(answer, part)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		answer = answer[at+len(part):]
	}
	return true
}
