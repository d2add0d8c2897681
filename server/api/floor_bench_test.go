package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// floorPlan is how many follow the output of one command, and how long that is.
type floorPlan struct {
	sockets, streams int // viewers by WebSocket, and as by curl -N
	lines            int // of lineSize bytes
	speed            int // of the command, lines a second, unless it has to wait; 0 for all it can
	limit            time.Duration
	curl             bool // the command is piped into curl -T -; otherwise telltale run runs it
}

const lineSize = 100 // bytes with the newline

// BenchmarkFloor has 500 viewers follow 100 MB of the output of one command that
// telltale run runs: the real program in a process of its own, the viewers in another,
// which compares every line. Beside it, the same command writes into a pipe that nobody
// looks at. It says as much a second as the viewers of a machine of two cores can
// follow, which they share with the server; or more; or all it can, when what the
// server had after the end and its 10 s counts.
func BenchmarkFloor(b *testing.B) {
	for _, speed := range []int{10_000, 100_000, 0} {
		name := "all-it-can"
		if speed > 0 {
			name = fmt.Sprintf("%dMBs", speed*lineSize/1_000_000)
		}
		b.Run(name, func(b *testing.B) { floor(b, speed) })
	}
}

func floor(b *testing.B, speed int) {
	for range b.N {
		f := follow(b, floorPlan{sockets: 490, streams: 10, lines: 1_000_000, speed: speed, limit: 20 * time.Minute})
		bytes := float64(f.plan.lines) * lineSize * float64(f.plan.sockets+f.plan.streams)
		b.ReportMetric(f.alone.Seconds(), "s-command-alone")
		b.ReportMetric(f.command.Seconds(), "s-command")
		b.ReportMetric((f.command.Seconds()/f.alone.Seconds()-1)*100, "%-slower")
		b.ReportMetric(f.kept.Seconds(), "s-until-kept")
		b.ReportMetric(float64(f.left), "lines-left")
		b.ReportMetric(f.all.Seconds(), "s-until-all-had-all")
		b.ReportMetric(bytes/1e6/f.all.Seconds(), "MB/s")
		b.ReportMetric(float64(f.cpu.Nanoseconds())/float64(f.plan.lines)/float64(f.plan.sockets+f.plan.streams), "cpu-ns/delivery")
		b.ReportMetric(float64(f.peak)/1024, "MiB-peak")
		b.ReportMetric(0, "ns/op")
	}
}

func TestEverybodyWhoFollowsACommandGetsAllItsLinesInOrder(t *testing.T) {
	for _, curl := range []bool{false, true} {
		follow(t, floorPlan{sockets: 18, streams: 2, lines: 10_000, speed: 10_000, limit: time.Minute, curl: curl})
	}
}

// following is what came of it.
type following struct {
	plan           floorPlan
	alone, command time.Duration // of the command
	kept           time.Duration // from its start until the server had all lines
	left           int           // lines that were not delivered in time
	all            time.Duration // and until all viewers had them
	cpu            time.Duration // of the server
	peak           int           // KiB of the server
}

func follow(t testing.TB, plan floorPlan) following {
	t.Helper()
	f := following{plan: plan}
	to := startProgram(t, "--room-retention", strconv.Itoa(plan.lines+1)+",1d")
	f.alone = f.speak(t, nil, "cat")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	viewers := exec.Command(self)
	viewers.Env = append(os.Environ(), fmt.Sprintf("TELLTALE_VIEWERS=%s %d %d %d", to.address, plan.sockets, plan.streams, plan.lines))
	viewers.Stderr = os.Stderr
	stdout, err := viewers.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := viewers.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(plan.limit, func() { _ = viewers.Process.Kill() })
	defer kill.Stop()
	said := bufio.NewReader(stdout)
	defer func() {
		_ = viewers.Process.Kill()
		_ = viewers.Wait()
	}()
	if line, _ := said.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the viewers say %q", line)
	}
	before, begun := spent(t, to.pid), time.Now()
	if url := "http://" + to.address; plan.curl {
		f.command = f.speak(t, nil, "curl", "-sS", "-o", os.DevNull, "-T", "-", url+"/r/run")
	} else {
		f.command = f.speak(t, []string{to.program, "run", "--url", url, "--room", "run", "--"}, "cat")
	}
	f.kept = time.Since(begun)
	f.left = f.rest(t, to)
	if line, _ := said.ReadString('\n'); line != "done\n" {
		t.Fatalf("the viewers say %q", line)
	}
	f.all, f.cpu, f.peak = time.Since(begun), spent(t, to.pid)-before, highest(t, to.pid)
	t.Logf("%d viewers had %d lines after %v, the command took %v, its upload %v but for %d lines, and %v alone; the server used %v", plan.sockets+plan.streams, plan.lines, f.all, f.command, f.kept, f.left, f.alone, f.cpu)
	return f
}

// rest says the lines that telltale run had no time to deliver, and how many those were.
func (f *following) rest(t testing.TB, to *target) int {
	t.Helper()
	response, err := http.Get("http://" + to.address + "/api/v1/rooms/run/messages?limit=1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var newest []struct{ Seq int }
	if err := json.NewDecoder(response.Body).Decode(&newest); err != nil || len(newest) != 1 {
		t.Fatal(newest, err)
	}
	left := f.plan.lines - newest[0].Seq
	if left <= 0 { // one more says how it ended
		return 0
	}
	line := firstLine()
	for range newest[0].Seq {
		line.next()
	}
	var text bytes.Buffer
	for range left {
		text.Write(line.text)
		line.next()
	}
	answer, err := http.Post("http://"+to.address+"/r/run", "text/plain", io.MultiReader(&text)) // of no length that is known
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	return left
}

// speak runs the command, by itself or by another program that runs it, its output
// piped into a third, and tells how long it took by its own clock: that other program
// may have something to do afterwards.
func (f *following) speak(t testing.TB, by []string, into ...string) time.Duration {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	sink := exec.Command(into[0], into[1:]...)
	sink.Stdin, sink.Stderr = reader, os.Stderr
	words := append(slices.Clone(by), self)
	speaker := exec.Command(words[0], words[1:]...)
	clock := filepath.Join(t.TempDir(), "took")
	speaker.Env = append(os.Environ(), fmt.Sprintf("TELLTALE_SPEAKER=%d %d %s", f.plan.lines, f.plan.speed, clock))
	speaker.Stdout, speaker.Stderr = writer, os.Stderr
	if err := errors.Join(sink.Start(), speaker.Start()); err != nil {
		t.Fatal(err)
	}
	_, _ = reader.Close(), writer.Close()
	if err := errors.Join(speaker.Wait(), sink.Wait()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(clock)
	if err != nil {
		t.Fatal(err)
	}
	took, err := time.ParseDuration(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return took
}

func init() {
	if text := os.Getenv("TELLTALE_SPEAKER"); text != "" {
		var lines, speed int
		var clock string
		_, _ = fmt.Sscan(text, &lines, &speed, &clock)
		begun := time.Now()
		out := bufio.NewWriterSize(os.Stdout, 40*lineSize) // about as the C library has it for a pipe, but whole lines
		line := firstLine()
		for n := range lines {
			_, _ = out.Write(line.text)
			line.next()
			if speed > 0 && n%1000 == 999 {
				<-time.After(time.Until(begun.Add(time.Duration(n) * time.Second / time.Duration(speed))))
			}
		}
		if err := errors.Join(out.Flush(), os.WriteFile(clock, []byte(time.Since(begun).String()), 0o600)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if text := os.Getenv("TELLTALE_VIEWERS"); text != "" {
		var address string
		var sockets, streams, lines int
		_, _ = fmt.Sscan(text, &address, &sockets, &streams, &lines)
		if err := watchAll(address, sockets, streams, lines); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("done")
		os.Exit(0)
	}
}

// outputLine is a line of the output, counted up where it stands.
type outputLine struct{ text []byte }

func firstLine() outputLine {
	return outputLine{fmt.Appendf(nil, "00000001 %s\n", strings.Repeat("all work and no play ", 5)[:lineSize-10])}
}

func (l outputLine) next() {
	for i := 7; ; i-- {
		if l.text[i]++; l.text[i] <= '9' {
			return
		}
		l.text[i] = '0'
	}
}

func watchAll(address string, sockets, streams, lines int) error {
	var ready, all sync.WaitGroup
	faults := make(chan error, sockets+streams)
	for i := range sockets + streams {
		ready.Add(1)
		all.Go(func() {
			view := viewStream
			if i < sockets {
				view = viewSocket
			}
			once := sync.OnceFunc(ready.Done)
			defer once()
			if err := view(address, i, lines, once); err != nil {
				faults <- fmt.Errorf("viewer %d: %w", i, err)
			}
		})
	}
	ready.Wait()
	if len(faults) == 0 {
		fmt.Println("ready")
	}
	all.Wait()
	select {
	case err := <-faults:
		return err
	default:
		return nil
	}
}

func viewSocket(address string, i, lines int, ready func()) error {
	e, err := hark(address, i, false, joining("run", i))
	if err != nil {
		return err
	}
	defer e.conn.Close()
	ready()
	e.reader = bufio.NewReaderSize(e.reader, 64<<10)
	begin, end := []byte(`{"type":"broadcast","room_id":"run","content":"`), []byte(`","sender":"","seq":`)
	line := firstLine()
	for n := 1; n <= lines; {
		opcode, payload, err := e.frame()
		if err != nil {
			return fmt.Errorf("before line %d: %w", n, err)
		}
		rest, is := bytes.CutPrefix(payload, begin)
		switch {
		case is && len(rest) > lineSize+len(end) && string(rest[:lineSize-1]) == string(line.text[:lineSize-1]) && string(rest[lineSize-1:lineSize-1+len(end)]) == string(end):
			line.next()
			n++
		case opcode == opPing:
			if err := e.send(opPong, payload); err != nil {
				return err
			}
		case bytes.HasPrefix(payload, []byte(`{"type":"gap"`)): // it is sent again
		case bytes.HasPrefix(payload, []byte(`{"type":"member_joined"`)), bytes.HasPrefix(payload, []byte(`{"type":"presence"`)):
		default:
			return fmt.Errorf("instead of line %d it got %q", n, payload)
		}
	}
	return nil
}

func viewStream(address string, _, lines int, ready func()) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /r/run HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 64<<10), nil)
	if err != nil {
		return err
	}
	ready()
	reader := bufio.NewReaderSize(response.Body, 64<<10)
	line := firstLine()
	for n := 1; n <= lines; n++ {
		got, err := reader.ReadSlice('\n')
		if err != nil || !bytes.Equal(got, line.text) {
			return fmt.Errorf("instead of line %d it got %q, %v", n, got, err)
		}
		line.next()
	}
	return nil
}

// highest is the most memory that a process had, in KiB.
func highest(t testing.TB, pid int) int { return memoryOf(t, pid, "VmHWM:") }
