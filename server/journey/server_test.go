package journey

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"telltale/web"
)

// binary is the program under test, built once for all journeys.
var binary string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "telltale-journey-")
	if err == nil {
		binary = filepath.Join(folder, "telltale")
		err = build(binary)
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// build compiles the program with more flags of go build.
func build(target string, flags ...string) error {
	if !web.Embedded().Built() {
		return fmt.Errorf("the browser app is not built: run make build first, or make test")
	}
	command := exec.Command("go", append(append([]string{"build", "-o", target}, flags...), "./server")...)
	command.Dir = "../.."
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return nil
}

// server is a running program.
type server struct {
	t       testing.TB
	binary  string
	args    []string
	data    string
	url     string // of the pages, http://127.0.0.1:port
	admin   string
	process *exec.Cmd
	ended   chan struct{} // closed when the process is gone
	log     *lines
}

// start runs the program with a fresh data folder; args are more flags of serve.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	s := &server{t: t, binary: binary, args: args, data: filepath.Join(t.TempDir(), "data")}
	s.run("127.0.0.1:0", "127.0.0.1:0")
	t.Cleanup(s.kill)
	return s
}

// quiet runs the program without readings of this machine.
func quiet(t testing.TB, args ...string) *server {
	t.Helper()
	return start(t, append(args, "--host-metrics=false")...)
}

// again runs the program anew, at the same addresses and on the same data.
func (s *server) again() {
	s.t.Helper()
	s.run(strings.TrimPrefix(s.url, "http://"), strings.TrimPrefix(s.admin, "http://"))
}

func (s *server) run(listen, admin string) {
	s.t.Helper()
	s.runWith(append([]string{"serve", "--listen", listen, "--admin-listen", admin, "--data", s.data, "--log-format", "json"}, s.args...)...)
}

func (s *server) runWith(args ...string) {
	s.t.Helper()
	s.process = exec.Command(s.binary, args...)
	stderr, err := s.process.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.log, s.ended = &lines{}, make(chan struct{})
	serving := make(chan [2]string, 1)
	go s.follow(stderr, serving)
	select {
	case at := <-serving:
		s.url, s.admin = at[0], at[1]
	case <-s.ended:
		s.t.Fatalf("the server ended at once:\n%s", s.log)
	case <-time.After(wait):
		s.t.Fatalf("the server did not serve:\n%s", s.log)
	}
}

// follow reads the log until the process is gone and tells when it serves.
func (s *server) follow(stderr io.Reader, serving chan<- [2]string) {
	process, ended, log := s.process, s.ended, s.log
	defer close(ended)
	for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
		log.add(scanner.Text())
		var line struct{ Msg, Pages, Admin string }
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line.Msg == "serving" {
			serving <- [2]string{line.Pages, line.Admin}
		}
	}
	_ = process.Wait()
}

// kill ends the process with SIGKILL and waits until it is gone.
func (s *server) kill() {
	_ = s.process.Process.Kill()
	<-s.ended
}

// terminate sends SIGTERM and answers the exit code and how long the end took.
func (s *server) terminate() (code int, took time.Duration) {
	s.t.Helper()
	began := time.Now()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.ended:
	case <-time.After(wait):
		s.t.Fatalf("the server did not end after SIGTERM:\n%s", s.log)
	}
	return s.process.ProcessState.ExitCode(), time.Since(began)
}

// drains has the process end by SIGTERM, which it does by itself within 10 s whatever clients do.
func (s *server) drains() {
	s.t.Helper()
	code, took := s.terminate()
	if code != 0 {
		s.t.Errorf("exit code %d, want 0:\n%s", code, s.log)
	}
	atMost(s.t, "the end", took, 10*time.Second)
}

// call makes one request with curl's means: a body is sent as it is, header pairs follow.
func (s *server) call(method, path, body string, header ...string) (status int, answer string) {
	s.t.Helper()
	status, answer, err := s.try(method, path, body, header...)
	if err != nil {
		s.t.Fatal(err)
	}
	return status, answer
}

// try is call for a server that may be gone.
func (s *server) try(method, path, body string, header ...string) (status int, answer string, err error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), wait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

// client keeps enough connections for a crowd.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256}}

// must is call that fails the test unless the status is 200.
func (s *server) must(method, path, body string, header ...string) string {
	s.t.Helper()
	status, answer := s.call(method, path, body, header...)
	if status != http.StatusOK {
		s.t.Fatalf("%s %s answers %d: %s", method, path, status, answer)
	}
	return answer
}

// lines is a log that several goroutines use.
type lines struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *lines) add(line string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.text.WriteString(line + "\n")
}

func (l *lines) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// wait is how long anything may take on a busy machine: whoever waits that long waits for what does not come.
const wait = 2 * time.Minute

// atMost fails where something took longer than it may. What others take of this machine is allowed for: it is measured by
// how much longer than its quickest piece a piece of work takes here just now.
func atMost(t testing.TB, what string, took, most time.Duration) {
	t.Helper()
	if took <= most {
		return
	}
	const pieces = 2000
	var all, quickest time.Duration
	mixed := uint64(1)
	for range pieces {
		began := time.Now()
		for range 100_000 {
			mixed = mixed*6364136223846793005 + 1442695040888963407
		}
		piece := time.Since(began)
		if all += piece; quickest == 0 || piece < quickest {
			quickest = piece
		}
	}
	busy := float64(all) / float64(quickest) / pieces
	if t.Logf("%s: it took %v; others make this machine %.1f times slower (%d)", what, took, busy, mixed&1); float64(took) > float64(most)*busy {
		t.Errorf("%s took %v, want at most %v", what, took, most)
	}
}

// eventually asks again and again until the condition holds.
func eventually(t testing.TB, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(limit)
	for tick := time.Tick(50 * time.Millisecond); !condition(); {
		select {
		case <-tick:
		case <-deadline:
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
