package journey

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// piped is a running curl: what it prints comes line by line.
type piped struct {
	t       *testing.T
	command *exec.Cmd
	in      io.WriteCloser
	lines   chan string // closed at its end
}

func runCurl(t *testing.T, args ...string) *piped {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*wait)
	t.Cleanup(cancel)
	c := &piped{t: t, command: exec.CommandContext(ctx, "curl", append([]string{"-sS"}, args...)...), lines: make(chan string, 1000)}
	in, err := c.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	c.in = in
	go func() {
		defer close(c.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			c.lines <- scanner.Text()
		}
	}()
	return c
}

func (c *piped) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, text); err != nil {
		c.t.Fatal(err)
	}
}

// expect waits for lines; one that ends with … may go on otherwise.
func (c *piped) expect(want ...string) {
	c.t.Helper()
	for _, line := range want {
		select {
		case got, more := <-c.lines:
			if begin, open := strings.CutSuffix(line, "…"); !more || got != line && !(open && strings.HasPrefix(got, begin)) {
				c.t.Fatalf("curl printed %q (%v), want %q", got, more, line)
			}
		case <-time.After(wait):
			c.t.Fatalf("curl did not print %q", line)
		}
	}
}

// end waits until curl ends and answers its exit code.
func (c *piped) end() int {
	c.t.Helper()
	_ = c.in.Close()
	for line := range c.lines {
		c.t.Errorf("curl printed %q besides", line)
	}
	_ = c.command.Wait()
	return c.command.ProcessState.ExitCode()
}

// watching waits until so many read the room.
func (s *server) watching(n string) {
	s.t.Helper()
	eventually(s.t, wait, n+" streams are open", func() bool {
		return strings.Contains(s.scrape(), "\ntelltale_streams "+n+"\n")
	})
}

// scrape is what Prometheus would read.
func (s *server) scrape() string {
	on := server{t: s.t, url: s.admin}
	return on.must("GET", "/metrics", "")
}

func TestALineOfCurlReachesEveryCurlThatWatchesWhileTheUploadLasts(t *testing.T) {
	s := quiet(t)
	room := s.url + "/r/build"
	early, events := runCurl(t, "-N", room), runCurl(t, "-N", "-H", "Accept: text/event-stream", room)
	events.expect("retry: 1000", "")
	s.watching("2")
	command := runCurl(t, "-T", "-", room)
	command.say("compiling a.c\n")
	early.expect("compiling a.c")
	events.expect("id: 1", "data: compiling a.c", "")
	command.say("compiling b.c\nlink")
	early.expect("compiling b.c")
	events.expect("id: 2", "data: compiling b.c", "")
	late := runCurl(t, "-N", room+"?since=all")
	late.expect("compiling a.c", "compiling b.c")
	command.say("ing\nno newline")
	_ = command.in.Close()
	for _, each := range []*piped{early, late} {
		each.expect("linking", "no newline")
	}
	events.expect("id: 3", "data: linking", "", "id: 4", "data: no newline", "")
	command.expect(`{"room_id":"build","messages":4,"seq":4}`)
	if code := command.end(); code != 0 {
		t.Errorf("the upload's exit code is %d", code)
	}

	// A reader that comes back goes on after what it has.
	again := runCurl(t, "-N", "-H", "Accept: text/event-stream", "-H", "Last-Event-ID: 3", room)
	again.expect("retry: 1000", "", "id: 4", "data: no newline", "")
}

func TestSIGTERMEndsUploadsAndStreamsTruthfully(t *testing.T) {
	s := quiet(t)
	room := s.url + "/r/build"
	reader := runCurl(t, "-N", room)
	s.watching("1")
	command := runCurl(t, "-T", "-", room)
	command.say("one\ntwo\nhalf a li")
	reader.expect("one", "two")
	s.drains()
	if code := reader.end(); code != 0 {
		t.Errorf("the stream's exit code is %d", code)
	}
	command.say("ne\n") // curl looks for an answer only when it has something to send
	command.expect(`{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"the server is about to restart: send the rest again soon (lines that were kept: 2)","room_id":"build","messages":2,"seq":2}`)
	if code := command.end(); code != 0 {
		t.Errorf("the upload's exit code is %d", code)
	}
	s.again()
	after := runCurl(t, "-N", room+"?since=all")
	after.expect("one", "two")
	s.must("POST", "/r/build", "half a line")
	after.expect("half a line")

	s.kill()
	if code := after.end(); code == 0 {
		t.Error("a stream that was cut off looks whole")
	}
}
