package api

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/shared/room"
	"telltale/shared/wire"
)

// target is a server in another process.
type target struct {
	address string
	admin   string
	program string // that it runs; "" for the rival
	pid     int
	end     func()
	watch   bool // its viewers watch the metric crowd instead of being in that room
	say     func(content string) error
	jam     func(content string) error // says something to those alone who never read; nil where nobody can be
}

// startProgram builds and starts the program itself.
func startProgram(t testing.TB, flags ...string) *target {
	t.Helper()
	return start(t, build(t), flags...)
}

func build(t testing.TB) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "telltale")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "telltale/server").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func start(t testing.TB, program string, flags ...string) *target {
	t.Helper()
	command := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--data", filepath.Join(t.TempDir(), "d"), "--host-metrics=false", "--log-format", "json"}, flags...)...)
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	var line struct{ Msg, Pages, Admin string }
	to := begin(t, command, func() (address string) {
		for lines.Scan() {
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
				return strings.TrimPrefix(line.Pages, "http://")
			}
		}
		return ""
	})
	to.admin, to.program = line.Admin, program
	go func() {
		for lines.Scan() {
		}
	}()
	to.say = func(content string) error { return to.post("/r/crowd", content) }
	to.jam = func(content string) error { return to.post("/r/jam", content) }
	return to
}

// post says something by HTTP.
func (to *target) post(path, body string) error {
	response, err := http.Post("http://"+to.address+path, "text/plain", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %w", response.Status, err)
	}
	return nil
}

// begin starts a command that tells its address and kills it in the end.
func begin(t testing.TB, command *exec.Cmd, address func() string) *target {
	t.Helper()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	to := &target{pid: command.Process.Pid, end: func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}}
	t.Cleanup(to.end)
	to.address = address()
	if to.address == "" {
		t.Fatal("the server did not begin")
	}
	return to
}

// startRival starts this test's own binary, which becomes one of the rivals.
func startRival(t testing.TB, name string) *target {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), "TELLTALE_RIVAL="+name)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	to := begin(t, command, func() string {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		return strings.TrimSpace(line)
	})
	control, err := net.Dial("tcp", to.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = control.Close() })
	if _, err := io.WriteString(control, "GET /say HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	to.say = func(content string) error { _, err := io.WriteString(control, content+"\n"); return err }
	return to
}

// rivals are what this test's own binary may become.
var rivals = map[string]func(net.Listener) error{"bare": bareServer, "floor": floorServer, "gorilla": gorillaServer}

func init() {
	if serve := rivals[os.Getenv("TELLTALE_RIVAL")]; serve != nil {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			fmt.Println(listener.Addr())
			err = serve(listener)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// heed gives each line that the control connection says as a message of the room; the rival
// ends with that connection.
func heed(control *bufio.Reader, give func(payload []byte)) {
	for seq := uint64(1); ; seq++ {
		line, err := control.ReadString('\n')
		if err != nil {
			os.Exit(0)
		}
		give(wire.AppendSaid(nil, room.Message{Room: "crowd", Seq: seq, Time: time.Now().UnixMilli(), Content: strings.TrimSpace(line)}, ""))
	}
}

// bareServer says each line that its control connection sends to all others: in
// frames made once, written by a loop a core.
func bareServer(listener net.Listener) error {
	var mu sync.Mutex
	shares := make([][]net.Conn, runtime.GOMAXPROCS(0))
	say := func(control *bufio.Reader) {
		loops := make([]chan []byte, len(shares))
		for i := range loops {
			loops[i] = make(chan []byte, 256)
			go func() {
				for frame := range loops[i] {
					mu.Lock()
					share := shares[i]
					mu.Unlock()
					for _, conn := range share {
						_, _ = conn.Write(frame)
					}
				}
			}()
		}
		heed(control, func(payload []byte) {
			frame := framed(payload)
			for _, loop := range loops {
				loop <- frame
			}
		})
	}
	for n := 0; ; n++ {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		reader := bufio.NewReaderSize(conn, 512)
		request, err := http.ReadRequest(reader)
		if err != nil {
			return err
		}
		if request.URL.Path == "/say" {
			go say(reader)
			continue
		}
		if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n"); err != nil {
			return err
		}
		joined := framed(wire.Encode(wire.Joined{RoomID: "crowd"}))
		if _, err := conn.Write(joined); err != nil {
			return err
		}
		mu.Lock()
		shares[n%len(shares)] = append(shares[n%len(shares)], conn)
		mu.Unlock()
	}
}

// framed is a text message as a server sends it (RFC 6455, section 5.2).
func framed(payload []byte) []byte {
	frame := []byte{0x80 | opText}
	if len(payload) < 126 {
		frame = append(frame, byte(len(payload)))
	} else {
		frame = binary.BigEndian.AppendUint16(append(frame, 126), uint16(len(payload)))
	}
	return append(frame, payload...)
}
