package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// rival is a server that keeps nothing: it answers changes at once and sends every viewer one
// frame of all metrics ten times a second, and does nothing else that a server has to.
type rival struct {
	deliver func(text []byte) // to all viewers
	viewers func(conn *websocket.Conn)

	opened prometheus.Counter
	mu     sync.Mutex
	seq    uint64
	heads  map[metric.ID]metric.Head
	next   series.Frame
	said   map[string]uint64

	// What it does wrong, for tests of who measures it.
	swallow atomic.Bool // a change of each frame
	repeat  atomic.Bool // each frame's first change once more
	skip    atomic.Bool // a frame
	hangUp  atomic.Bool // on its viewers
}

// newRival begins one; kind is "bare", which writes ready-made bytes to each connection, a loop a core, or
// "gorilla", a hub with a prepared message and a goroutine and a queue a connection.
func newRival(kind string) (*rival, http.Handler) {
	r := &rival{heads: map[metric.ID]metric.Head{}, said: map[string]uint64{}}
	registry := prometheus.NewRegistry()
	r.opened = prometheus.NewCounter(prometheus.CounterOpts{Name: nameOpened})
	registry.MustRegister(r.opened)
	if r.deliver, r.viewers = byQueues(&r.hangUp); kind == "bare" {
		r.deliver, r.viewers = byLoops(&r.hangUp)
	}
	go func() {
		for range time.Tick(100 * time.Millisecond) {
			r.mu.Lock()
			r.cut()
			r.mu.Unlock()
		}
	}()
	routes := http.NewServeMux()
	routes.HandleFunc("POST /api/v1/metrics", r.change)
	routes.HandleFunc("DELETE /api/v1/metrics/{metric}", func(http.ResponseWriter, *http.Request) {})
	routes.HandleFunc("POST /r/{room}", r.say)
	routes.HandleFunc("GET /ws", r.watch)
	routes.Handle("GET /metrics", promhttp.HandlerFor(prometheus.Gatherers{registry, prometheus.DefaultGatherer}, promhttp.HandlerOpts{}))
	return r, routes
}

// change takes a batch, in memory alone.
func (r *rival) change(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	lines, out := bufio.NewScanner(bytes.NewReader(body)), bufio.NewWriter(w)
	r.mu.Lock()
	defer r.mu.Unlock()
	for lines.Scan() {
		var row struct {
			Metric metric.ID
			Set    float64
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.seq++
		s := metric.Sample{Metric: row.Metric, Seq: r.seq, Time: time.Now().UnixMilli(), Value: row.Set}
		head := metric.Head{Seq: s.Seq, Time: s.Time, Value: s.Value}
		r.heads[s.Metric] = head
		r.next.Add(s, head)
		fmt.Fprintf(out, `{"metric":%q,"value":%v,"seq":%d,"time":%d}`+"\n", s.Metric, s.Value, s.Seq, s.Time)
	}
	_ = out.Flush()
}

func (r *rival) say(w http.ResponseWriter, request *http.Request) {
	var content strings.Builder
	lines := bufio.NewScanner(request.Body)
	for lines.Scan() {
		content.WriteString(lines.Text())
	}
	name := request.PathValue("room")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said[name]++
	fmt.Fprintf(w, `{"room_id":%q,"messages":1,"seq":%d}`, name, r.said[name])
	r.deliver(wire.AppendSaid(nil, room.Message{Room: name, Seq: r.said[name], Content: content.String()}, ""))
}

// cut sends a frame of what came since the one before; its caller holds mu.
func (r *rival) cut() {
	if len(r.next.Values) == 0 {
		return
	}
	frame := r.next
	frame.Time = time.Now().UnixMilli()
	for id, b := range frame.Values {
		if r.swallow.Load() {
			b.Count--
		}
		if r.repeat.Load() {
			b.Count++
		}
		frame.Values[id] = b
		break
	}
	r.next = series.Frame{From: frame.Seq, Seq: frame.Seq}
	if r.skip.CompareAndSwap(true, false) {
		return
	}
	r.deliver(wire.AppendFrame(nil, frame))
}

func (r *rival) watch(w http.ResponseWriter, request *http.Request) {
	conn, err := (&websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 512}).Upgrade(w, request, nil)
	if err != nil {
		return
	}
	r.opened.Inc()
	_ = conn.WriteMessage(websocket.TextMessage, wire.Encode(wire.Welcome{Session: "s", Epoch: "e"}))
	for watched := false; !watched; {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		e, _ := wire.Open(message)
		switch e.Type {
		case wire.TypeJoin:
			var join wire.Join
			_ = wire.Decode(message, &join)
			_ = conn.WriteMessage(websocket.TextMessage, wire.Encode(wire.Joined{RoomID: join.RoomID}))
		case wire.TypeWatch: // the last that is asked for
			var watch wire.Watch
			_ = wire.Decode(message, &watch)
			r.mu.Lock()
			r.cut()
			watched = conn.WriteMessage(websocket.TextMessage, wire.AppendSnapshot(nil, series.Snapshot{Epoch: "e", Seq: r.seq}, e.ID)) == nil
			r.viewers(conn)
			r.mu.Unlock()
		}
	}
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
	}
}

// byLoops writes the bytes of one frame to each connection, a loop a core.
func byLoops(hangUp *atomic.Bool) (deliver func([]byte), add func(*websocket.Conn)) {
	type share struct {
		sync.Mutex
		conns  []net.Conn
		frames chan []byte
	}
	shares := make([]*share, runtime.GOMAXPROCS(0))
	for i := range shares {
		s := &share{frames: make(chan []byte, 256)}
		shares[i] = s
		go func() {
			for frame := range s.frames {
				s.Lock()
				conns := s.conns
				s.Unlock()
				for _, conn := range conns {
					if hangUp.Load() {
						_ = conn.Close()
					}
					_, _ = conn.Write(frame)
				}
			}
		}()
	}
	n := 0
	return func(text []byte) {
			frame := append(wire.AppendTextHeader(nil, len(text)), text...)
			for _, s := range shares {
				s.frames <- frame
			}
		}, func(conn *websocket.Conn) {
			s := shares[n%len(shares)]
			n++
			s.Lock()
			defer s.Unlock()
			s.conns = append(s.conns, conn.NetConn())
		}
}

// byQueues is gorilla's way: a prepared message, a queue and a goroutine a connection.
func byQueues(hangUp *atomic.Bool) (deliver func([]byte), add func(*websocket.Conn)) {
	var mu sync.Mutex
	queues := map[chan *websocket.PreparedMessage]bool{}
	return func(text []byte) {
			message, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
			if err != nil {
				panic(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for queue := range queues {
				select {
				case queue <- message:
				default: // as its example has it: who does not keep up is hung up on
					close(queue)
					delete(queues, queue)
				}
			}
		}, func(conn *websocket.Conn) {
			queue := make(chan *websocket.PreparedMessage, 256)
			mu.Lock()
			defer mu.Unlock()
			queues[queue] = true
			go func() {
				defer conn.Close()
				for message := range queue {
					if hangUp.Load() || conn.WritePreparedMessage(message) != nil {
						return
					}
				}
			}()
		}
}

func init() {
	if kind := os.Getenv("TELLTALE_RIVAL"); kind != "" {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			fmt.Println(listener.Addr())
			_, routes := newRival(kind)
			parent := strconv.Itoa(os.Getppid())
			go func() {
				for range time.Tick(time.Second) {
					if strconv.Itoa(os.Getppid()) != parent {
						os.Exit(0)
					}
				}
			}()
			err = http.Serve(listener, routes)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
