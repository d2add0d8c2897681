package api

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/hub"
	"telltale/shared/metric"
	"telltale/shared/wire"
)

// wires is a listener whose connections are in memory, so that time is virtual.
type wires struct {
	conns chan net.Conn
	done  chan struct{}
}

func (w *wires) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wires) Close() error {
	close(w.done)
	return nil
}

func (w *wires) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

// bare is a peer that speaks WebSocket by hand, so that it can misbehave.
type bare struct {
	net.Conn
	*bufio.Reader
}

// frame reads one frame the server sent (RFC 6455, section 5.2; never masked).
func (b bare) frame() (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(b.Reader, head[:]); err != nil {
		return 0, nil, err
	}
	length := uint64(head[1])
	switch length {
	case 126:
		var more [2]byte
		_, err = io.ReadFull(b.Reader, more[:])
		length = uint64(binary.BigEndian.Uint16(more[:]))
	case 127:
		var more [8]byte
		_, err = io.ReadFull(b.Reader, more[:])
		length = binary.BigEndian.Uint64(more[:])
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(b.Reader, payload)
	return head[0] & 0xf, payload, err
}

// pong answers a ping, masked with zeros.
func (b bare) pong(payload []byte) error {
	_, err := b.Write(append([]byte{0x8a, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...))
	return err
}

// quiet is an API without a store: what it serves here needs none.
func quiet(t *testing.T) (*API, func(path string) bare) {
	a := New(Options{Hub: hub.New("e", 0, nil), Log: slog.New(slog.DiscardHandler),
		Pages: http.NotFoundHandler(), Assets: http.NotFoundHandler()})
	listener := &wires{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: a.Routes()}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return a, func(path string) bare {
		ours, theirs := net.Pipe()
		listener.conns <- theirs
		return shake(t, ours, path)
	}
}

func shake(t testing.TB, conn net.Conn, path string, headers ...string) bare {
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n", path, strings.Join(append(headers, ""), "\r\n"))
	b := bare{conn, bufio.NewReader(conn)}
	response, err := http.ReadResponse(b.Reader, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(response, err)
	}
	return b
}

func TestEverySocketIsPingedAndClosedWhenNoPongComes(t *testing.T) {
	for _, path := range []string{"/status", "/dashboard"} {
		synctest.Test(t, func(t *testing.T) {
			a, dial := quiet(t)
			p, begun, pings := dial(path), time.Now(), 0
			for {
				opcode, payload, err := p.frame()
				if err != nil {
					t.Fatalf("%s: %v after %v", path, err, time.Since(begun))
				}
				if opcode == opPing {
					pings++
					if age := time.Since(begun); age != time.Duration(pings)*25*time.Second {
						t.Errorf("%s: ping %d after %v", path, pings, age)
					}
					if pings < 3 {
						if err := p.pong(payload); err != nil {
							t.Fatal(err)
						}
					}
				}
				if opcode == opClose {
					if code := binary.BigEndian.Uint16(payload); code != wire.CloseNoHeartbeat {
						t.Errorf("%s: closed with %d", path, code)
					}
					break
				}
			}
			if age := time.Since(begun); pings != 3 || age != 85*time.Second {
				t.Errorf("%s: closed after %d pings and %v", path, pings, age)
			}
			_, _ = io.Copy(io.Discard, p.Reader)
			synctest.Wait()
			if a.Sockets() != 0 || a.lobby.count() != 0 || a.Hub.Feeds() != 0 {
				t.Errorf("%s: something is left", path)
			}
		})
	}
}

// A pong stands behind what its peer sent before it, however long that takes.
func TestAPeerWhoseMessagesAreStillAnsweredIsNotTakenForDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := quiet(t)
		listener := &wires{conns: make(chan net.Conn), done: make(chan struct{})}
		slow := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, err := a.open(w, r)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.close()
			s.run(func() outgoing { return outgoing{} }, func([]byte) { time.Sleep(4 * time.Second) })
		})}
		go func() { _ = slow.Serve(listener) }()
		defer slow.Close()
		ours, theirs := net.Pipe()
		listener.conns <- theirs
		p, begun := shake(t, ours, "/"), time.Now()
		go func() {
			for range 25 { // 100 s of work; net.Pipe holds none of it
				if _, err := p.Write([]byte{0x81, 0x81, 0, 0, 0, 0, 'x'}); err != nil {
					t.Errorf("after %v: %v", time.Since(begun), err)
					return
				}
			}
		}()
		for {
			opcode, payload, err := p.frame()
			if err != nil {
				t.Fatal(err)
			}
			if opcode != opClose {
				continue // it never answers a ping
			}
			if code, age := binary.BigEndian.Uint16(payload), time.Since(begun); code != wire.CloseNoHeartbeat || age < 100*time.Second || age > 145*time.Second {
				t.Errorf("closed with %d after %v", code, age)
			}
			break
		}
		_, _ = io.Copy(io.Discard, p.Reader)
	})
}

func TestABodyThatDoesNotComeInTimeIs408(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Hub: hub.New("e", 0, nil), Log: slog.New(slog.DiscardHandler)})
		listener := &wires{conns: make(chan net.Conn), done: make(chan struct{})}
		server := &http.Server{Handler: a.answering(toAll, a.postOne(orders)), ReadTimeout: time.Minute}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		ours, theirs := net.Pipe()
		listener.conns <- theirs
		fmt.Fprint(ours, "POST /order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nslow")
		response, err := http.ReadResponse(bufio.NewReader(ours), nil)
		if err != nil || response.StatusCode != http.StatusRequestTimeout {
			t.Fatal(response, err)
		}
		_ = ours.Close()
	})
}

func TestAnUploadWhoseAnswerNobodyReadsLetsOthersIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Hub: hub.New("e", 0, nil), Log: slog.New(slog.DiscardHandler)})
		listener := &wires{conns: make(chan net.Conn), done: make(chan struct{})}
		server := &http.Server{Handler: a.answering(toAll, a.postBatch), WriteTimeout: 2 * time.Minute}
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		ours, theirs := net.Pipe()
		listener.conns <- theirs
		rows := strings.Repeat("no JSON\n", maxBody/8+1)
		fmt.Fprintf(ours, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(rows), rows)
		time.Sleep(29 * time.Second)
		if a.held.sum() == 0 {
			t.Error("it was given up early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if a.held.sum() != 0 {
			t.Error("it holds its place still")
		}
		_ = ours.Close()
	})
}

func TestAReaderThatTakesNothingFor30sIsClosedWith1013(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, dial := quiet(t)
		p := dial("/dashboard")
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if a.Sockets() != 1 {
			t.Error("it was closed early")
		}
		time.Sleep(3 * time.Second)
		for {
			opcode, payload, err := p.frame()
			if err != nil {
				t.Fatal(err)
			}
			if opcode == opClose {
				if code := binary.BigEndian.Uint16(payload); code != wire.CloseTryLater {
					t.Errorf("closed with %d", code)
				}
				break
			}
		}
		_ = p.Close()
		gone := dial("/dashboard") // takes nothing, ever
		time.Sleep(time.Minute)
		synctest.Wait()
		if a.Sockets() != 0 {
			t.Error("a peer that takes nothing is still there")
		}
		_ = gone.Close()
	})
}

func TestChangesWithin50msShareAFrameAndTheLastIsAlwaysSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, dial := quiet(t)
		p := dial("/dashboard")
		defer p.Close()
		_, _, _ = p.frame()
		go func() {
			for i := range uint64(1000) {
				a.Hub.Publish([]metric.Sample{{Metric: orders, Value: float64(i + 1), Add: 1, Seq: i + 1, Time: time.Now().UnixMilli()}})
				time.Sleep(time.Millisecond)
			}
		}()
		frames, last := 0, ""
		for last != `{"orders":1000,"customers":0,"products":0}` {
			opcode, payload, err := p.frame()
			if err != nil {
				t.Fatal(err)
			}
			if opcode == opText {
				frames, last = frames+1, string(payload)
			}
		}
		if frames < 15 || frames > 25 {
			t.Errorf("%d frames for a second of changes", frames)
		}
	})
}

func TestAnHourOfStatusSaysEverySecondOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := quiet(t)
		p := dial("/status")
		defer p.Close()
		for second := 0; second <= 3600; {
			opcode, payload, err := p.frame()
			switch {
			case err != nil:
				t.Fatal(err)
			case opcode == opPing:
				if err := p.pong(payload); err != nil {
					t.Fatal(err)
				}
			case second == 0:
				if string(payload) != "1 client(s) connected." {
					t.Fatalf("at first %s", payload)
				}
				second++
			default:
				if want := fmt.Sprintf("%d seconds uptime", second); string(payload) != want {
					t.Fatalf("got %s, want %s", payload, want)
				}
				second++
			}
		}
	})
}

func TestACrowdIsToldItsNumberInTimeNotSquared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lobby{begun: time.Now(), open: map[*guest]struct{}{}}
		var guests []*guest
		for n := range 2000 {
			g := &guest{socket: &socket{out: hub.NewOutbox()}}
			l.enter(g)
			guests = append(guests, g)
			first, _ := g.out.Take()
			if want := fmt.Sprintf("%d client(s) connected.", n+1); string(first) != want {
				t.Fatalf("the newest is told %q, want %q", first, want)
			}
		}
		time.Sleep(crowdTick)
		synctest.Wait()
		told, last := 0, ""
		for message, ok := guests[500].out.Take(); ok; message, ok = guests[500].out.Take() {
			told, last = told+1, string(message)
		}
		if told != 1 || last != "2000 client(s) connected." {
			t.Errorf("one in the crowd was told %d times, at last %q", told, last)
		}
		for _, g := range guests[1:] {
			l.leave(g)
		}
		time.Sleep(crowdTick)
		synctest.Wait()
		for message, ok := guests[0].out.Take(); ok; message, ok = guests[0].out.Take() {
			last = string(message)
		}
		if !guests[0].behind.Load() && last != "1 client(s) connected." {
			t.Errorf("who stays is told %q at last, and nothing is owed", last)
		}
		l.leave(guests[0])
	})
}
