package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// refused runs a server that cannot start and answers what it says.
func refused(t *testing.T, env []string, args ...string) (code int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	process := exec.CommandContext(ctx, binary, append([]string{"serve", "--admin-listen", "127.0.0.1:0"}, args...)...)
	process.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	process.Stderr = &stderr
	if err := process.Run(); err == nil {
		t.Fatalf("the server ran and ended without an error:\n%s", &stderr)
	}
	return process.ProcessState.ExitCode(), stderr.String()
}

func TestWhatHindersAStartIsOneSentence(t *testing.T) {
	running := quiet(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		env  []string
		args []string
		says string
	}{
		"port in use":          {args: []string{"--listen", strings.TrimPrefix(running.url, "http://"), "--data", filepath.Join(folder, "a")}, says: "in use"},
		"data is a file":       {args: []string{"--listen", "127.0.0.1:0", "--data", file}, says: "--data"},
		"data below a file":    {args: []string{"--listen", "127.0.0.1:0", "--data", filepath.Join(file, "data")}, says: "--data"},
		"data in use":          {args: []string{"--listen", "127.0.0.1:0", "--data", running.data}, says: "another"},
		"beyond this machine":  {args: []string{"--listen", ":0", "--data", filepath.Join(folder, "b")}, says: "--insecure"},
		"PORT without consent": {env: []string{"PORT=0"}, args: []string{"--data", filepath.Join(folder, "c")}, says: "--insecure"},
	} {
		code, said := refused(t, row.env, row.args...)
		if code != 1 || strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "telltale: ") || !strings.Contains(said, row.says) {
			t.Errorf("%s: exit code %d and %q, want 1 and one sentence with %q", name, code, said, row.says)
		}
	}
}

func TestACorruptDatabaseIsNamedAndLeftAlone(t *testing.T) {
	s := quiet(t)
	s.must("POST", "/order", "")
	s.kill()
	damaged := damage(t, s.data)
	code, said := refused(t, nil, "--listen", "127.0.0.1:0", "--data", s.data)
	if code != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "damaged") || !strings.Contains(said, s.data) {
		t.Errorf("exit code %d and %q, want 1 and one sentence that names the folder", code, said)
	}
	for name, content := range damaged {
		if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, content) {
			t.Errorf("%s was changed by the refused start (%v)", filepath.Base(name), err)
		}
	}
}

// damage overwrites the database of a data folder and answers what it wrote.
func damage(t *testing.T, data string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "*.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database in %s: %v", data, err)
	}
	written := map[string][]byte{}
	for _, name := range files {
		if filepath.Ext(name) != ".db" {
			if err := os.Remove(name); err != nil { // the journal and its index
				t.Fatal(err)
			}
			continue
		}
		written[name] = bytes.Repeat([]byte("this was a database once. "), 1000)
		if err := os.WriteFile(name, written[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return written
}

func TestTheEnvironmentConfiguresAServerlessHost(t *testing.T) {
	s := &server{t: t, data: filepath.Join(t.TempDir(), "data"), binary: binary}
	t.Setenv("PORT", "0")
	t.Setenv("TELLTALE_INSECURE", "true")
	t.Setenv("TELLTALE_ADMIN_LISTEN", "127.0.0.1:0")
	t.Setenv("TELLTALE_LOG_FORMAT", "json")
	t.Setenv("TELLTALE_DATA", s.data)
	s.runWith("serve")
	t.Cleanup(s.kill)
	s.url = "http://127.0.0.1:" + s.url[strings.LastIndex(s.url, ":")+1:]
	s.must("POST", "/order", "")
}

func TestSIGTERMDrains(t *testing.T) {
	s := start(t)
	viewer, _, err := websocket.Dial(t.Context(), s.url+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.CloseNow()
	s.must("POST", "/m/drained", "17")

	// A request under way when the signal comes is answered; meanwhile the server says it is not ready.
	body, pen := io.Pipe()
	answered := make(chan int, 1)
	go func() {
		response, err := http.Post(s.url+"/m/drained", "text/plain", body)
		if err != nil {
			answered <- 0
			return
		}
		response.Body.Close()
		answered <- response.StatusCode
	}()
	if _, err := pen.Write([]byte("4")); err != nil {
		t.Fatal(err)
	}
	if status := ready(s); status != http.StatusOK {
		t.Fatalf("/ready says %d before the signal", status)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.drains()
	}()
	eventually(t, wait, "/ready answers 503 while draining", func() bool { return ready(s) == http.StatusServiceUnavailable })
	if _, err := pen.Write([]byte("2")); err != nil {
		t.Fatal(err)
	}
	_ = pen.Close()
	if status := <-answered; status != http.StatusOK {
		t.Errorf("the request under way got %d", status)
	}
	if !goodbye(t, viewer) {
		t.Error("the viewer got no goodbye")
	}
	<-ended

	s.again()
	if got := s.must("GET", "/m/drained", ""); got != "42\n" {
		t.Errorf("after the restart the metric is %q, want 42", got)
	}
}

func TestSIGTERMEndsWithinTenSecondsWhateverClientsDo(t *testing.T) {
	s := quiet(t)
	deaf, _, err := websocket.Dial(t.Context(), s.url+"/ws", nil) // never reads, so never says goodbye back
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.CloseNow()
	body, pen := io.Pipe()
	defer pen.Close()
	go func() { // an upload that never ends
		if response, err := http.Post(s.url+"/m/stuck", "text/plain", body); err == nil {
			response.Body.Close()
		}
	}()
	if _, err := pen.Write([]byte("4")); err != nil {
		t.Fatal(err)
	}
	s.drains()
}

// ready asks the admin port; 0 means that it does not answer.
func ready(s *server) int {
	response, err := http.Get(s.admin + "/ready")
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// goodbye reads a socket to its end and says whether that message was among the last.
func goodbye(t *testing.T, viewer *websocket.Conn) (said bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	for {
		_, text, err := viewer.Read(ctx)
		if err != nil {
			return said
		}
		var message struct {
			Type  string `json:"type"`
			Retry int    `json:"retry_ms"`
		}
		said = json.Unmarshal(text, &message) == nil && message.Type == "goodbye" && message.Retry > 0
	}
}
