package api

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"telltale/shared/wire"
)

// framePause is between two frames of a metric at the highest rate.
const framePause = time.Second / 20

// rounds is how often a figure is taken beside its rivals': what is told is the median.
const rounds = 3

// BenchmarkDelivery is what it costs the server, in processor time, to give one message
// to one of 1,000 or 10,000 who are connected and idle otherwise, and what each of them
// takes of its memory: messages of some 130 bytes in a room, and frames of one metric.
// Beside it, in turns with it, the floor, which is one write() of ready bytes for each,
// by one loop; and a hub of gorilla/websocket with prepared messages. All are processes
// of their own, with the same clients. Neither rival keeps what it says: what it takes the
// program to have a message durable is measured before, and not counted. Each message is said
// once all have heard the one before: on a busy machine several would go out in one write; and at
// the pace at which metrics come, whoever says it: what was done longer ago is colder in the
// processor's caches (measured: the floor itself takes a seventh more than where messages follow at once).
func BenchmarkDelivery(b *testing.B) {
	program := build(b)
	for _, plan := range []crowdPlan{
		{members: 1000, messages: 160, pause: framePause, awaited: true},
		{members: 10_000, messages: 16, pause: framePause, awaited: true},
	} {
		b.Run(fmt.Sprint(plan.members), func(b *testing.B) {
			all := []struct {
				name  string
				start func() *target
			}{
				{"floor", func() *target { return startRival(b, "floor") }},
				{"gorilla", func() *target { return startRival(b, "gorilla") }},
				{"room", func() *target { return start(b, program) }},
				{"metric", func() *target { return start(b, program).watched() }},
			}
			costs, sizes := map[string]*figure{}, map[string]*figure{}
			ratios := map[string]*figure{}
			made := &figure{}
			for b.Loop() {
				for range rounds {
					floor := 0.0
					for _, rival := range all {
						to := rival.start()
						objects, alone := to.keeping(b)
						g := gather(b, to, plan)
						before := to.made(b)
						g.speak()
						deliveries := 0.0
						for _, e := range g.ears {
							deliveries += float64(len(e.delays))
						}
						cost := (float64(g.cpu.Nanoseconds()) - alone*float64(plan.messages)) / deliveries
						add(costs, rival.name, cost)
						add(sizes, rival.name, float64(g.full-g.empty)/float64(plan.members))
						switch rival.name {
						case "floor":
							floor = cost
						case "room":
							made.add((to.made(b) - before - objects*float64(plan.messages)) / deliveries)
							fallthrough
						default:
							add(ratios, rival.name, cost/floor)
						}
						g.leave()
						to.end()
					}
				}
			}
			for _, rival := range all {
				line := costs[rival.name].say(b, rival.name+"-cpu-ns/delivery") + sizes[rival.name].say(b, rival.name+"-KiB/viewer")
				if ratio := ratios[rival.name]; ratio != nil {
					line += ratio.say(b, rival.name+"/floor")
				}
				b.Log(line)
			}
			made.report(b, "room-allocs/delivery")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// watched has its viewers watch a metric.
func (to *target) watched() *target {
	n := 0
	to.watch, to.say = true, func(string) error {
		n++
		return to.post("/api/v1/metrics", fmt.Sprintf(`{"metric":"crowd","set":%d}`, n))
	}
	to.jam = func(string) error { return to.post("/api/v1/metrics", `{"metric":"jam","set":1}`) }
	return to
}

// made is how many objects the program has allocated so far; 0 for a rival.
func (to *target) made(t testing.TB) float64 {
	t.Helper()
	if to.admin == "" {
		return 0
	}
	response, err := http.Get(to.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if text, is := strings.CutPrefix(lines.Text(), "go_memstats_mallocs_total "); is {
			made, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			return made
		}
	}
	t.Fatal("the program does not say what it has allocated")
	return 0
}

// keeping is what it takes to keep a message that nobody hears: how many objects it allocates, and
// how many ns of processor time, at the pace of those that are heard.
func (to *target) keeping(t testing.TB) (objects, cost float64) {
	t.Helper()
	if to.jam == nil {
		return 0, 0
	}
	const messages = 60
	tick := time.NewTicker(framePause)
	defer tick.Stop()
	keep := func() {
		for range messages {
			if err := to.jam("x"); err != nil {
				t.Fatal(err)
			}
			<-tick.C
		}
	}
	keep() // what is made once
	before, cpu := to.made(t), spent(t, to.pid)
	keep()
	cpu = spent(t, to.pid) - cpu
	return (to.made(t) - before) / messages, float64(cpu.Nanoseconds()) / messages
}

// figure is what came of each round.
type figure struct{ all []float64 }

func (f *figure) add(value float64) { f.all = append(f.all, value) }

func add(to map[string]*figure, name string, value float64) {
	if to[name] == nil {
		to[name] = &figure{}
	}
	to[name].add(value)
}

func (f *figure) median() float64 {
	slices.Sort(f.all)
	return f.all[len(f.all)/2]
}

// say tells the median, and answers it with the smallest and the largest.
func (f *figure) say(b *testing.B, unit string) string {
	median := f.median()
	b.ReportMetric(median, unit)
	return fmt.Sprintf("%s %.4g (%.4g to %.4g)  ", unit, median, f.all[0], f.all[len(f.all)-1])
}

// report says it on a line of its own, of which a benchmark may have ten.
func (f *figure) report(b *testing.B, unit string) {
	b.Helper()
	b.Log(f.say(b, unit))
}

// floorViewer is a connection, which keeps it open, and what it is written to by.
type floorViewer struct {
	net.Conn
	fd int
}

// floorServer writes each frame to one after the other, by one system call each.
func floorServer(listener net.Listener) error {
	var mu sync.Mutex
	var all []floorViewer
	for {
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
			go heed(reader, func(payload []byte) {
				frame := framed(payload)
				mu.Lock()
				defer mu.Unlock()
				for _, one := range all {
					if n, err := writeFD(one.fd, frame); n != len(frame) {
						fmt.Fprintln(os.Stderr, "a viewer of the floor is full:", err)
						os.Exit(1)
					}
				}
			})
			continue
		}
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			return err
		}
		greeting := "HTTP/1.1 101 Switching Protocols\r\n\r\n" + string(framed(wire.Encode(wire.Joined{RoomID: "crowd"})))
		if _, err := io.WriteString(conn, greeting); err != nil {
			return err
		}
		mu.Lock()
		err = raw.Control(func(fd uintptr) { all = append(all, floorViewer{conn, int(fd)}) })
		mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// gorillaServer is the hub of that library's chat example, with prepared messages: for each connection
// one goroutine that reads, and one that writes what its queue holds, with a deadline each.
func gorillaServer(listener net.Listener) error {
	var mu sync.Mutex
	queues := map[chan *gorilla.PreparedMessage]struct{}{}
	upgrader := gorilla.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024, CheckOrigin: func(*http.Request) bool { return true }}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/say" {
			conn, both, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			heed(both.Reader, func(payload []byte) {
				message, err := gorilla.NewPreparedMessage(gorilla.TextMessage, payload)
				if err != nil {
					panic(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for queue := range queues {
					select {
					case queue <- message:
					default:
						fmt.Fprintln(os.Stderr, "a queue of the gorilla hub is full")
						os.Exit(1)
					}
				}
			})
		}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		queue := make(chan *gorilla.PreparedMessage, 256)
		go func() {
			defer conn.Close()
			if conn.WriteMessage(gorilla.TextMessage, wire.Encode(wire.Joined{RoomID: "crowd"})) != nil {
				return
			}
			for message := range queue {
				if conn.SetWriteDeadline(time.Now().Add(10*time.Second)) != nil || conn.WritePreparedMessage(message) != nil {
					return
				}
			}
		}()
		mu.Lock()
		queues[queue] = struct{}{}
		mu.Unlock()
		for {
			if _, _, err := conn.NextReader(); err != nil {
				break
			}
		}
		mu.Lock()
		delete(queues, queue)
		close(queue)
		mu.Unlock()
	}))
}
