package journey

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var flood = flag.Int("flood", 1000, "how many sockets of strangers are opened")

// TestAFloodNeitherFillsTheServerNorSlowsIt floods a server that takes tokens and lets everybody look: with
// connections whose headers never end, with sockets of strangers that only idle, and with bodies that unpack to more
// than they are. Its memory grows by at most 16 MiB, and /health answers within five times its usual time.
func TestAFloodNeitherFillsTheServerNorSlowsIt(t *testing.T) {
	s := quiet(t, "--public-read")
	create := func(name string) string {
		out, err := exec.Command(s.binary, "token", "create", name, "--scope", "write:*", "--data", s.data).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	token, other := create("ann"), create("bob")
	eventually(t, wait, "the token holds", func() bool {
		status, _ := s.call("POST", "/m/flood", "1", "Authorization", "Bearer "+token)
		closed, _ := s.call("POST", "/m/flood", "1")
		return status == http.StatusOK && closed == http.StatusUnauthorized
	})
	for range 200 {
		s.must("GET", "/api/v1/metrics", "")
	}
	client.CloseIdleConnections()
	s.collect()
	usual, before := s.health(), s.resident()
	limit := max(5*usual, 10*time.Millisecond) // less is the noise of a busy machine

	calm := func(during string) {
		t.Helper()
		took, grown := s.health(), s.resident()-before
		t.Logf("%s: /health %v (usually %v), memory %+.1f MiB", during, took, usual, float64(grown)/(1<<20))
		atMost(t, during+": /health", took, limit)
		if grown > 16<<20 {
			t.Errorf("%s: memory grew by %d KiB", during, grown>>10)
		}
	}
	held := func(n int, say string) (release func()) {
		t.Helper()
		var conns []net.Conn
		release = func() {
			for _, each := range conns {
				_ = each.Close()
			}
		}
		for range n {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				release()
				t.Fatal(err)
			}
			conns = append(conns, conn)
			_, _ = io.WriteString(conn, say) // one that is not let in is cut
		}
		return release
	}
	release := held(1000, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
	calm("1,000 connections whose headers do not end")
	release()
	release = held(*flood, "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	calm(fmt.Sprintf("%d idle sockets of strangers", *flood))
	release()
	eventually(t, wait, "who was kept out is let in", func() bool {
		status, _, err := s.try("GET", "/dashboard", "")
		return err == nil && status == http.StatusOK
	})

	bombs(s, token)
	crowded(s, token)
	trickled(s, token, other)
	eventually(t, wait, "no more than 16 MiB are live, the server itself included", func() bool { return s.live() <= 16<<20 })
	atMost(t, "after the bombs: /health", s.health(), limit)
}

// bombs sends bodies that are more than they seem, without a token and with one.
func bombs(s *server, token string) {
	s.t.Helper()
	var packed, deflated, deep bytes.Buffer
	zip := gzip.NewWriter(&packed)
	squeeze, err := flate.NewWriter(&deflated, flate.BestCompression)
	if err != nil {
		s.t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 256 {
		_, _ = zip.Write(zeros) // to a buffer
		_, _ = squeeze.Write(zeros)
	}
	if err := zip.Close(); err != nil {
		s.t.Fatal(err)
	}
	if err := squeeze.Close(); err != nil {
		s.t.Fatal(err)
	}
	deep.WriteString(strings.Repeat(`{"metric":`, 100_000) + strings.Repeat("}", 100_000))
	var labels strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&labels, "l%d='',", i)
	}
	many := strings.ReplaceAll(`{"metric":"m{`+labels.String()+`}","set":1}`, "'", `\"`)
	for _, c := range []struct {
		name, path, body, encoding string
		status                     int
		says                       string // a batch answers 200, and each row's status in a row
	}{
		{"256 MiB of gzip to one metric", "/m/flood", packed.String(), "gzip", http.StatusRequestEntityTooLarge, "MiB"},
		{"256 MiB of gzip to many", "/api/v1/metrics", packed.String(), "gzip", http.StatusRequestEntityTooLarge, "MiB"},
		{"256 MiB of deflate", "/api/v1/metrics", deflated.String(), "deflate", http.StatusUnsupportedMediaType, "deflate"},
		{"deep JSON", "/api/v1/metrics/flood", deep.String(), "", http.StatusRequestEntityTooLarge, "MiB"},
		{"deep JSON in many", "/api/v1/metrics", deep.String(), "", http.StatusOK, `{"status":413,"detail":"the row has`},
		{"a list in a list", "/api/v1/metrics", strings.Repeat("[", 1<<20), "", http.StatusBadRequest, "JSON"},
		{"a million labels", "/api/v1/metrics", many, "", http.StatusOK, `{"status":413,"detail":"the row has`},
	} {
		if status, answer, err := s.try("POST", c.path, c.body, "Content-Encoding", c.encoding); err == nil && status != http.StatusUnauthorized {
			s.t.Errorf("%s of a stranger: %d %s", c.name, status, answer)
		}
		s.collect()
		before := s.resident()
		s.forgetPeak()
		status, answer := s.call("POST", c.path, c.body, "Content-Encoding", c.encoding, "Authorization", "Bearer "+token)
		if status != c.status || !strings.Contains(answer, c.says) {
			s.t.Errorf("%s: %d %.200s", c.name, status, answer)
		}
		grown := s.peak() - before
		s.t.Logf("%s: %d KiB sent, at its peak %+.1f MiB", c.name, len(c.body)>>10, float64(grown)/(1<<20))
		if grown > 16<<20 {
			s.t.Errorf("%s: memory grew by %d KiB", c.name, grown>>10)
		}
	}
}

// crowded sends many large batches at once, whose rows are all good: what they take together is bounded, and each is
// done or told to come again.
func crowded(s *server, token string) {
	s.t.Helper()
	const at, rows = 48, 600_000
	body := strings.Repeat(`{"metric":"crowd","add":1}`+"\n", rows)
	s.collect()
	before := s.resident()
	s.forgetPeak()
	statuses := make([]int, at)
	var all sync.WaitGroup
	for i := range at {
		all.Go(func() {
			for status := 0; status != http.StatusOK && status != http.StatusServiceUnavailable; {
				var err error
				if status, _, err = s.try("POST", "/api/v1/metrics?atomic=true", body, "Authorization", "Bearer "+token); err != nil || status == http.StatusRequestEntityTooLarge {
					statuses[i] = status
					return
				}
				statuses[i] = status
			}
		})
	}
	all.Wait()
	grown := s.peak() - before
	done := 0
	for _, status := range statuses {
		if status == http.StatusRequestEntityTooLarge || status == http.StatusServiceUnavailable {
			done++
		}
	}
	s.t.Logf("%d batches of %d MiB at once: at their peak %+.1f MiB", at, len(body)>>20, float64(grown)/(1<<20))
	if done != at {
		s.t.Errorf("answered with %v", statuses)
	}
	if grown > 384<<20 { // 64 of bodies, and what is made of as many of them
		s.t.Errorf("%d batches together: memory grew by %d MiB", at, grown>>20)
	}
}

// trickled leaves many large batches of one token unfinished, of which some has come: another one's goes in.
func trickled(s *server, token, other string) {
	s.t.Helper()
	for i := range 24 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			s.t.Fatal(err)
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, "POST /api/v1/metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", token, 16<<20)
		came := 100 << 10
		if i >= 20 {
			came = 2 << 20
		}
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // one that has to wait is not read on
		_, _ = conn.Write(bytes.Repeat([]byte{' '}, came))
	}
	body := strings.Repeat(" ", 3<<20) + `{"metric":"trickled","add":1}`
	if status, answer := s.call("POST", "/api/v1/metrics", body, "Authorization", "Bearer "+other); status != http.StatusOK || !strings.Contains(answer, `"value":1`) {
		s.t.Errorf("while another's trickle a batch is answered with %d %.200s", status, answer)
	}
}

// forgetPeak begins anew to note the most memory that the server has.
func (s *server) forgetPeak() {
	s.t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.process.Process.Pid), []byte("5"), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// peak is the most memory that the server has had since, bytes.
func (s *server) peak() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	return 1024 * number(s.t, string(status), `VmHWM:\s*(\d+) kB`)
}

// health is how long /health usually takes.
func (s *server) health() time.Duration {
	s.t.Helper()
	took := make([]time.Duration, 21)
	for i := range took {
		began := time.Now()
		s.ask("/health")
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// ask reads from the second port.
func (s *server) ask(path string) string {
	s.t.Helper()
	response, err := client.Get(s.admin + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d, %v", path, response.StatusCode, err)
	}
	return string(body)
}

// collect has the server's garbage collected.
func (s *server) collect() { s.ask("/debug/pprof/heap?gc=1") }

// resident is the server's memory, bytes.
func (s *server) resident() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	return 1024 * number(s.t, string(status), `VmRSS:\s*(\d+) kB`)
}

// live is what of the server's heap is in use, bytes.
func (s *server) live() int {
	s.t.Helper()
	return number(s.t, s.ask("/debug/pprof/heap?gc=1&debug=1"), `# HeapAlloc = (\d+)`)
}

func number(t testing.TB, text, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s", pattern)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
