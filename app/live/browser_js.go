package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall/js"

	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/wire"

	"github.com/coder/websocket"
)

// Browser is the network as a page has it: requests go to the page's own origin.
type Browser struct{}

// mostMessage bounds a message from the server: a snapshot of many metrics.
const mostMessage = 64 << 20

type browserSocket struct{ conn *websocket.Conn }

// Dial opens the socket at /ws.
func (Browser) Dial(ctx context.Context) (Socket, error) {
	origin := js.Global().Get("location").Get("origin").String()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(origin, "http")+"/ws", nil)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	conn.SetReadLimit(mostMessage)
	return browserSocket{conn}, nil
}

func (s browserSocket) Read(ctx context.Context) ([]byte, error) {
	_, message, err := s.conn.Read(ctx)
	return message, err
}

func (s browserSocket) Write(ctx context.Context, message []byte) error {
	return s.conn.Write(ctx, websocket.MessageText, message)
}

// Close does not wait for the other side to agree: it may be out of reach.
func (s browserSocket) Close() {
	go func() { _ = s.conn.Close(websocket.StatusNormalClosure, "") }()
}

// Ask makes the cheapest plain request.
func (Browser) Ask(ctx context.Context) error {
	_, err := Fetch(ctx, Request{Path: "/status"})
	return err
}

// Metrics are all metrics there are.
func (Browser) Metrics(ctx context.Context) ([]metric.Metric, error) {
	answer, err := Fetch(ctx, Request{Path: "/api/v1/metrics"})
	if err != nil {
		return nil, err
	}
	if answer.Status != 200 {
		return nil, fmt.Errorf("list metrics: status %d", answer.Status)
	}
	var metrics []metric.Metric
	if err := json.Unmarshal([]byte(answer.Body), &metrics); err != nil {
		return nil, fmt.Errorf("list metrics: %w", err)
	}
	return metrics, nil
}

// Rooms are all rooms there are.
func (Browser) Rooms(ctx context.Context) ([]wire.RoomRow, error) {
	answer, err := Fetch(ctx, Request{Path: "/api/v1/rooms"})
	if err != nil {
		return nil, err
	}
	if answer.Status != 200 {
		return nil, fmt.Errorf("list rooms: status %d", answer.Status)
	}
	var rooms []wire.RoomRow
	if err := json.Unmarshal([]byte(answer.Body), &rooms); err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	return rooms, nil
}

// Messages are the newest of a room before a seq.
func (Browser) Messages(ctx context.Context, name string, before uint64, limit int) ([]room.Message, error) {
	answer, err := Fetch(ctx, Request{Path: "/api/v1/rooms/" + name + "/messages?before=" +
		strconv.FormatUint(before, 10) + "&limit=" + strconv.Itoa(limit)})
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

// Request is a plain request to the page's own origin.
type Request struct {
	Method string // GET if absent
	Path   string
	Body   string
	Key    string // Idempotency-Key, if any
}

// Answer is what came back.
type Answer struct {
	Status int
	Body   string
}

var errNoAnswer = errors.New("the server does not answer")

// Fetch makes a request by the browser's own fetch: net/http in its place would
// add a fifth to the app's size. It fails where no answer comes before the context ends.
func Fetch(ctx context.Context, r Request) (Answer, error) {
	abort := js.Global().Get("AbortController").New()
	headers := map[string]any{"Accept": "application/json"}
	if r.Key != "" {
		headers["Idempotency-Key"] = r.Key
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
	return Answer{Status: response.Get("status").Int(), Body: text.String()}, nil
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
