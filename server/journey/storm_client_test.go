package journey

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// stormClient is what all clients have.
type stormClient struct {
	w    *storm
	name string
	home int // the process that it comes to; those that roam come to any
	roam bool
	rand *rand.Rand // of the goroutine that asks
	n    int
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
	b := key + " "
	for range c.rand.IntN(20) {
		b += filling[c.rand.IntN(len(filling))]
	}
	return b + "."
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

// answer is any message of the server but a frame and a snapshot.
type answer struct {
	heard
	Value float64
}

// onSocket is a client that watches, is in rooms, and speaks on a WebSocket.
type onSocket struct {
	*stormClient
	rooms   []string
	client  *http.Client
	decoder wire.Decoder
	answers chan answer
	last    chan string // users to say something to, once all is over

	mu     sync.Mutex // guards what follows
	view   view
	logs   map[string]log
	direct map[string]int // and how often
	spans  []span
	said   []direct
}

// span is how long a connection lasted.
type span struct{ began, ended time.Duration }

// direct is a message to a user, and what became of it.
type direct struct {
	to, content string
	first, last time.Duration
	taken       bool // it was not refused
}

func (c *onSocket) live(ctx context.Context) {
	for ctx.Err() == nil {
		_ = c.connection(ctx)
		rest(ctx, time.Duration(rand.IntN(100))*time.Millisecond)
	}
}

func (c *onSocket) connection(ctx context.Context) error {
	dialling, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	conn, _, err := websocket.Dial(dialling, "ws"+strings.TrimPrefix(c.place(), "http")+"/ws", &websocket.DialOptions{HTTPClient: c.client})
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(4 << 20)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := c.begin(ctx, conn); err != nil {
		return err
	}
	c.mu.Lock()
	c.spans = append(c.spans, span{c.w.now(), 1 << 62})
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.spans[len(c.spans)-1].ended = c.w.now()
		c.mu.Unlock()
	}()
	var actor sync.WaitGroup
	defer actor.Wait()
	defer cancel()
	actor.Go(func() {
		c.act(ctx, conn)
		if ctx.Err() == nil && c.open != nil {
			_ = conn.CloseNow() // no answer came
		}
	})
	for {
		_, message, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if err := c.hear(ctx, conn, message); err != nil {
			return err
		}
	}
}

func (c *onSocket) begin(ctx context.Context, conn *websocket.Conn) error {
	c.mu.Lock()
	var first []string
	for _, room := range c.rooms {
		first = append(first, fmt.Sprintf(`{"type":"join","room_id":%q,"user_id":%q,"since":%d}`, room, c.name, len(c.logs[room])))
	}
	c.mu.Unlock()
	for _, message := range first {
		if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			return err
		}
	}
	return c.watch(ctx, conn)
}

func (c *onSocket) watch(ctx context.Context, conn *websocket.Conn) error {
	c.mu.Lock()
	w := wire.Watch{ID: "watch", Metrics: []string{"t.*", "orders"}, RangeMS: 3_600_000, Points: 60, Rate: wire.Rates[rand.IntN(len(wire.Rates)-1)]}
	if c.view.epoch != "" {
		w.Since, w.Epoch = new(c.view.seq), c.view.epoch
	}
	c.mu.Unlock()
	return conn.Write(ctx, websocket.MessageText, wire.Encode(w))
}

func (c *onSocket) hear(ctx context.Context, conn *websocket.Conn, message []byte) error {
	if bytes.HasPrefix(message, []byte(`{"type":"frame"`)) {
		var f series.Frame
		if err := c.decoder.Frame(message, &f); err != nil {
			c.problem("%.200s: %v", message, err)
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.view.frame(f)
		return nil
	}
	var h answer
	if err := json.Unmarshal(message, &h); err != nil {
		c.problem("%.200s: %v", message, err)
		return err
	}
	switch h.Type {
	case "snapshot":
		s, _, err := c.decoder.Snapshot(message)
		if err != nil {
			c.problem("%.200s: %v", message, err)
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.view.snapshot(s)
	case "joined":
		c.mu.Lock()
		defer c.mu.Unlock()
		if n := len(c.logs[h.Room]); h.Seq < uint64(n) {
			c.w.behind.Add(1)
		}
	case "broadcast":
		if !c.broadcast(h) {
			return errRefused
		}
	case "direct":
		c.mu.Lock()
		c.direct[h.Sender+": "+h.Content]++
		c.mu.Unlock()
	case "gap":
		c.mu.Lock()
		defer c.mu.Unlock()
		if h.From != uint64(len(c.logs[h.Room]))+1 || h.To < h.From {
			c.problem("after %d of %s a gap from %d to %d", len(c.logs[h.Room]), h.Room, h.From, h.To)
		}
	case "error":
		switch {
		case h.ID == "watch" && h.Code == "unavailable":
			time.AfterFunc(300*time.Millisecond, func() { _ = c.watch(ctx, conn) })
			return nil
		case h.ID == "" && h.Code == "unavailable": // a join
			return errRefused
		case h.ID == "" || h.ID == "watch":
			c.problem("%s: %s", h.Code, h.Detail)
		}
		c.tell(h)
	case "mutated", "pong":
		c.tell(h)
	}
	return nil
}

func (c *onSocket) tell(h answer) {
	select {
	case c.answers <- h:
	default:
		c.problem("nobody waits for %+v", h)
	}
}

// broadcast takes what comes next, and answers to what came long ago.
func (c *onSocket) broadcast(h answer) bool {
	r := row{h.Seq, h.Content, h.Sender, h.Time}
	c.mu.Lock()
	switch log := c.logs[h.Room]; {
	case h.Seq == uint64(len(log))+1:
		c.logs[h.Room] = append(log, r.sum())
	case h.Seq > uint64(len(log)):
		c.mu.Unlock()
		c.problem("after %d of %s came %d", len(log), h.Room, h.Seq)
		return false
	case h.ID == "":
		c.problem("%d of %s came again after %d", h.Seq, h.Room, len(log))
	case log[h.Seq-1] != r.sum():
		c.problem("%d of %s is acknowledged otherwise than it was heard", h.Seq, h.Room)
	}
	c.mu.Unlock()
	if h.ID != "" {
		c.tell(h)
	}
	return true
}

// act asks for one thing after another, first for what was open when the last connection ended.
func (c *onSocket) act(ctx context.Context, conn *websocket.Conn) {
	for len(c.answers) > 0 {
		<-c.answers
	}
	for ctx.Err() == nil {
		if c.open == nil {
			if !c.pause(ctx, c.w.pace) {
				return
			}
			if c.open = c.next(false); c.open == nil {
				c.idle.Store(true)
				c.rounds(ctx, conn)
				return
			}
			if c.rand.IntN(8) == 0 {
				if c.open = nil; c.speak(ctx, conn, c.w.users[c.rand.IntN(len(c.w.users))]) != nil {
					return
				}
				continue
			}
			if a := c.open; a.room != "" {
				a.room, a.sender = c.rooms[c.rand.IntN(len(c.rooms))], c.name
			}
		}
		if done, ok := c.ask(ctx, conn); !ok {
			return
		} else if !done {
			c.pause(ctx, 100*time.Millisecond)
		}
	}
}

// rounds says something to each user that it is told to.
func (c *onSocket) rounds(ctx context.Context, conn *websocket.Conn) {
	for {
		select {
		case to := <-c.last:
			if c.speak(ctx, conn, to) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// ask asks for what is open; done where it is answered, and not ok where the connection is of no use.
func (c *onSocket) ask(ctx context.Context, conn *websocket.Conn) (done, ok bool) {
	a := c.open
	var message string
	if a.room != "" {
		content, _ := json.Marshal(a.content) // a string cannot fail
		message = fmt.Sprintf(`{"type":"broadcast","id":%q,"room_id":%q,"key":%q,"content":%s}`, a.key, a.room, a.key, content)
	} else {
		message = fmt.Sprintf(`{"type":"mutate","id":%q,"key":%q,"metric":%q,%s}`, a.key, a.key, a.changes[0].metric, a.changes[0].json())
	}
	h, err := c.exchange(ctx, conn, a.key, message)
	switch {
	case err != nil:
		return false, false
	case h.Type == "error" && (h.Code == "unavailable" || h.Code == "not_joined"): // joining again is what another connection does
		return false, h.Code == "unavailable"
	case h.Type == "error" && (h.Code != "refused" || a.room != ""):
		c.problem("%s is answered %+v", a.key, h)
	case h.Type == "error":
		a.changes[0].refused = true
	case a.room != "":
		if a.seq = h.Seq; h.Content != a.content || h.Sender != c.name || h.Room != a.room {
			c.problem("%s is answered %+v", a.key, h)
		}
	default:
		a.changes[0].seq, a.changes[0].result = h.Seq, h.Value
	}
	c.answered()
	return true, true
}

var errNoAnswer = errors.New("no answer came")

// exchange sends messages and waits for the first answer; some give up sooner than a pause may last.
func (c *onSocket) exchange(ctx context.Context, conn *websocket.Conn, id string, messages ...string) (answer, error) {
	for _, message := range messages {
		if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			return answer{}, err
		}
	}
	late := time.After([]time.Duration{2, 30}[c.rand.IntN(2)] * time.Second)
	for {
		select {
		case a := <-c.answers:
			if a.ID == id {
				return a, nil
			}
		case <-late:
			_ = conn.CloseNow()
			return answer{}, errNoAnswer
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
}

// speak says something to a user once, whatever becomes of it; the pong that follows tells that it was taken.
func (c *onSocket) speak(ctx context.Context, conn *websocket.Conn, to string) error {
	d := direct{to: to, content: fmt.Sprintf("%s~%d", c.name, c.n), first: c.w.now()}
	c.n++
	a, err := c.exchange(ctx, conn, d.content,
		fmt.Sprintf(`{"type":"direct","id":%q,"user_id":%q,"content":%q}`, d.content, d.to, d.content),
		fmt.Sprintf(`{"type":"ping","id":%q}`, d.content))
	switch {
	case err != nil:
	case a.Type == "pong":
		d.taken = true
	case a.Code != "no_such_user" && a.Code != "refused" && a.Code != "not_joined":
		c.problem("%s is answered %+v", d.content, a)
	}
	d.last = c.w.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, d)
	return err
}
