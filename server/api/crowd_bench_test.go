package api

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"telltale/server/hub"
	"telltale/shared/room"
	"telltale/shared/wire"
)

// crowdPlan is how many are in a room, what is said there, and how fast.
type crowdPlan struct {
	members  int // in all
	never    int // of them never read
	messages int
	pause    time.Duration // between two of them, at least
	awaited  bool          // each is said once all have heard the one before
}

// BenchmarkRoom has 10,000 members in one room, of which 100 never read and have
// full sockets, and says 100 messages there: the real program in a process of its
// own, beside the same fan-out over bare sockets: a loop a core that writes frames
// made once, to clients of which all read. Delivery is from before the POST to the
// receipt; the members share the machine with the server.
func BenchmarkRoom(b *testing.B) {
	plan := crowdPlan{members: 10_000, never: 100, messages: 100, pause: 250 * time.Millisecond}
	for name, start := range map[string]func(testing.TB) *target{"bare": func(t testing.TB) *target { return startRival(t, "bare") }, "telltale": func(t testing.TB) *target { return startProgram(t) }} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				g := gather(b, start(b), plan)
				g.speak()
				g.report(b)
				g.leave()
			}
		})
	}
}

func TestARoomHearsEverythingOnceInOrderWhileSomeNeverRead(t *testing.T) {
	plan := crowdPlan{members: 500, never: 10, messages: 20, pause: 10 * time.Millisecond}
	g := gather(t, startProgram(t), plan)
	g.speak()
	for begun := time.Now(); g.writing() != plan.never; <-time.After(10 * time.Millisecond) { // others may be on their way back
		if time.Since(begun) > time.Minute {
			t.Fatalf("%d are stuck", g.writing())
		}
	}
	for _, late := range g.stuck {
		if late.last != 0 {
			t.Fatalf("one that does not read has read up to %d", late.last)
		}
		g.listen(late)
	}
	g.wait(g.stuck) // once they read they are given all of it
	g.leave()
}

// ear is one member's connection.
type ear struct {
	conn   net.Conn
	reader *bufio.Reader
	last   uint64 // seq of what it heard last
	delays []time.Duration
	heard  *atomic.Int64 // by all
	err    error
}

// gathering is a crowd in a room.
type gathering struct {
	t        testing.TB
	plan     crowdPlan
	to       *target
	ears     []*ear
	stuck    []*ear
	empty    int // KiB of the server before they came
	full     int // and after
	cpu      time.Duration
	took     time.Duration
	heard    atomic.Int64   // deliveries
	complete sync.WaitGroup // those who listen and have not heard the last message
}

// gather has all members join.
func gather(t testing.TB, to *target, plan crowdPlan) *gathering {
	t.Helper()
	g := &gathering{t: t, plan: plan, to: to, empty: resident(t, to.pid)}
	begun := time.Now()
	joined := time.Duration(0)
	defer func() {
		if plan.never == 0 {
			return
		}
		t.Logf("%d joined in %v, %d stuck in %v", plan.members, joined, plan.never, time.Since(begun)-joined)
	}()
	all := make([]*ear, plan.members)
	var dialers sync.WaitGroup
	for d := range 32 {
		dialers.Go(func() {
			for i := d; i < plan.members; i += 32 {
				stuck, asks := i < plan.never && to.jam != nil, []ask{joining("crowd", i)}
				switch {
				case to.watch:
					asks = []ask{watching}
				case stuck:
					asks = append(asks, joining("jam", i))
				}
				e, err := hark(to.address, i, stuck, asks...)
				if err != nil {
					t.Errorf("member %d: %v", i, err)
					return
				}
				all[i] = e
				if i >= plan.never {
					g.listen(e)
				}
			}
		})
	}
	dialers.Wait()
	if t.Failed() {
		t.FailNow()
	}
	joined = time.Since(begun)
	g.stuck, g.ears = all[:plan.never], all[plan.never:]
	<-time.After(settleAfter + time.Second) // what the joins cost is not counted
	g.full = resident(t, to.pid)
	for jam, full := time.Now(), 0; plan.never > 0 && to.jam != nil && full < 2; {
		for range 5 {
			if err := to.jam(strings.Repeat("x", room.MaxLine)); err != nil {
				t.Fatal(err)
			}
		}
		if full++; g.writing() < plan.never {
			full = 0
		}
		if time.Since(jam) > hub.Patience-5*time.Second { // soon the first of them are closed
			t.Fatal("those who never read are not stuck in time: this machine is too busy")
		}
	}
	return g
}

// writing is how many writers of the program wait for their peers to read.
func (g *gathering) writing() (waiting int) {
	g.t.Helper()
	response, err := http.Get(g.to.admin + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	stacks, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "poll.(*FD).Write") && strings.Contains(stack, "server/api.") {
			n, _ := strconv.Atoi(strings.Fields(stack)[0])
			waiting += n
		}
	}
	return waiting
}

// ask is what a client asks first, and how the answer begins.
type ask struct {
	request []byte
	answer  string
}

func joining(room string, i int) ask {
	return ask{wire.Encode(wire.Join{RoomID: room, UserID: fmt.Sprint("user", i)}), `{"type":"joined"`}
}

var watching = ask{[]byte(`{"type":"watch","metrics":["crowd"],"rate":20}`), `{"type":"snapshot"`}

// hark connects member i and asks. The socket of one that is to be stuck holds little.
func hark(address string, i int, stuck bool, asks ...ask) (*ear, error) {
	// The addresses of the loopback share no ports.
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i/4000))}}
	if stuck {
		dialer.Control = func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { _ = holdsLittle(int(fd)) })
		}
	}
	conn, err := dialer.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	e := &ear{conn: conn, reader: bufio.NewReaderSize(conn, 1024)}
	hello := "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := io.WriteString(conn, hello); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(e.reader, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("handshake: %v %w", response, err)
	}
	for _, a := range asks {
		if err := e.send(opText, a.request); err != nil {
			return nil, err
		}
		for answered := false; !answered; {
			_, payload, err := e.frame()
			if err != nil {
				return nil, err
			}
			answered = bytes.HasPrefix(payload, []byte(a.answer))
		}
	}
	return e, nil
}

// send writes a client's frame; the mask is all zeros.
func (e *ear) send(opcode byte, payload []byte) error {
	_, err := e.conn.Write(append([]byte{0x80 | opcode, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...))
	return err
}

// frame reads one frame; its payload holds until the next.
func (e *ear) frame() (opcode byte, payload []byte, err error) {
	head, err := e.reader.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	opcode = head[0] & 0xf
	size, header := int(head[1]), 2
	switch size {
	case 126:
		if head, err = e.reader.Peek(4); err != nil {
			return 0, nil, err
		}
		size, header = int(binary.BigEndian.Uint16(head[2:])), 4
	case 127:
		if head, err = e.reader.Peek(10); err != nil {
			return 0, nil, err
		}
		size, header = int(binary.BigEndian.Uint64(head[2:])), 10
	}
	if size+header > e.reader.Size() {
		payload = make([]byte, size+header)
		if _, err := io.ReadFull(e.reader, payload); err != nil {
			return 0, nil, err
		}
		return opcode, payload[header:], nil
	}
	if payload, err = e.reader.Peek(size + header); err != nil {
		return 0, nil, err
	}
	_, _ = e.reader.Discard(size + header)
	return opcode, payload[header:], nil
}

var errOrder = errors.New("out of order")

// hear reads until the last message has come.
func (e *ear) hear(messages uint64) error {
	for e.last < messages {
		opcode, payload, err := e.frame()
		switch {
		case err != nil:
			return err
		case opcode == opPing:
			if err := e.send(opPong, payload); err != nil {
				return err
			}
		case opcode == opClose:
			return fmt.Errorf("closed: %q", payload)
		case bytes.HasPrefix(payload, []byte(`{"type":"broadcast","room_id":"crowd"`)):
			seq, at := number(payload, `"seq":`), number(payload, `"content":"`)
			if uint64(seq) != e.last+1 {
				return fmt.Errorf("%w: %d came after %d", errOrder, seq, e.last)
			}
			e.last++
			e.delays = append(e.delays, time.Since(time.Unix(0, at)))
			e.heard.Add(1)
		case bytes.HasPrefix(payload, []byte(`{"type":"frame"`)):
			_, last, _ := bytes.Cut(payload, []byte(`"crowd":[`)) // its value counts them, and its time is in ms
			if value := uint64(number(last, ",")); value <= e.last {
				return fmt.Errorf("%w: %d came after %d", errOrder, value, e.last)
			} else {
				e.last = value
			}
			e.delays = append(e.delays, time.Since(time.UnixMilli(number(payload, `"crowd":[`))))
			e.heard.Add(1)
		}
	}
	return nil
}

// number is the one that follows a key.
func number(payload []byte, key string) int64 {
	_, rest, _ := bytes.Cut(payload, []byte(key))
	end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	n, _ := strconv.ParseInt(string(rest[:max(0, end)]), 10, 64)
	return n
}

// listen lets a member read.
func (g *gathering) listen(e *ear) {
	e.heard = &g.heard
	g.complete.Go(func() { e.err = e.hear(uint64(g.plan.messages)) })
}

// speak says all messages and waits until everybody who listens has heard them.
func (g *gathering) speak() {
	g.t.Helper()
	cpu, begun := spent(g.t, g.to.pid), time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := range g.plan.messages {
		next := time.After(g.plan.pause)
		if err := g.to.say(fmt.Sprintf("%d is when this was said in a crowded room", time.Now().UnixNano())); err != nil {
			g.t.Fatal(err)
		}
		for g.plan.awaited && g.heard.Load() < int64((n+1)*len(g.ears)) && time.Since(begun) < time.Minute {
			<-tick.C
		}
		<-next
	}
	g.wait(g.ears)
	g.took, g.cpu = time.Since(begun), spent(g.t, g.to.pid)-cpu
}

func (g *gathering) wait(ears []*ear) {
	g.t.Helper()
	heard := make(chan struct{})
	go func() {
		g.complete.Wait()
		close(heard)
	}()
	select {
	case <-heard:
	case <-time.After(time.Minute):
		g.t.Fatal("not all was heard within a minute")
	}
	for i, e := range ears {
		if e.err != nil || e.last != uint64(g.plan.messages) {
			g.t.Fatalf("member %d heard %d messages: %v", i, e.last, e.err)
		}
	}
}

func (g *gathering) leave() {
	for _, e := range append(g.ears, g.stuck...) {
		_ = e.conn.Close()
	}
}

func (g *gathering) report(b *testing.B) {
	var delays []time.Duration
	for _, e := range g.ears {
		delays = append(delays, e.delays...)
	}
	slices.Sort(delays)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(ms(delays[len(delays)/2]), "ms-p50")
	b.ReportMetric(ms(delays[len(delays)*99/100]), "ms-p99")
	b.ReportMetric(float64(len(delays)), "deliveries")
	b.ReportMetric(float64(g.cpu.Microseconds())/float64(len(delays)), "cpu-us/delivery")
	b.ReportMetric(float64(g.full-g.empty)/float64(g.plan.members), "KiB/connection")
	b.ReportMetric(float64(resident(b, g.to.pid)-g.empty)/float64(g.plan.members), "KiB/connection-after")
	b.ReportMetric(0, "ns/op")
}

// resident is the memory of a process in KiB.
func resident(t testing.TB, pid int) int { return memoryOf(t, pid, "VmRSS:") }

// memoryOf is a line of a process's status (proc(5)) in KiB.
func memoryOf(t testing.TB, pid int, line string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), line)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib
}

// spent is the processor time of a process.
func spent(t testing.TB, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	ticks := 0
	for _, f := range fields[11:13] { // utime and stime, of 10 ms
		n, _ := strconv.Atoi(f)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
