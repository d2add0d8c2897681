package api

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// runtimeYield lets others run; what it waits for is bounded by the test's own time.
func runtimeYield(t *testing.T) {
	t.Helper()
	select {
	case <-t.Context().Done():
		t.Fatal("the test ended first")
	case <-time.After(time.Millisecond):
	}
}

// ours are the stacks of goroutines that serve sockets.
func ours() (stacks []string) {
	buffer := make([]byte, 16<<20)
	for stack := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
		if strings.Contains(stack, "api.(*socket)") || strings.Contains(stack, "api.(*API).get") || strings.Contains(stack, "hub.") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

func TestTabsThatCloseAtOnceLeaveNothingBehindAndDisturbNobody(t *testing.T) {
	h := open(t)
	stays := h.dial("/status")
	stays.until("1 client(s) connected.")
	for _, path := range []string{"/status", "/dashboard", "/ws"} {
		tabs := make([]*peer, 100)
		var all sync.WaitGroup
		for i := range tabs {
			tabs[i] = h.dial(path)
			if path == "/ws" {
				tabs[i].send(`{"type":"watch","board":"all"}`)
				tabs[i].until("snapshot")
			} else {
				tabs[i].read()
			}
		}
		for i, tab := range tabs {
			all.Go(func() {
				if i%2 == 0 {
					_ = tab.conn.CloseNow()
				} else {
					_ = tab.conn.Close(1001, "")
				}
			})
			if i%10 == 0 {
				h.must("POST", "/order", "")
			}
		}
		all.Wait()
		for h.api.Sockets() != 1 {
			runtimeYield(t)
		}
	}
	stays.until("101 client(s) connected.")
	stays.until("1 client(s) connected.")
	_ = stays.conn.Close(1001, "")
	for h.api.Sockets() != 0 || h.api.lobby.count() != 0 || h.api.Hub.Feeds() != 0 {
		runtimeYield(t)
	}
	http.DefaultClient.CloseIdleConnections()
	deadline := time.Now().Add(time.Minute)
	for left := ours(); len(left) > 0; left = ours() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left:\n%s", len(left), strings.Join(left, "\n\n"))
		}
		runtimeYield(t)
	}
}

// held is what a process holds.
type held struct {
	goroutines  int
	descriptors int    // the database's apart: it opens files for readers up to a bound
	heap        uint64 // bytes
}

func holds(t *testing.T) (h held) {
	t.Helper()
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range open {
		if to, err := os.Readlink("/dev/fd/" + each.Name()); err == nil && !strings.Contains(to, "telltale.") {
			h.descriptors++
		}
	}
	var memory runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools kept
	runtime.ReadMemStats(&memory)
	h.goroutines, h.heap = runtime.NumGoroutine(), memory.HeapAlloc
	return h
}

const leakRooms = 128

// visit is one connection: it joins rooms, hears, says something, watches, and goes
// in one way or another.
func visit(t *testing.T, address string, n int) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	r := rand.New(rand.NewPCG(uint64(n), 7))
	p := shake(t, conn, "/ws")
	write := func(f rawFrame) { _, _ = p.Write(f.bytes(r)) }
	await := func(text string) {
		for {
			_, payload, err := p.frame()
			if err != nil {
				t.Errorf("connection %d waits for %s: %v", n, text, err)
				return
			}
			if bytes.Contains(payload, []byte(text)) {
				return
			}
		}
	}
	for range 1 + n%4/3 {
		write(textOf(fmt.Sprintf(`{"type":"join","room_id":"r%d","user_id":"u%d","since":"all"}`, r.IntN(leakRooms), n%100)))
		await(`"joined"`)
	}
	switch n % 8 {
	case 0:
		room := n % 64
		write(textOf(fmt.Sprintf(`{"type":"join","room_id":"r%d"}`, room)))
		write(textOf(fmt.Sprintf(`{"type":"broadcast","id":"mine","room_id":"r%d","content":"hi","key":"%d"}`, room, room)))
		await(`"id":"mine"`) // said once, then answered or refused
	case 1:
		write(textOf(`{"type":"watch","metrics":["orders"]}`))
		await(`"snapshot"`)
	case 2:
		write(textOf(fmt.Sprintf(`{"type":"direct","id":"mine","user_id":"u%d","content":"hi"}`, n%100)))
		await(`"direct"`)
	}
	switch n % 3 {
	case 0:
		write(closeOf(1000, ""))
		for err == nil {
			_, _, err = p.frame()
		}
	case 1:
		_ = conn.(*net.TCPConn).SetLinger(0) // the connection is reset
	}
}

func TestTenThousandConnectsLeaveNothingBehind(t *testing.T) {
	h := open(t)
	address := strings.TrimPrefix(h.url, "http://")
	for room := range leakRooms {
		h.must("POST", fmt.Sprintf("/r/r%d", room), "said before")
	}
	http.DefaultClient.CloseIdleConnections()
	batch := func(from, to int) {
		var all sync.WaitGroup
		for n := from; n < to; n++ {
			all.Go(func() { visit(t, address, n) })
		}
		all.Wait()
		for h.api.Sockets() != 0 {
			runtimeYield(t)
		}
	}
	batch(0, 500) // pools, and what is made once
	before := holds(t)
	for n := 500; n < 10_500 && !t.Failed(); n += 250 {
		batch(n, n+250)
	}
	if rooms := h.api.Hub.Rooms(); len(rooms) != 0 || h.api.Hub.Feeds() != 0 {
		t.Errorf("%d rooms and %d feeds are left", len(rooms), h.api.Hub.Feeds())
	}
	// Both ends' last goroutines end a moment after their connection.
	var after held
	for deadline := time.Now().Add(time.Minute); ; runtimeYield(t) {
		after = holds(t)
		if after.goroutines <= before.goroutines && after.descriptors <= before.descriptors && after.heap <= before.heap+1<<20 {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("before %+v, after %+v\n%s", before, after, strings.Join(ours(), "\n\n"))
			break
		}
	}
	t.Logf("before %+v, after %+v", before, after)
}
