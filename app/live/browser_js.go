package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"syscall/js"
	"time"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/run"
	"telltale/shared/wire"
)

// Browser is the network as a page has it: requests go to the page's own origin.
type Browser struct{}

// browserSocket is web/socket.js's: it hands over what came since the last frame, in
// one call and one copy.
type browserSocket struct {
	socket    js.Value
	hear, end js.Func
	came      chan struct{} // capacity 1: batches has something
	closed    chan struct{}
	left      chan struct{} // by us
	leave     sync.Once

	// Both belong to the browser's one thread: a batch is added by an event, and taken
	// by the reader, which nothing interrupts.
	batches [][]byte
	batch   []byte // what is left of the one that is being read
}

// Dial opens the socket at /ws, or takes the one that the page has opened while the app was being made.
func (Browser) Dial(ctx context.Context) (Socket, error) {
	s := &browserSocket{came: make(chan struct{}, 1), closed: make(chan struct{}), left: make(chan struct{})}
	s.hear = js.FuncOf(func(_ js.Value, args []js.Value) any {
		if s.gone() {
			return nil
		}
		batch := make([]byte, args[0].Length())
		js.CopyBytesToGo(batch, args[0])
		s.batches = append(s.batches, batch)
		signal(s.came)
		return nil
	})
	s.end = js.FuncOf(func(js.Value, []js.Value) any {
		close(s.closed)
		s.hear.Release()
		s.end.Release()
		return nil
	})
	s.socket = js.Global().Get("telltaleSocket").Call("open", s.hear, s.end)
	if _, ok := await(ctx, s.socket.Get("opened")); !ok {
		s.Close()
		return nil, errNoAnswer
	}
	return s, nil
}

// Age implements aged.
func (s *browserSocket) Age() time.Duration {
	return time.Duration(s.socket.Get("age").Float() * float64(time.Millisecond))
}

// gone tells whether it was left.
func (s *browserSocket) gone() bool {
	select {
	case <-s.left:
		return true
	default:
		return false
	}
}

// Read gives the next message. What came before the other side ended it is read before that.
func (s *browserSocket) Read(ctx context.Context) ([]byte, error) {
	for !s.gone() {
		if len(s.batch) > 0 {
			message, rest, _ := bytes.Cut(s.batch, newline)
			s.batch = rest
			return message, nil
		}
		if len(s.batches) > 0 {
			s.batch, s.batches = s.batches[0], s.batches[1:]
			continue
		}
		select {
		case <-s.came:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.left:
		case <-s.closed:
			if len(s.batches) == 0 {
				return nil, errClosed
			}
		}
	}
	return nil, errClosed
}

var newline = []byte("\n")

var errClosed = errors.New("the connection is closed")

// Write hands the message to the browser, which queues it.
func (s *browserSocket) Write(_ context.Context, message []byte) error {
	if !s.socket.Call("send", string(message)).Bool() {
		return errClosed
	}
	return nil
}

// Close does not wait for the other side to agree: it may be out of reach, and then a browser waits for a minute.
func (s *browserSocket) Close() {
	s.socket.Call("close")
	s.leave.Do(func() { close(s.left) })
}

// Ask makes the cheapest plain request.
func (Browser) Ask(ctx context.Context) error {
	_, err := Fetch(ctx, Request{Path: "/status"})
	return err
}

// Metrics are all metrics there are.
func (Browser) Metrics(ctx context.Context) ([]metric.Metric, error) {
	var metrics []metric.Metric
	err := read(ctx, "/api/v1/metrics", &metrics)
	return metrics, err
}

// Rooms are all rooms there are.
func (Browser) Rooms(ctx context.Context) ([]wire.RoomRow, error) {
	var rooms []wire.RoomRow
	err := read(ctx, "/api/v1/rooms", &rooms)
	return rooms, err
}

// Messages are the newest of a room before a seq.
func (Browser) Messages(ctx context.Context, name string, before uint64, limit int) ([]room.Message, error) {
	return readMessages(ctx, name, "?before="+strconv.FormatUint(before, 10), limit)
}

// Until are the newest of a room that had been said at a time.
func (Browser) Until(ctx context.Context, name string, time int64, limit int) ([]room.Message, error) {
	return readMessages(ctx, name, "?until="+strconv.FormatInt(time, 10), limit)
}

func readMessages(ctx context.Context, name, query string, limit int) ([]room.Message, error) {
	answer, err := Fetch(ctx, Request{Path: "/api/v1/rooms/" + name + "/messages" + query + "&limit=" + strconv.Itoa(limit)})
	if err != nil {
		return nil, err
	}
	if answer.Status == 404 {
		return nil, nil // a room where nothing was ever said
	}
	if answer.Status != 200 {
		return nil, fmt.Errorf("read messages: status %d", answer.Status)
	}
	rows, err := wire.ReadRows([]byte(answer.Body))
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	messages := make([]room.Message, len(rows))
	for i, row := range rows {
		messages[i] = row.Message(name)
	}
	return messages, nil
}

// Runs are all runs that are kept, the newest start first.
func (Browser) Runs(ctx context.Context) ([]run.Run, error) {
	var runs []run.Run
	err := read(ctx, "/api/v1/runs", &runs)
	return runs, err
}

// Run is one of them.
func (Browser) Run(ctx context.Context, id string) (run.Run, error) {
	var r run.Run
	err := read(ctx, "/api/v1/runs/"+id, &r)
	return r, err
}

// Board is a board as a page takes it.
func (Browser) Board(ctx context.Context, id string) (wire.BoardView, error) {
	var of wire.BoardView
	err := read(ctx, "/api/v1/boards/"+id+"/view", &of)
	return of, err
}

// read asks for JSON.
func read(ctx context.Context, path string, into any) error {
	answer, err := Fetch(ctx, Request{Path: path})
	if err == nil && answer.Status == 404 {
		err = ErrNone
	}
	if err == nil && answer.Status != 200 {
		err = fmt.Errorf("status %d", answer.Status)
	}
	if err == nil {
		err = json.Unmarshal([]byte(answer.Body), into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// Request is a plain request to the page's own origin.
type Request struct {
	Method string // GET if absent
	Path   string
	Body   string
	Key    string // Idempotency-Key, if any
	Match  string // If-Match: what is there must be of this revision; "" for none
	Fresh  bool   // If-None-Match: *; nothing may be there
}

// Answer is what came back.
type Answer struct {
	Status   int
	Body     string
	Revision string // the ETag
}

var errNoAnswer = errors.New("the server does not answer")

// Fetch makes a request by the browser's own fetch: net/http in its place would
// add a fifth to the app's size. It fails where no answer comes before the context ends. A
// refusal for want of a token has the page leave for where one is shown.
func Fetch(ctx context.Context, r Request) (Answer, error) {
	abort := js.Global().Get("AbortController").New()
	headers := map[string]any{"Accept": "application/json"}
	if r.Key != "" {
		headers["Idempotency-Key"] = r.Key
	}
	if r.Match != "" {
		headers["If-Match"] = r.Match
	}
	if r.Fresh {
		headers["If-None-Match"] = "*"
	}
	options := map[string]any{"method": "GET", "cache": "no-store", "headers": headers, "signal": abort.Get("signal")}
	if r.Method != "" {
		options["method"] = r.Method
	}
	if r.Body != "" {
		options["body"] = r.Body
	}
	response, ok := await(ctx, js.Global().Call("fetch", r.Path, options))
	if !ok {
		abort.Call("abort")
		return Answer{}, errNoAnswer
	}
	text, ok := await(ctx, response.Call("text"))
	if !ok {
		abort.Call("abort")
		return Answer{}, errNoAnswer
	}
	answer := Answer{Status: response.Get("status").Int(), Body: text.String()}
	if answer.Status == 401 {
		js.Global().Get("telltale").Call("signIn", true)
	}
	if tag := response.Get("headers").Call("get", "ETag"); tag.Type() == js.TypeString {
		answer.Revision = tag.String()
	}
	return answer, nil
}

// await waits for a promise; false where it fails or the context ends first.
func await(ctx context.Context, promise js.Value) (js.Value, bool) {
	type outcome struct {
		value js.Value
		ok    bool
	}
	done := make(chan outcome, 1)
	var kept, broken js.Func
	settle := func(ok bool) func(js.Value, []js.Value) any {
		return func(_ js.Value, args []js.Value) any {
			value := js.Undefined()
			if len(args) > 0 {
				value = args[0]
			}
			done <- outcome{value, ok}
			kept.Release()
			broken.Release()
			return nil
		}
	}
	kept, broken = js.FuncOf(settle(true)), js.FuncOf(settle(false))
	promise.Call("then", kept, broken)
	select {
	case o := <-done:
		return o.value, o.ok
	case <-ctx.Done():
		return js.Undefined(), false
	}
}
