package journey

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"telltale/server/store/redistest"
)

// TestARunIsStoppedByAnyServer stops by one server what the other one runs.
func TestARunIsStoppedByAnyServer(t *testing.T) {
	redis := redistest.Start(t)
	file := filepath.Join(t.TempDir(), "telltale.toml")
	if err := os.WriteFile(file, []byte("[command.wait]\nexec = [\"sleep\", \"600\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--redis", redis.URL(), "--config", file}
	one, other := quiet(t, args...), quiet(t, args...)
	var begun struct{ ID string }
	eventually(t, wait, "a run begins", func() bool {
		status, answer := one.call("POST", "/api/v1/runs/wait", "")
		return status == http.StatusAccepted && json.Unmarshal([]byte(answer), &begun) == nil
	})
	path := "/api/v1/runs/" + begun.ID
	eventually(t, wait, "the other knows of it", func() bool { status, _ := other.call("GET", path, ""); return status == http.StatusOK })
	redis.Kill()
	eventually(t, wait, "nobody can be told", func() bool {
		status, _ := other.call("DELETE", path, "")
		return status == http.StatusServiceUnavailable
	})
	redis.Begin()
	eventually(t, wait, "it is told to end", func() bool { status, _ := other.call("DELETE", path, ""); return status == http.StatusAccepted })
	for _, s := range []*server{one, other} {
		eventually(t, wait, "it has ended", func() bool { return strings.Contains(s.must("GET", path, ""), `"state":"signalled"`) })
	}
	if status, answer := other.call("DELETE", path, ""); status != http.StatusOK || !strings.Contains(answer, `"signalled"`) {
		t.Errorf("what has ended: %d %s", status, answer)
	}
}
