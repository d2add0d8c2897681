package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"telltale/shared/metric"
	"telltale/shared/series"
	"telltale/shared/wire"
)

// live is a client of /ws that folds what it watches, as the browser does.
type live struct {
	*peer
	decoder wire.Decoder
	set     *series.Set
	snaps   int
	resumed bool
}

func (h *house) live() *live {
	return &live{peer: h.dial("/ws"), set: series.NewSet(1000, 10_000)}
}

// take folds one message and answers its type.
func (l *live) take() string {
	l.t.Helper()
	message := l.read()
	e, err := wire.Open(message)
	if err != nil {
		l.t.Fatal(err)
	}
	switch e.Type {
	case wire.TypeSnapshot:
		s, _, err := l.decoder.Snapshot(message)
		if err != nil {
			l.t.Fatalf("%s: %v", message, err)
		}
		l.set.Reach(time.Now().UnixMilli())
		l.set.Load(s)
		l.snaps++
		l.resumed = s.Resumed
	case wire.TypeFrame:
		var f series.Frame
		if err := l.decoder.Frame(message, &f); err != nil {
			l.t.Fatalf("%s: %v", message, err)
		}
		if err := l.set.Apply(f); err != nil {
			l.t.Fatalf("%s after %d: %v", message, l.set.Seq, err)
		}
	}
	return e.Type
}

func (l *live) takeUntil(done func() bool) {
	l.t.Helper()
	for !done() {
		l.take()
	}
}

// total folds all columns of a metric into one bucket.
func (l *live) total(id metric.ID) (b series.Bucket) {
	if e := l.set.Metrics[id]; e != nil {
		for k, next := e.Series.Bounds(); k < next; k++ {
			b.Merge(e.Series.Column(k))
		}
	}
	return b
}

func TestASessionBeginsWithAWelcome(t *testing.T) {
	h := open(t)
	var w wire.Welcome
	message := h.dial("/ws").read()
	if e, err := wire.Open(message); err != nil || e.Type != wire.TypeWelcome || wire.Decode(message, &w) != nil ||
		w.Session == "" || w.Epoch != h.store.Epoch() || w.Version != "v0" || w.Time == 0 {
		t.Errorf("%s", message)
	}
}

func TestAWatchGetsASnapshotThenFrames(t *testing.T) {
	h := open(t)
	h.must("POST", "/order", "")
	h.must("POST", "/m/other", "5")
	p := h.dial("/ws")
	p.send(`{"type":"watch","id":"w1","metrics":["orders","never.*"],"range_ms":60000,"points":60,"rate":20}`)
	snapshot := p.until("snapshot")
	var s struct {
		ID, Epoch string
		Seq       uint64
		Resumed   bool
		Values    map[string][2]float64
		History   map[string][][7]float64
	}
	if err := json.Unmarshal(snapshot, &s); err != nil || s.ID != "w1" || s.Epoch != h.store.Epoch() || s.Seq != 2 || s.Resumed ||
		len(s.Values) != 1 || s.Values["orders"][1] != 1 || len(s.History["orders"]) != 1 || s.History["orders"][0][6] != 1 {
		t.Errorf("%s, %v", snapshot, err)
	}
	h.must("POST", "/m/other", "6")
	h.must("POST", "/order", "")
	frame := p.read()
	var f struct {
		Type      string
		From, Seq uint64
		Values    map[string][6]float64
	}
	if err := json.Unmarshal(frame, &f); err != nil || f.Type != "frame" || f.From != 2 || f.Seq != 4 || len(f.Values) != 1 ||
		f.Values["orders"][1] != 2 || f.Values["orders"][4] != 1 || f.Values["orders"][5] != 1 {
		t.Errorf("%s, %v", frame, err)
	}
	h.must("POST", "/m/never.before", "1")
	if got := p.read(); !bytes.Contains(got, []byte(`"never.before":[`)) {
		t.Errorf("a new metric: %s", got)
	}
	p.send(`{"type":"unwatch"}`)
	p.send(`{"type":"ping","id":"x"}`)
	if got := string(p.until("pong")); got != `{"type":"pong","id":"x"}` {
		t.Errorf("pong: %s", got)
	}
	h.must("POST", "/order", "")
	p.send(`{"type":"ping"}`)
	if got := string(p.read()); got != `{"type":"pong"}` {
		t.Errorf("after unwatch came %s", got)
	}
}

func TestTheBoardOfAllGrowsByItself(t *testing.T) {
	h := open(t)
	l := h.live()
	l.send(`{"type":"watch","board":"all"}`)
	l.takeUntil(func() bool { return l.snaps == 1 })
	h.must("POST", "/m/"+`temp%7Broom=%22a%2Fb%22%7D`, "21.5")
	l.takeUntil(func() bool { return l.set.Metrics[`temp{room="a/b"}`] != nil })
	h.must("PUT", "/api/v1/metrics/fresh", `{"title":"New"}`)
	l.takeUntil(func() bool { return l.snaps == 2 })
	if r := h.ask("DELETE", `/api/v1/metrics/temp%7Broom=%22a%2Fb%22%7D`, ""); r.status != 204 {
		t.Fatal(r)
	}
	l.takeUntil(func() bool { return l.snaps == 3 })
	if len(l.set.Metrics) != 0 {
		t.Errorf("still there: %v", l.set.Metrics)
	}
}

func TestAnyRangeAndPointsGetASnapshot(t *testing.T) {
	h := open(t)
	h.must("POST", fmt.Sprintf("/m/ahead?t=%d", time.Now().Add(time.Minute).UnixMilli()), "7")
	for _, c := range []struct{ reach, points int }{{1, 1}, {1, 5000}, {60_000, 60}, {1_400_000, 1400}, {4_990_000, 5000}, {1 << 40, 5000}} {
		p := h.dial("/ws")
		p.until("welcome")
		p.send(fmt.Sprintf(`{"type":"watch","metrics":["ahead"],"range_ms":%d,"points":%d}`, c.reach, c.points))
		if got := string(p.read()); !strings.Contains(got, `"snapshot"`) || c.reach == 60_000 && !strings.Contains(got, `"ahead":[[`) {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestMutateByASocket(t *testing.T) {
	h := open(t)
	p := h.dial("/ws")
	p.until("welcome")
	for _, c := range []struct{ send, want string }{
		{`{"type":"mutate","id":"1","metric":"a","add":2}`, `{"type":"mutated","id":"1","metric":"a","value":2,"seq":1,`},
		{`{"type":"mutate","metric":"a","set":7.5,"key":"k"}`, `{"type":"mutated","metric":"a","value":7.5,"seq":2,`},
		{`{"type":"mutate","metric":"a","set":7.5,"key":"k"}`, `{"type":"mutated","metric":"a","value":7.5,"seq":2,`},
		{`{"type":"mutate","metric":"a","set":8,"key":"k"}`, `{"type":"error","code":"refused","detail":"the idempotency key was used`},
		{`{"type":"mutate","id":"2","metric":"a","add":-9}`, `{"type":"error","id":"2","code":"refused","detail":"below the floor`},
	} {
		p.send(c.send)
		if got := string(p.read()); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.send, got, c.want)
		}
	}
}

func TestABadMessageIsAnErrorAndTheConnectionStays(t *testing.T) {
	h := open(t)
	p := h.dial("/ws")
	p.until("welcome")
	for _, c := range []struct{ send, code string }{
		{`nope`, "bad_message"}, {``, "bad_message"}, {`[1]`, "bad_message"}, {`{"type":1}`, "bad_message"}, {`{}`, "bad_message"},
		{`{"type":"sing","id":"7"}`, "unknown_type"},
		{`{"type":"mutate"}`, "bad_message"}, {`{"type":"mutate","metric":"a"}`, "bad_message"}, {`{"type":"mutate","metric":"a","add":"1"}`, "bad_message"},
		{`{"type":"mutate","metric":"a","add":1,"set":1}`, "bad_message"}, {`{"type":"mutate","metric":"9","add":1}`, "bad_name"},
		{`{"type":"mutate","metric":"a","add":1e999}`, "bad_message"}, {`{"type":"mutate","metric":"a","set":NaN}`, "bad_message"},
		{`{"type":"watch"}`, "bad_message"}, {`{"type":"watch","board":"all","metrics":["a"]}`, "bad_message"}, {`{"type":"watch","metrics":"a"}`, "bad_message"},
		{`{"type":"watch","metrics":["9"]}`, "bad_name"}, {`{"type":"watch","metrics":[""]}`, "bad_name"}, {`{"type":"watch","board":"nobody"}`, "bad_name"},
		{`{"type":"watch","metrics":["a"],"rate":3}`, "bad_message"}, {`{"type":"watch","metrics":["a"],"points":0}`, "bad_message"},
		{`{"type":"watch","metrics":["a"],"points":5001}`, "bad_message"}, {`{"type":"watch","metrics":["a"],"range_ms":-1}`, "bad_message"},
		{`{"type":"watch","metrics":["a"],"since":"all"}`, "bad_message"},
	} {
		p.send(c.send)
		var e wire.Error
		message := p.read()
		if err := wire.Decode(message, &e); err != nil || e.Code != c.code || len(e.Detail) < 10 || strings.Contains(c.send, `"7"`) != (e.ID == "7") {
			t.Errorf("%s: %s, want %s", c.send, message, c.code)
		}
	}
	p.send(`{"type":"ping","new":{"field":[1]}}`)
	if got := string(p.read()); got != `{"type":"pong"}` {
		t.Errorf("then %s", got)
	}
}

func TestWhatASocketMayNotSendClosesIt(t *testing.T) {
	h := open(t)
	for name, c := range map[string]struct {
		kind websocket.MessageType
		send []byte
		code websocket.StatusCode
	}{
		"no UTF-8":  {websocket.MessageText, []byte("{\"type\":\"\xff\"}"), wire.CloseNotUTF8},
		"binary":    {websocket.MessageBinary, []byte("{}"), wire.CloseNotText},
		"too large": {websocket.MessageText, make([]byte, 64<<10+1), wire.CloseTooBig},
	} {
		for _, path := range []string{"/ws", "/dashboard", "/status"} {
			p := h.dial(path)
			p.read()
			if err := p.conn.Write(t.Context(), c.kind, c.send); err != nil {
				t.Error(err)
			}
			if got := p.closed(); got != c.code {
				t.Errorf("%s to %s: closed with %d, want %d", name, path, got, c.code)
			}
		}
	}
}

func TestAViewerThatComesBackResumesWithNothingMissing(t *testing.T) {
	h := open(t)
	add := func(n int) {
		for range n {
			h.must("POST", "/order", "")
		}
	}
	add(3)
	l := h.live()
	l.send(`{"type":"watch","metrics":["orders"]}`)
	l.takeUntil(func() bool { return l.total("orders").Count == 3 })
	add(2)
	l.takeUntil(func() bool { return l.total("orders").Count == 5 })
	_ = l.conn.CloseNow()
	add(4)
	l.peer = h.dial("/ws")
	l.send(fmt.Sprintf(`{"type":"watch","metrics":["orders"],"since":%d,"epoch":%q}`, l.set.Seq, l.set.Epoch))
	l.takeUntil(func() bool { return l.snaps == 2 })
	if got := l.total("orders"); !l.resumed || got.Count != 9 || got.Sum != 9 || l.set.Metrics["orders"].Head.Value != 9 {
		t.Errorf("resumed %v with %+v", l.resumed, got)
	}
	for name, since := range map[string]string{"another life": `"since":3,"epoch":"other"`, "the future": fmt.Sprintf(`"since":99,"epoch":%q`, l.set.Epoch)} {
		again := h.live()
		again.send(`{"type":"watch","metrics":["orders"],` + since + `}`)
		again.takeUntil(func() bool { return again.snaps == 1 })
		if got := again.total("orders"); again.resumed || got.Count != 9 {
			t.Errorf("%s: resumed %v with %+v", name, again.resumed, got)
		}
	}
}

// Viewers come and go while mutations run; in the end each holds what the
// ledger holds, sample for sample.
func TestViewersOfALiveServerFoldToWhatTheStoreHolds(t *testing.T) {
	h := open(t)
	var writers, viewers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for range 250 {
				h.must("POST", fmt.Sprintf("/m/m%d", r.IntN(5)), fmt.Sprintf("+%d", 1+r.IntN(4)))
			}
		})
	}
	for v := range 12 {
		viewers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(v), 2))
			l := &live{peer: &peer{t: t}, set: series.NewSet(1000, 10_000)}
			for {
				conn, _, err := websocket.Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/ws", nil)
				if err != nil {
					t.Error(err)
					return
				}
				l.conn = conn
				conn.SetReadLimit(64 << 20)
				ask := fmt.Sprintf(`{"type":"watch","metrics":["m*"],"rate":%d`, wire.Rates[r.IntN(4)])
				if l.set.Epoch != "" && r.IntN(4) > 0 {
					ask += fmt.Sprintf(`,"since":%d,"epoch":%q`, l.set.Seq, l.set.Epoch)
				}
				l.send(ask + "}")
				leave := r.IntN(20)
				for n := 0; l.set.Seq < 1000 && n <= leave; n++ {
					l.take()
				}
				_ = conn.CloseNow()
				if l.set.Seq >= 1000 {
					break
				}
			}
			for i := range 5 {
				id := metric.ID(fmt.Sprintf("m%d", i))
				m, err := h.store.Metric(t.Context(), id)
				if err != nil {
					t.Error(err)
					continue
				}
				rows, err := h.api.Ledger.After(t.Context(), 0, 1000, func(other metric.ID) bool { return other == id }, 10_000)
				if err != nil {
					t.Error(err)
					continue
				}
				var want series.Bucket
				for _, s := range rows {
					want.Add(s)
				}
				got := l.total(id)
				if got.Count != want.Count || got.Sum != want.Sum || got.Min != want.Min || got.Max != want.Max || l.set.Metrics[id].Head.Value != m.Head.Value {
					t.Errorf("viewer %d: %s is %+v, want %+v", v, id, got, want)
				}
			}
		})
	}
	writers.Wait()
	viewers.Wait()
}

func TestASlowViewerDelaysNobodyAndCatchesUpConflated(t *testing.T) {
	h := open(t)
	slow, quick := h.live(), h.live()
	for _, l := range []*live{slow, quick} {
		l.send(`{"type":"watch","metrics":["m*"],"rate":20}`)
		l.takeUntil(func() bool { return l.snaps == 1 })
	}
	var body strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&body, `{"metric":"m%d","add":1}`+"\n", i)
	}
	for i := range 15 {
		h.must("POST", "/api/v1/metrics", body.String())
		quick.takeUntil(func() bool { return quick.set.Seq >= uint64(i+1)*1000 })
	}
	slow.takeUntil(func() bool { return slow.set.Seq == 15_000 })
	for _, id := range []metric.ID{"m0", "m999"} {
		if got := slow.total(id); got.Count != 15 || got.Max != 15 || got.Min != 1 {
			t.Errorf("%s: %+v", id, got)
		}
	}
}

func TestADrainingServerSaysGoodbye(t *testing.T) {
	h := open(t)
	ws, status, dashboard := h.dial("/ws"), h.dial("/status"), h.dial("/dashboard")
	for _, p := range []*peer{ws, status, dashboard} {
		p.read()
	}
	drained := make(chan struct{})
	go func() {
		h.api.Drain(context.Background())
		close(drained)
	}()
	if got := string(ws.until("goodbye")); got != `{"type":"goodbye","retry_ms":1000}` {
		t.Errorf("goodbye: %s", got)
	}
	var all sync.WaitGroup
	for _, p := range []*peer{ws, status, dashboard} {
		all.Go(func() {
			if code := p.closed(); code != wire.CloseRestart {
				t.Errorf("closed with %d", code)
			}
		})
	}
	all.Wait()
	<-drained
	if h.api.Sockets() != 0 {
		t.Errorf("%d sockets are left", h.api.Sockets())
	}
}
