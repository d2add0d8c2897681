package journey

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"telltale/server/bench"
)

// load runs telltale bench and answers its report.
func load(t *testing.T, token string, args ...string) (report bench.Report, stderr string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, append([]string{"bench", "--json"}, args...)...)
	command.Env = append(os.Environ(), "TELLTALE_TOKEN="+token)
	var said strings.Builder
	command.Stderr = &said
	out, err := command.Output()
	if err != nil && len(out) == 0 {
		return report, said.String()
	}
	if err != nil {
		t.Errorf("%v: %s", err, &said)
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return report, said.String()
}

func TestAServerUnderLoadDeliversAllThatItAcknowledges(t *testing.T) {
	s := quiet(t)
	report, said := load(t, "", "--viewers", "60", "--rate", "500", "--metrics", "20", "--rooms", "3", "--duration", "2s", "--admin", s.admin, s.url)
	if c := report.Changes; c.Acknowledged != 1000 || c.Delivered != 60*1000 || c.Lost+c.Doubled+c.Refused+c.Unanswered != 0 {
		t.Errorf("of 1000 changes to 60 viewers %+v", c)
	}
	if m := report.Messages; m.Acknowledged != 6 || m.Delivered != 6*20 || m.Lost+m.Doubled != 0 {
		t.Errorf("of 6 messages to 20 members each %+v", m)
	}
	if report.Viewers.Dropped != 0 || report.Staleness.P50 < 50 || report.Cost == nil || report.Cost.MemoryOpen == 0 {
		t.Errorf("%+v", report)
	}
	if said != "" {
		t.Errorf("where stderr is no terminal it says %q", said)
	}
	if left := s.must("GET", "/api/v1/metrics", ""); report.Left != 0 || strings.Contains(left, "bench.") {
		t.Errorf("it leaves %d metrics: %s", report.Left, left)
	}
}

func TestALoadHasWhatItsTokenGives(t *testing.T) {
	s := quiet(t)
	create := func(scope string) string {
		out, err := exec.CommandContext(t.Context(), binary, "token", "create", strings.ReplaceAll(scope, ",", "-"), "--scope", scope, "--data", s.data).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	most := create("read,write,room")
	eventually(t, wait, "the server takes notice of its tokens", func() bool {
		status, _, err := s.try("GET", "/api/v1/metrics", "")
		return err == nil && status == 401
	})
	plan := []string{"--viewers", "5", "--rate", "50", "--metrics", "3", "--duration", "1s", "--admin", s.admin, s.url}
	if _, said := load(t, "", plan...); !strings.Contains(said, "token") {
		t.Errorf("without a token it says %q", said)
	}
	report, _ := load(t, most, plan...)
	if report.Changes.Acknowledged != 50 || report.Changes.Lost != 0 || report.Left != 3 || !strings.Contains(report.LeftWhy, "admin") {
		t.Errorf("without the scope admin %+v", report)
	}
}

func TestALoadThatCannotBeIsRefusedInASentence(t *testing.T) {
	for args, want := range map[string]string{
		"--viewers 0":             "--viewers is from 1",
		"--duration 5m4":          "invalid value",
		"--rate 0 --rooms 0":      "nothing to deliver",
		"localhost:1 localhost:2": "one server at a time",
		"ftp://localhost":         "an address is such as",
		"--admin ftp://x":         "--admin",
		"127.0.0.1:1":             "connection refused",
	} {
		report, said := load(t, "", strings.Fields(args)...)
		if report.Server != "" || !strings.Contains(said, want) || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: it says %q", args, said)
		}
	}
}
