package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"telltale/server/command"
	"telltale/server/ledger"
	"telltale/shared/room"
	"telltale/shared/run"
)

// foreman starts runs that do nothing until they are stopped.
type foreman struct {
	ledger *ledger.Ledger
	mu     sync.Mutex
	asked  []string
	goes   map[string]run.Run
}

func (f *foreman) Start(ctx context.Context, q command.Request) (run.Run, error) {
	name := q.Command
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprint(name, q.Args, q.By))
	switch name {
	case "deploy":
	case "busy":
		return run.Run{}, fmt.Errorf("%w: busy, 1", command.ErrBusy)
	case "args":
		return run.Run{}, fmt.Errorf("%w: needs branch", command.ErrArgs)
	case "ending":
		return run.Run{}, command.ErrEnding
	default:
		return run.Run{}, fmt.Errorf("%w: %q", command.ErrUnknown, name)
	}
	r := run.Run{ID: fmt.Sprint("id", len(f.asked)), Command: name, State: run.Running, Started: 1, Args: q.Args}
	posted, err := f.ledger.Report(ctx, ledger.Report{Run: r, Key: q.Key, Digest: q.Digest})
	if err == nil {
		err = posted.Err
	}
	if posted.Repeat {
		r.ID = posted.Run
	}
	f.goes[r.ID] = r
	return r, err
}

func (f *foreman) Stop(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, goes := f.goes[id]
	if goes {
		delete(f.goes, id)
		r.State, r.Signal, r.Duration = run.Signalled, "SIGTERM", 5
		_, _ = f.ledger.Report(context.Background(), ledger.Report{Run: r})
	}
	return goes
}

// employ is a server whose commands a foreman starts.
func employ(t *testing.T) (*house, *foreman) {
	f := &foreman{goes: map[string]run.Run{}}
	h := open(t, func(o *Options) { o.Commands, f.ledger = f, o.Ledger })
	return h, f
}

// report puts a run and its lines into the ledger.
func (h *house) report(r run.Run, lines ...ledger.Line) {
	h.t.Helper()
	if _, err := h.api.Ledger.Report(h.t.Context(), ledger.Report{Run: r, Lines: lines}); err != nil {
		h.t.Fatal(err)
	}
}

func TestARunIsStartedShownAndStopped(t *testing.T) {
	h, f := employ(t)
	if got := h.must("GET", "/api/v1/runs", ""); got != "[]\n" {
		t.Errorf("at first %s", got)
	}
	r := h.ask("POST", "/api/v1/runs/deploy", "")
	if r.status != http.StatusAccepted || r.body != `{"id":"id1","command":"deploy","state":"running"}`+"\n" || r.header.Get("Location") != "/api/v1/runs/id1" {
		t.Errorf("%d %s %v", r.status, r.body, r.header)
	}
	if r := h.ask("POST", "/api/v1/runs/deploy", `{"args":{"branch":"main"}}`); r.status != http.StatusAccepted {
		t.Errorf("%d %s", r.status, r.body)
	}
	if f.asked[0] != "deploymap[]" || f.asked[1] != "deploymap[branch:main]" {
		t.Errorf("asked were %q", f.asked)
	}
	var one run.Run
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/runs/id1", "")), &one); err != nil || one.State != run.Running || one.Code != nil || one.Duration < 1000 {
		t.Errorf("%+v, %v", one, err)
	}
	if r := h.ask("DELETE", "/api/v1/runs/id1", ""); r.status != http.StatusAccepted || !strings.Contains(r.body, `"state":"running"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := h.ask("DELETE", "/api/v1/runs/id1", ""); r.status != http.StatusOK || !strings.Contains(r.body, `"state":"signalled","code":null,"signal":"SIGTERM"`) {
		t.Errorf("the second time %d %s", r.status, r.body)
	}
	var all []run.Run
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/runs", "")), &all); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestARunThatIsRefusedSaysWhy(t *testing.T) {
	h, _ := employ(t)
	h.report(run.Run{ID: "far", Command: "make", State: run.Running, Host: "laptop"})
	for _, row := range []struct {
		method, path, body string
		status             int
		detail             string
	}{
		{"POST", "/api/v1/runs/rm", "", 404, "no such command"},
		{"POST", "/api/v1/runs/busy", "", 409, "as many runs"},
		{"POST", "/api/v1/runs/args", "", 400, "needs branch"},
		{"POST", "/api/v1/runs/ending", "", 503, "ending"},
		{"POST", "/api/v1/runs/deploy", "{", 400, "JSON"},
		{"POST", "/api/v1/runs/deploy", `{"exec":["rm"]}`, 400, `"exec" is not known`},
		{"POST", "/api/v1/runs/deploy", `{"args":["a"]}`, 400, "not an object"},
		{"POST", "/api/v1/runs/deploy", `{"args":{"a":1}}`, 400, "not a string"},
		{"GET", "/api/v1/runs/none", "", 404, "no such run"},
		{"DELETE", "/api/v1/runs/none", "", 404, "no such run"},
		{"GET", "/api/v1/runs/none/output", "", 404, "no such run"},
		{"GET", "/api/v1/runs/a%20b", "", 400, "not a run's id"},
		{"DELETE", "/api/v1/runs/far", "", 409, "it runs on laptop"},
	} {
		if r := h.ask(row.method, row.path, row.body); r.status != row.status || !strings.Contains(r.detail(), row.detail) {
			t.Errorf("%s %s %s: %d %s, want %d %s", row.method, row.path, row.body, r.status, r.body, row.status, row.detail)
		}
	}
	none := open(t)
	if r := none.ask("POST", "/api/v1/runs/deploy", ""); r.status != 404 || !strings.Contains(r.detail(), "[command.NAME]") {
		t.Errorf("without any commands: %d %s", r.status, r.body)
	}
}

func TestTheOutputIsDownloadedAsItCame(t *testing.T) {
	h, _ := employ(t)
	r := run.Run{ID: "x", Command: "make", State: run.Running, Host: "laptop"}
	h.report(r, ledger.Line{Content: "one", Stream: room.Stdout}, ledger.Line{Content: "t\uFFFDo", Raw: "t\xffo\r", Stream: room.Stderr},
		ledger.Line{Content: "50%", Stream: room.Stdout, Open: true}, ledger.Line{Content: " 100%", Stream: room.Stdout}, ledger.Line{Stream: room.Stdout})
	var want strings.Builder
	want.WriteString("one\nt\xffo\r\n50% 100%\n\n")
	for range 3000 { // several pages
		line := strings.Repeat("x", 100)
		h.report(r, ledger.Line{Content: line, Stream: room.Stdout})
		want.WriteString(line + "\n")
	}
	code := 0
	r.State, r.Code = run.Exited, &code
	h.report(r, ledger.Line{Content: "the end", Stream: room.Stdout, Open: true})
	want.WriteString("the end")
	got := h.ask("GET", "/api/v1/runs/x/output", "")
	if got.body != want.String() || got.header.Get("Content-Type") != "text/plain; charset=utf-8" || got.header.Get("Content-Disposition") != `attachment; filename="run-x.txt"` {
		t.Errorf("%d bytes, want %d; %v", len(got.body), len(want.String()), got.header)
	}
	if head := h.ask("HEAD", "/api/v1/runs/x/output", ""); head.status != 200 || head.body != "" || head.header.Get("Content-Disposition") == "" {
		t.Errorf("%+v", head)
	}
	if last := h.must("GET", "/api/v1/rooms/run.x/messages?limit=1", ""); !strings.Contains(last, "exited with code 0") {
		t.Errorf("the room ends with %s", last)
	}
}

func TestAKeyStartsARunOnceAndItsArgumentsAreShown(t *testing.T) {
	h, _ := employ(t)
	const key, body = "Idempotency-Key: k", `{"args":{"branch":"main"}}`
	first := h.ask("POST", "/api/v1/runs/deploy", body, key)
	again := h.ask("POST", "/api/v1/runs/deploy", body, key)
	if first.status != http.StatusAccepted || again.status != first.status || again.body != first.body || again.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("%d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	if runs := h.must("GET", "/api/v1/runs", ""); strings.Count(runs, `"id"`) != 1 {
		t.Errorf("it has started %s", runs)
	}
	if one := h.must("GET", "/api/v1/runs/id1", ""); !strings.Contains(one, `"args":{"branch":"main"}`) {
		t.Errorf("the run is %s", one)
	}
	for path, other := range map[string]string{"/api/v1/runs/deploy": "", "/order": "", "/r/build": "x", "/m/x": "1"} {
		if r := h.ask("POST", path, other, key); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s with the same key: %d %s", path, r.status, r.body)
		}
	}
	h.must("POST", "/order", "", "Idempotency-Key: o")
	if r := h.ask("POST", "/api/v1/runs/deploy", "", "Idempotency-Key: o"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("an order's key starts a run: %d %s", r.status, r.body)
	}
}
