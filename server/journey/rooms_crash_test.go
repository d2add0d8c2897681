package journey

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// sender posts messages to a room one after the other, each with its own key, and
// notes the seq that each was acknowledged with.
type sender struct {
	name string
	seqs []uint64
}

func (c *sender) content(n int) string { return fmt.Sprintf("%s %d", c.name, n) }

func (c *sender) post(s *server, n int) (seq uint64, err error) {
	status, answer, err := s.try("POST", "/r/crash", c.content(n), "Idempotency-Key", c.content(n))
	if err != nil {
		return 0, err
	}
	var said struct{ Seq, Messages uint64 }
	if err := json.Unmarshal([]byte(answer), &said); err != nil || status != http.StatusOK || said.Messages != 1 {
		return 0, fmt.Errorf("%d %s", status, answer)
	}
	return said.Seq, nil
}

// stream uploads numbered long lines until the server is gone, some at each beat.
func stream(s *server, name string, beats, gone <-chan struct{}) {
	body, pen := io.Pipe()
	rest := strings.Repeat("x", 1000)
	go func() {
		for n := 0; ; n++ {
			if n%8 == 0 {
				select {
				case <-beats:
				case <-gone:
					_ = pen.CloseWithError(io.ErrUnexpectedEOF)
				}
			}
			if _, err := fmt.Fprintln(pen, name, n, rest); err != nil {
				return
			}
		}
	}()
	request, err := http.NewRequestWithContext(s.t.Context(), "PUT", s.url+"/r/crash", body)
	if err != nil {
		s.t.Error(err)
		return
	}
	response, err := client.Do(request)
	if err == nil {
		response.Body.Close()
		s.t.Errorf("an upload without end was answered %d", response.StatusCode)
	}
	_ = body.CloseWithError(io.ErrClosedPipe)
}

// TestAKillAmidPostsLosesNoneThatWasAcknowledged kills the server while clients post
// messages and stream lines to one room and orders come in besides. Started again
// it has every acknowledged message once, at the seq that was told; of what was not
// acknowledged some, once; and all of each client in its order.
func TestAKillAmidPostsLosesNoneThatWasAcknowledged(t *testing.T) {
	s := quiet(t, "--room-retention", "10000000")
	senders := make([]*sender, 16)
	for i := range senders {
		senders[i] = &sender{name: fmt.Sprintf("sender%d", i)}
	}
	var ordered atomic.Int64
	for round := range 4 {
		enough, acknowledged := make(chan struct{}), new(atomic.Int64)
		beats, gone := make(chan struct{}, 16), make(chan struct{})
		var crowd sync.WaitGroup
		for _, c := range senders {
			crowd.Go(func() {
				for {
					seq, err := c.post(s, len(c.seqs)) // again what was under way at the kill
					if err != nil {
						return
					}
					c.seqs = append(c.seqs, seq)
					select {
					case beats <- struct{}{}:
					default: // the streams are busy
					}
					if acknowledged.Add(1) == int64(150*(round+1)) {
						close(enough)
					}
				}
			})
		}
		for i := range 3 {
			crowd.Go(func() { stream(s, fmt.Sprintf("stream%d.%d", round, i), beats, gone) })
		}
		crowd.Go(func() {
			for {
				if status, _, err := s.try("POST", "/order", ""); err != nil || status != http.StatusOK {
					return
				}
				ordered.Add(1)
			}
		})
		<-enough
		s.kill()
		close(gone)
		crowd.Wait()
		s.again()
		found := checkSaid(t, s.history("crash"), senders)
		t.Logf("round %d: %d messages and %d orders acknowledged, %d messages and lines found", round, acknowledged.Load(), ordered.Load(), found)
		var orders float64
		if err := json.Unmarshal([]byte(s.must("GET", "/m/orders", "")), &orders); err != nil || orders < float64(ordered.Load()) {
			t.Errorf("%v orders, %v, but %d were acknowledged", orders, err, ordered.Load())
		}
		ordered.Store(int64(orders))
	}
	for _, c := range senders {
		for n, seq := range c.seqs[max(0, len(c.seqs)-20):] {
			n += max(0, len(c.seqs)-20)
			if again, err := c.post(s, n); err != nil || again != seq {
				t.Errorf("%s was said as %d, sent again it is %d, %v", c.content(n), seq, again, err)
			}
		}
	}
	checkSaid(t, s.history("crash"), senders)
}

// checkSaid holds a room's history against what its senders know.
func checkSaid(t *testing.T, history []row, senders []*sender) int {
	t.Helper()
	next := map[string]int{} // the number that a name's next line must have
	for i, r := range history {
		if r.Seq != uint64(i+1) {
			t.Fatalf("message %d of the history has seq %d", i+1, r.Seq)
		}
		if i > 0 && r.Time < history[i-1].Time {
			t.Fatalf("message %d is older than the one before", r.Seq)
		}
		name, _, _ := strings.Cut(r.Content, " ")
		if want := fmt.Sprintf("%s %d", name, next[name]); r.Content != want && !strings.HasPrefix(r.Content, want+" x") {
			t.Fatalf("message %d is %.40q, want %q", r.Seq, r.Content, want)
		}
		next[name]++
	}
	for _, c := range senders {
		if n := next[c.name]; n < len(c.seqs) || n > len(c.seqs)+1 {
			t.Errorf("%s: %d acknowledged, %d found", c.name, len(c.seqs), n)
		}
		for n, seq := range c.seqs {
			if seq == 0 || seq > uint64(len(history)) || history[seq-1].Content != c.content(n) {
				t.Fatalf("%s was acknowledged as %d", c.content(n), seq)
			}
		}
	}
	return len(history)
}
