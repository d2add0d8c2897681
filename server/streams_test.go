package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/api"
	"telltale/server/hub"
	"telltale/server/ledger"
)

// memory is a listener whose connections are in memory, so that time is virtual.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.close.Do(func() { close(m.done) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

// whole is the server as serve puts it together, with all its limits on time; it answers how to reach it.
func whole(t *testing.T, args ...string) (*api.API, func() net.Conn) {
	t.Helper()
	c, err := parseConfig(append(args, "--data", t.TempDir()), environment(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	store, err := openStore(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	viewers := hub.New(store.Epoch(), 0, nil)
	log := slog.New(slog.DiscardHandler)
	surface := api.New(api.Options{Ledger: ledger.New(store, viewers), Hub: viewers, Writable: store.Writable, Log: log,
		Pages: http.NotFoundHandler(), Assets: http.NotFoundHandler(), SlowClient: api.SlowClient(c.slowClient)})
	listener := &memory{conns: make(chan net.Conn), done: make(chan struct{})}
	server := newServer(surface.Routes(), log)
	ended := make(chan error, 1)
	go func() { ended <- serveOn(server, listener) }()
	t.Cleanup(func() {
		surface.Drain(t.Context())
		_ = server.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return surface, func() net.Conn {
		ours, theirs := net.Pipe()
		listener.conns <- theirs
		t.Cleanup(func() { _ = ours.Close() })
		return ours
	}
}

// get sends a request without a body and answers what comes, its headers read.
func get(t *testing.T, conn net.Conn, path string, header ...string) (*http.Response, *bufio.Reader) {
	t.Helper()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path, strings.Join(header, ""))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	return response, bufio.NewReader(response.Body)
}

// The limits on the time of a body and of an answer are for others.
func TestAnUploadAndAStreamLastForHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		_, reader := get(t, dial(), "/r/build")
		upload := dial()
		fmt.Fprint(upload, "POST /r/build HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
		for hour := range 5 {
			time.Sleep(time.Hour)
			said := time.Now()
			fmt.Fprintf(upload, "7\r\nhour %d\n\r\n", hour)
			line, err := reader.ReadString('\n')
			if err != nil || line != fmt.Sprintf("hour %d\n", hour) || time.Since(said) > 0 {
				t.Fatalf("%q, %v, %v later", line, err, time.Since(said))
			}
		}
		fmt.Fprint(upload, "0\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(upload), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(answer.Body); err != nil || string(body) != `{"room_id":"build","messages":5,"seq":5}`+"\n" {
			t.Errorf("%s, %v", body, err)
		}
		// The connection serves on, and its limits hold again: who says nothing more is let go.
		begun := time.Now()
		if _, err := upload.Read(make([]byte, 1)); err != io.EOF || time.Since(begun) > 2*time.Minute {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

func TestEventsSayEvery25SecondsThatTheyAreThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, dial := whole(t)
		_, reader := get(t, dial(), "/r/build", "Accept: text/event-stream\r\n")
		begun := time.Now()
		for _, want := range []string{"retry: 1000", "", ":", "", ":", "", ":", ""} {
			if line, err := reader.ReadString('\n'); err != nil || line != want+"\n" {
				t.Fatalf("%q, %v", line, err)
			}
		}
		if age := time.Since(begun); age != 75*time.Second {
			t.Errorf("three came in %v", age)
		}
	})
}

func TestWhoNeverReadsAStreamIsLetGoAndDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		surface, dial := whole(t)
		deaf := dial()
		fmt.Fprint(deaf, "GET /r/build HTTP/1.1\r\nHost: localhost\r\n\r\n")
		_, reader := get(t, dial(), "/r/build")
		begun := time.Now()
		upload := dial()
		fmt.Fprint(upload, "POST /r/build HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")
		if line, err := reader.ReadString('\n'); err != nil || line != "hello\n" || time.Since(begun) > 0 {
			t.Fatalf("%q, %v after %v", line, err, time.Since(begun))
		}
		time.Sleep(hub.Patience - time.Second)
		synctest.Wait()
		if n := len(surface.Hub.Rooms()); n != 1 || surface.Hub.Rooms()[0].Connections != 2 {
			t.Errorf("too early: %+v", surface.Hub.Rooms())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if rooms := surface.Hub.Rooms(); rooms[0].Connections != 1 {
			t.Errorf("after its patience: %+v", rooms)
		}
		// What it gets now has no end: the last chunk is missing.
		if rest, _ := io.ReadAll(deaf); strings.HasSuffix(string(rest), "0\r\n\r\n") {
			t.Errorf("%q looks whole", rest)
		}
	})
}

func TestAStreamThatFallsBehindIsDealtWithAsTheOperatorSays(t *testing.T) {
	for policy, want := range map[string]string{
		"catchup": "1 2 3 … 1000 ",
		"drop":    "1 [telltale: messages 2 to 1000 were left out] ",
		"close":   "1 ",
	} {
		synctest.Test(t, func(t *testing.T) {
			_, dial := whole(t, "--slow-client", policy)
			_, reader := get(t, dial(), "/r/build")
			say := func(from, to int) {
				upload, body := dial(), strings.Builder{}
				for n := from; n <= to; n++ {
					fmt.Fprintln(&body, n)
				}
				fmt.Fprintf(upload, "POST /r/build HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", body.Len(), body.String())
				if answer, err := http.ReadResponse(bufio.NewReader(upload), nil); err != nil || answer.StatusCode != http.StatusOK {
					t.Fatal(answer, err)
				}
			}
			say(1, 1)
			synctest.Wait() // the first is being written, and is not read
			for n := 2; n < 1000; n += 100 {
				say(n, min(n+99, 1000))
			}
			var got strings.Builder
			var err error
			for line := ""; err == nil && !strings.Contains(line, "1000"); {
				line, err = reader.ReadString('\n')
				got.WriteString(strings.ReplaceAll(line, "\n", " "))
			}
			begin, end, _ := strings.Cut(want, "…")
			if !strings.HasPrefix(got.String(), begin) || !strings.HasSuffix(got.String(), end) || (policy == "close") != (err != nil) {
				t.Errorf("%s: %.60s, %v", policy, got.String(), err)
			}
			if policy == "close" {
				if err != io.ErrUnexpectedEOF {
					t.Errorf("it ended with %v", err)
				}
				return
			}
			say(1001, 1001)
			if line, err := reader.ReadString('\n'); err != nil || line != "1001\n" {
				t.Errorf("%s: then %q, %v", policy, line, err)
			}
		})
	}
}
