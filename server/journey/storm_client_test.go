package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"telltale/shared/metric"
	"telltale/shared/series"
)

// stormClient is what all clients have.
type stormClient struct {
	w    *storm
	name string
	home int // the process that it comes to; those that roam come to any
	roam bool
	rand *rand.Rand // of the goroutine that asks
	n    int        // of the next key
	all  []*asked
	open *asked      // asked, and not answered yet
	idle atomic.Bool // nothing more will be asked

	mu    sync.Mutex
	wrong []string
}

func (c *stormClient) problem(format string, about ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.wrong) < 5 {
		c.wrong = append(c.wrong, fmt.Sprintf(format, about...))
	}
}

// place is a process to come to.
func (c *stormClient) place() string {
	if c.roam {
		return c.w.urls[rand.IntN(len(c.w.urls))]
	}
	return c.w.urls[c.home]
}

// pause is a while in which a client does nothing.
func (c *stormClient) pause(ctx context.Context, mean time.Duration) bool {
	return rest(ctx, time.Duration(float64(mean)*c.rand.ExpFloat64()))
}

// next makes up what to ask for; nil once nothing more is.
func (c *stormClient) next(batches bool) *asked {
	select {
	case <-c.w.over:
		return nil
	default:
	}
	a := &asked{key: fmt.Sprintf("%s-%d", c.name, c.n), first: c.w.now()}
	c.n++
	switch n := c.rand.IntN(10); {
	case n < 2:
		a.room, a.content = c.w.rooms[c.rand.IntN(len(c.w.rooms))], c.content(a.key)
	case n < 5 && batches:
		a.atomic = n == 2
		for range 2 + c.rand.IntN(5) {
			a.changes = append(a.changes, c.change())
		}
	default:
		a.changes = []change{c.change()}
	}
	return a
}

// content is a key and something of any length.
func (c *stormClient) content(key string) string {
	filling := []string{"x", "é", "😀", `"`, "<b>", "\u2028", "\t", "\x1b[31m", "line\nbreak "}
	var b strings.Builder
	b.WriteString(key + " ")
	for range c.rand.IntN(20) {
		b.WriteString(filling[c.rand.IntN(len(filling))])
	}
	return b.String() + "."
}

func (c *stormClient) change() change {
	m := change{metric: []metric.ID{"orders", "t.c0", "t.c1", "t.c2", "t.tank", "t.g0", `t.g1{of="a b"}`}[c.rand.IntN(7)]}
	_, counts := bounds[m.metric]
	switch {
	case c.rand.IntN(12) == 0 && m.metric != "orders", !counts && c.rand.IntN(2) == 0:
		m.set, m.value = true, float64(c.rand.IntN(30)-4)
	default:
		m.value = float64([]int{1, 1, -1, -1, 2, -2, 7, -9}[c.rand.IntN(8)])
	}
	return m
}

// answered notes that what was open is.
func (c *stormClient) answered() {
	c.open.last = c.w.now()
	c.all = append(c.all, c.open)
	c.open = nil
	c.w.answered.Add(1)
}

// byRequest is a client that has nothing but HTTP.
type byRequest struct {
	*stormClient
	client *http.Client
	loose  int // adds without a key that were acknowledged
	lost   int // adds without a key of which it is not known
	reads  []state
	stale  int
}

func (c *byRequest) live(ctx context.Context) {
	defer c.client.CloseIdleConnections()
	for ctx.Err() == nil && c.pause(ctx, c.w.pace) {
		switch c.rand.IntN(10) {
		case 0:
			c.add(ctx)
			continue
		case 1:
			c.read(ctx)
			continue
		}
		if c.open = c.next(true); c.open == nil {
			c.idle.Store(true)
			return
		}
		for !c.ask(ctx) {
			if !c.pause(ctx, 100*time.Millisecond) {
				c.problem("%s is not answered", c.open.key)
				return
			}
		}
	}
}

// add adds one without a key.
func (c *byRequest) add(ctx context.Context) {
	status, header, text, err := c.request(ctx, "POST", "/m/l.free", "", "")
	switch {
	case err != nil, status == http.StatusServiceUnavailable && header.Get("Retry-After") == "" && strings.Contains(text, "may have happened"):
		c.lost++
	case status == http.StatusOK:
		c.loose++
	case status == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
	default:
		c.problem("an add is answered %d %s", status, text)
	}
}

// read reads all metrics, which is possible whatever is away, but where the process has never met Redis.
func (c *byRequest) read(ctx context.Context) {
	status, header, text, err := c.request(ctx, "GET", "/api/v1/metrics", "", "")
	if err != nil || status == http.StatusServiceUnavailable && strings.Contains(text, "who may do what is not known yet") {
		return
	}
	var all []struct {
		Metric metric.ID
		Value  float64
		Seq    uint64
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil || status != http.StatusOK {
		c.problem("the metrics are answered %d %s", status, text)
	}
	for _, m := range all {
		if m.Seq != 0 && seen(m.Metric) {
			c.reads = append(c.reads, state{m.Seq, map[metric.ID]series.Point{m.Metric: {Value: m.Value}}})
		}
	}
	if header.Get("Telltale-Stale") != "" {
		c.stale++
	}
}

// ask asks once for what is open; true where it is answered.
func (c *byRequest) ask(ctx context.Context) bool {
	a := c.open
	method, path, body := "POST", "/api/v1/metrics", ""
	header := a.key
	switch {
	case a.room != "":
		path, body = "/r/"+a.room, a.content
	case len(a.changes) > 1:
		var b strings.Builder
		for i, m := range a.changes {
			key := ""
			if !a.atomic {
				key = fmt.Sprintf(`,"key":"%s.%d"`, a.key, i)
			}
			fmt.Fprintf(&b, `{"metric":%q,%s%s}`+"\n", m.metric, m.json(), key)
		}
		if body = b.String(); a.atomic {
			path += "?atomic=true"
		} else {
			header = ""
		}
	case a.changes[0].metric == "orders" && !a.changes[0].set && (a.changes[0].value == 1 || a.changes[0].value == -1):
		if path = "/order"; a.changes[0].value < 0 {
			method = "DELETE"
		}
	default:
		path += "/" + url.PathEscape(string(a.changes[0].metric))
		body = "{" + a.changes[0].json() + "}"
	}
	status, _, text, err := c.request(ctx, method, path, body, header)
	switch {
	case err != nil || status == http.StatusServiceUnavailable:
		return false
	case status != http.StatusOK && (status != http.StatusBadRequest || a.room != "" || len(a.changes) > 1 && !a.atomic):
		c.problem("%s is answered %d %s", a.key, status, text)
	case a.room != "":
		var said posted
		if err := json.Unmarshal([]byte(text), &said); err != nil || said.Messages != 1 {
			c.problem("%s is answered %s", a.key, text)
		}
		a.seq = said.Seq
	case !c.take(a, status, text):
		return false
	}
	c.answered()
	return true
}

// take reads the answers to changes; false where one has to be asked for again.
func (c *byRequest) take(a *asked, status int, text string) bool {
	if status == http.StatusBadRequest {
		for i := range a.changes {
			a.changes[i].refused = true
		}
		return true
	}
	rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(rows) != len(a.changes) {
		c.problem("%s is answered %s", a.key, text)
		return false
	}
	for i, r := range rows {
		var answer struct {
			sample
			Status int
			Detail string
		}
		err := json.Unmarshal([]byte(r), &answer)
		m := &a.changes[i]
		switch {
		case err != nil:
			c.problem("%s is answered %s", a.key, text)
		case answer.Status == http.StatusServiceUnavailable:
			return false
		case answer.Status == http.StatusBadRequest:
			m.refused = true
		case answer.Metric != string(m.metric) || answer.Status != 0:
			c.problem("row %d of %s is answered %s", i, a.key, r)
		default:
			m.seq, m.result = answer.Seq, answer.Value
		}
	}
	return true
}

func (m change) json() string {
	if m.set {
		return fmt.Sprintf(`"set":%v`, m.value)
	}
	return fmt.Sprintf(`"add":%v`, m.value)
}

func (c *byRequest) request(ctx context.Context, method, path, body, key string) (status int, header http.Header, text string, err error) {
	// Some wait until a paused process goes on, others give it up.
	ctx, cancel := context.WithTimeout(ctx, []time.Duration{2, 30}[c.rand.IntN(2)]*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.place()+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, "", err
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(answer), err
}
