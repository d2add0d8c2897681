package journey

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestTheCurlLinesOfTheREADMEDoWhatItSays runs them in their order. A comment that looks like an answer is the answer, with … for anything.
func TestTheCurlLinesOfTheREADMEDoWhatItSays(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := quiet(t)
	ran := 0
	for line := range strings.Lines(string(readme)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		ran++
		call, comment, _ := strings.Cut(line, " # ")
		call = strings.ReplaceAll(call, "localhost:8082", strings.TrimPrefix(s.url, "http://"))
		answer, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(call, "curl ", "curl -sS --fail-with-body --max-time 10 ", 1)).CombinedOutput()
		if err != nil {
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
