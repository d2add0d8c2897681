package journey

import (
	"bufio"
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// log is a room as a client has heard it, without a hole and nothing twice: a sum of each message.
type log []uint64

// sumOf stands for a message as a stream tells it.
func sumOf(seq uint64, content string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", seq, content)
	return h.Sum64()
}

// onStream is a client that listens to a room's events.
type onStream struct {
	*stormClient
	room   string
	client *http.Client
	heard  log
	mu     sync.Mutex // guards heard
	times  int
}

func (c *onStream) live(ctx context.Context) {
	defer c.client.CloseIdleConnections()
	for ctx.Err() == nil {
		_ = c.listen(ctx)
		c.times++
		c.pause(ctx, 50*time.Millisecond)
	}
}

func (c *onStream) listen(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", c.place()+"/r/"+c.room+"?since=all", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	if n := c.length(); n > 0 {
		request.Header.Set("Last-Event-ID", strconv.Itoa(n))
	}
	giveUp := time.AfterFunc(5*time.Second, cancel)
	defer giveUp.Stop()
	response, err := c.client.Do(request)
	if err != nil {
		return err
	}
	giveUp.Stop()
	defer response.Body.Close()
	if response.StatusCode == http.StatusServiceUnavailable {
		return errRefused
	}
	if response.StatusCode != http.StatusOK {
		c.problem("a stream is answered %d", response.StatusCode)
		return errRefused
	}
	var id uint64
	var data []string
	for lines := bufio.NewReader(response.Body); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimSuffix(line, "\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && data != nil:
			c.hear(id, strings.Join(data, "\n"))
			data = nil
		case field == "id":
			id, _ = strconv.ParseUint(value, 10, 64)
		case field == "data":
			data = append(data, value)
		case field == "event":
			c.problem("unexpected %s", line)
		}
	}
}

func (c *onStream) length() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.heard)
}

func (c *onStream) hear(seq uint64, content string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if want := uint64(len(c.heard)) + 1; seq != want {
		c.problem("message %d of %s came, want %d", seq, c.room, want)
		return
	}
	c.heard = append(c.heard, sumOf(seq, content))
}
