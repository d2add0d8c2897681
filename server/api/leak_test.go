package api

import (
	"net/http"
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
	deadline := time.Now().Add(5 * time.Second)
	for left := ours(); len(left) > 0; left = ours() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left:\n%s", len(left), strings.Join(left, "\n\n"))
		}
		runtimeYield(t)
	}
}
