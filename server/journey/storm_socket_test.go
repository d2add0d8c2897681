package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"telltale/shared/series"
	"telltale/shared/wire"
)

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
		return c.frame(message)
	}
	var h answer
	if err := json.Unmarshal(message, &h); err != nil {
		c.problem("%.200s: %v", message, err)
		return err
	}
	switch h.Type {
	case "snapshot":
		return c.snapshot(message)
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
		return c.refused(ctx, conn, h)
	case "mutated", "pong":
		c.tell(h)
	}
	return nil
}

func (c *onSocket) frame(message []byte) error {
	var f series.Frame
	err := c.decoder.Frame(message, &f)
	if err != nil {
		c.problem("%.200s: %v", message, err)
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.view.frame(f)
	return nil
}

func (c *onSocket) snapshot(message []byte) error {
	s, _, err := c.decoder.Snapshot(message)
	if err != nil {
		c.problem("%.200s: %v", message, err)
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.view.snapshot(s)
	return nil
}

// refused takes an error: of the watch, which is asked for again, of a join, upon which the connection ends, or of what is open.
func (c *onSocket) refused(ctx context.Context, conn *websocket.Conn, h answer) error {
	switch {
	case h.ID == "watch" && h.Code == "unavailable":
		time.AfterFunc(300*time.Millisecond, func() { _ = c.watch(ctx, conn) })
	case h.ID == "" && h.Code == "unavailable":
		return errRefused
	case h.ID == "" || h.ID == "watch":
		c.problem("%s: %s", h.Code, h.Detail)
	default:
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
