package journey

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sample is the answer to a mutation.
type sample struct {
	Metric string
	Value  float64
	Seq    uint64
}

func TestConcurrentRemovesNeverPassZero(t *testing.T) {
	s := quiet(t)
	for range 50 {
		s.must("POST", "/order", "")
	}
	var removed, refused atomic.Int64
	var crowd sync.WaitGroup
	for range 100 {
		crowd.Go(func() {
			status, answer, err := s.try("DELETE", "/order", "")
			switch {
			case err == nil && status == http.StatusOK:
				removed.Add(1)
			case err == nil && status == http.StatusBadRequest && strings.Contains(answer, "no order remains to remove"):
				refused.Add(1)
			default:
				t.Errorf("%d %s %v", status, answer, err)
			}
		})
	}
	crowd.Wait()
	if removed.Load() != 50 || refused.Load() != 50 {
		t.Errorf("%d removed and %d refused of 50 orders, want 50 and 50", removed.Load(), refused.Load())
	}
	if got := s.must("GET", "/dashboard", ""); strings.TrimSpace(got) != `{"orders":0,"customers":0,"products":0}` {
		t.Errorf("the dashboard says %s", got)
	}
}

// TestAKillLosesNothingAcknowledged kills the server in the middle of 10,000 concurrent orders, each with its own key,
// starts it again and sends all of them once more.
func TestAKillLosesNothingAcknowledged(t *testing.T) {
	const orders, crowd = 10_000, 100
	s := quiet(t)
	b := look(t, s)
	b.expect(gone...)
	p := b.open(s.url+"/", 1000, 800, "light")

	first := make([]sample, orders) // what was acknowledged before the kill
	var sent, acknowledged atomic.Int64
	half := make(chan struct{})
	var clients sync.WaitGroup
	for range crowd {
		clients.Go(func() {
			for i := sent.Add(1) - 1; i < orders; i = sent.Add(1) - 1 {
				answer, err := order(s, i)
				if err != nil {
					return // the server is gone
				}
				first[i] = answer
				if acknowledged.Add(1) == orders/2 {
					close(half)
				}
			}
		})
	}
	<-half
	s.kill()
	clients.Wait()
	before := acknowledged.Load()
	t.Logf("%d of %d orders acknowledged before the kill", before, orders)
	if before == orders {
		t.Fatal("all orders were acknowledged before the kill, it came too late to show anything")
	}

	began := time.Now()
	s.again()
	t.Logf("served again %v after the kill", time.Since(began).Round(time.Millisecond))
	second := again(t, s, orders, crowd)
	seqs := map[uint64]int{}
	for i, answer := range second {
		if first[i].Seq != 0 && first[i] != answer {
			t.Fatalf("order %d was acknowledged as %+v and is %+v after the kill", i, first[i], answer)
		}
		if other, twice := seqs[answer.Seq]; twice {
			t.Fatalf("orders %d and %d share seq %d", i, other, answer.Seq)
		}
		seqs[answer.Seq] = i
	}
	if got := s.must("GET", "/m/orders", ""); got != fmt.Sprintln(orders) {
		t.Errorf("%s orders, want %d: some were lost or counted twice", got, orders)
	}
	p.until("the page caught up by itself", shows("orders", fmt.Sprint(orders)))
}

func order(s *server, i int64) (answer sample, err error) {
	status, text, err := s.try("POST", "/order", "", "Idempotency-Key", fmt.Sprintf("order-%d", i))
	if err != nil {
		return answer, err
	}
	if status != http.StatusOK {
		return answer, fmt.Errorf("status %d: %s", status, text)
	}
	return answer, json.Unmarshal([]byte(text), &answer)
}

// again sends every order once more and answers what each became.
func again(t *testing.T, s *server, orders int64, crowd int) []sample {
	t.Helper()
	answers := make([]sample, orders)
	var sent atomic.Int64
	var clients sync.WaitGroup
	for range crowd {
		clients.Go(func() {
			for i := sent.Add(1) - 1; i < orders; i = sent.Add(1) - 1 {
				answer, err := order(s, i)
				if err != nil {
					t.Errorf("order %d: %v", i, err)
				}
				answers[i] = answer
			}
		})
	}
	clients.Wait()
	return answers
}
