package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/command/capture"
	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/room"
	"telltale/shared/run"
)

const beginning = `{"command":"make -j4","room":"build","host":"desk","state":"running","started":1000}`

// segments are a body of output, each written as "1text" or "2text".
func segments(all ...string) string {
	var body []byte
	for _, each := range all {
		body = capture.AppendSegment(body, map[byte]room.Stream{'1': room.Stdout, '2': room.Stderr}[each[0]], []byte(each[1:]))
	}
	return string(body)
}

// put says how a run elsewhere stands.
func (h *house) put(id, body string) run.Run {
	h.t.Helper()
	var r run.Run
	if err := json.Unmarshal([]byte(h.must("PUT", "/api/v1/runs/"+id, body)), &r); err != nil {
		h.t.Fatal(err)
	}
	return r
}

// output posts output and answers the status and the offset.
func (h *house) output(id string, offset int, body string) (status, next int) {
	h.t.Helper()
	r := h.ask("POST", fmt.Sprintf("/api/v1/runs/%s/output?offset=%d", id, offset), body)
	var said offsetAnswer
	if err := json.Unmarshal([]byte(r.body), &said); err != nil {
		h.t.Fatalf("%d %s", r.status, r.body)
	}
	return r.status, int(said.Offset)
}

func TestARunElsewhereIsTakenOnceByItsOffset(t *testing.T) {
	h := open(t)
	if r := h.put("k1", beginning); r.State != run.Running || r.Command != "make -j4" || r.Host != "desk" || r.Started != 1000 || r.Room != "build" {
		t.Errorf("begun as %+v", r)
	}
	at := 0
	for _, step := range []struct {
		offset int
		body   string
		status int
		next   int
	}{
		{0, segments("1one\n", "2err\r\n", "1tw"), 200, 11},
		{0, segments("1one\n", "2err\r\n", "1tw"), 409, 11}, // the answer was lost: it comes again
		{12, segments("1x"), 409, 11},
		{11, "", 200, 11},
		{11, segments("1"), 200, 11},
		{11, segments("1o\n", "2\xff\n"), 200, 15},
		{11, segments("1o\n"), 409, 15},
	} {
		status, next := h.output("k1", step.offset, step.body)
		if status != step.status || next != step.next {
			t.Errorf("at %d: %d, offset %d, want %d, %d", step.offset, status, next, step.status, step.next)
		}
		at = next
	}
	want := []string{"one", "err", "tw", "o", "\uFFFD"}
	for _, name := range []string{"run.k1", "build"} {
		if got := h.contents(name); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s has %q", name, got)
		}
	}
	if got := h.must("GET", "/api/v1/runs/k1/output", ""); got != "one\nerr\r\ntwo\n\xff\n" {
		t.Errorf("the output is %q", got)
	}
	final := `{"command":"make -j4","room":"build","host":"desk","state":"exited","code":2,"started":1000,"duration_ms":1500}`
	for range 2 {
		r := h.put("k1", final)
		if r.State != run.Exited || *r.Code != 2 || r.Duration != 1500 || r.Lines != 4 || r.Bytes != uint64(at) {
			t.Errorf("ended as %+v", r)
		}
	}
	if r := h.put("k1", beginning); r.State != run.Exited || *r.Code != 2 {
		t.Errorf("it goes on after its end: %+v", r)
	}
	if status, next := h.output("k1", at, segments("1late\n")); status != 409 || next != at {
		t.Errorf("output after its end: %d, %d", status, next)
	}
	ends := h.contents("build")
	if ends[len(ends)-1] != "exited with code 2 after 1.5 s" || len(ends) != 6 {
		t.Errorf("its end is said as %q", ends)
	}
}

func TestOutputThatComesTwiceAtOnceIsTakenOnce(t *testing.T) {
	h := open(t)
	h.put("k1", beginning)
	at, body := 0, segments("1line\n")
	for range 20 {
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { h.output("k1", at, body) })
		}
		both.Wait()
		at += 5
	}
	if got := h.contents("run.k1"); len(got) != 20 {
		t.Errorf("20 lines were sent twice, %d are there", len(got))
	}
}

func TestWhatIsNoNewsOfARunIsRefusedWithASentence(t *testing.T) {
	h := open(t)
	h.report(run.Run{ID: "own", Command: "deploy", State: run.Running})
	h.put("k1", beginning)
	with := func(field string) string { return strings.Replace(beginning, `"command":"make -j4"`, field, 1) }
	for _, row := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"PUT", "a%20b", beginning, 400, "not a run's id"},
		{"PUT", strings.Repeat("x", 65), beginning, 400, "not a run's id"},
		{"PUT", "own", beginning, 409, "the server itself"},
		{"PUT", "k2", `{}`, 400, `"command"`},
		{"PUT", "k2", with(`"command":" "`), 400, `"command"`},
		{"PUT", "k2", with(`"command":"x","colour":1`), 400, `"colour"`},
		{"PUT", "k2", strings.Replace(beginning, "running", "lost", 1), 400, `"state"`},
		{"PUT", "k2", strings.Replace(beginning, "running", "exited", 1), 400, `"code"`},
		{"PUT", "k2", with(`"command":"x","code":1`), 400, `"code"`},
		{"PUT", "k2", with(`"command":"x","signal":"SIGTERM"`), 400, `"signal"`},
		{"PUT", "k2", with(`"command":"x","from":-1`), 400, `"from"`},
		{"PUT", "k2", strings.Replace(beginning, "build", "no room", 1), 400, "a room's name"},
		{"PUT", "k2", strings.Replace(beginning, "build", "run.k1", 1), 403, "nobody speaks but the run"},
		{"POST", "own/output?offset=0", segments("1x"), 409, "the server itself"},
		{"POST", "k9/output?offset=0", segments("1x"), 404, "no such run"},
		{"POST", "k1/output", segments("1x"), 400, "?offset="},
		{"POST", "k1/output?offset=-1", segments("1x"), 400, "?offset="},
		{"POST", "k1/output?offset=0", "3\x00\x00\x00\x00", 400, "segments"},
		{"POST", "k1/output?offset=0", "\x01\x00\x00\x00\x09x", 400, "segments"},
		{"POST", "k1/output?offset=0", segments("1" + strings.Repeat("x", 1<<20)), 413, "1 MiB"},
	} {
		r := h.ask(row.method, "/api/v1/runs/"+row.path, row.body)
		if r.status != row.status || !strings.Contains(r.body, strings.ReplaceAll(row.says, `"`, `\"`)) {
			t.Errorf("%s %.40s %.80q: %d %s", row.method, row.path, row.body, r.status, r.body)
		}
	}
	if all, err := h.api.Ledger.Runs(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestNobodySpeaksInARunsRoomButTheRun(t *testing.T) {
	h := open(t)
	h.put("k1", beginning)
	if r := h.ask("POST", "/r/run.k1", "hello"); r.status != http.StatusForbidden {
		t.Errorf("%d %s", r.status, r.body)
	}
	upload := h.post("/r/run.k1")
	if r := <-upload.answered; r.status != http.StatusForbidden {
		t.Errorf("an upload: %d %s", r.status, r.body)
	}
	p := h.dial("/ws")
	p.read() // welcome
	p.send(`{"type":"join","room_id":"run.k1","user_id":"alice"}`)
	p.read()
	p.send(`{"type":"broadcast","room_id":"run.k1","content":"hello","id":"q"}`)
	if got := string(p.read()); !strings.Contains(got, `"forbidden"`) || !strings.Contains(got, `"q"`) {
		t.Errorf("a broadcast: %s", got)
	}
	if got := h.contents("run.k1"); len(got) != 0 {
		t.Errorf("said was %q", got)
	}
}

func TestAServerThatForgotARunGoesOnWithIt(t *testing.T) {
	h := open(t)
	h.put("k1", strings.Replace(beginning, `"host"`, `"from":1000,"host"`, 1))
	if status, next := h.output("k1", 1000, segments("1on\n")); status != 200 || next != 1003 {
		t.Errorf("%d, %d", status, next)
	}
	got := h.contents("run.k1")
	if len(got) != 2 || !strings.Contains(got[0], "1000 bytes of output are missing here") || got[1] != "on" {
		t.Errorf("said is %q", got)
	}
}

func TestNoMoreRunsGoOnElsewhereThanMay(t *testing.T) {
	h := openWith(t, sqlite.Options{Limits: ledger.Limits{MaxRuns: 10}})
	for i := range maxRemotes {
		h.report(run.Run{ID: fmt.Sprint("r", i), Command: "x", Host: "desk", State: run.Running})
	}
	if r := h.ask("PUT", "/api/v1/runs/more", beginning); r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", r.status, r.body)
	}
	h.put("r1", `{"command":"x","state":"signalled","signal":"SIGKILL","started":1}`)
	h.put("more", beginning)
}

// TestARunThatIsNotHeardOfIsLostUntilItIsHeardOfAgain lives through minutes on a virtual clock.
func TestARunThatIsNotHeardOfIsLostUntilItIsHeardOfAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, keepLeases := leasing(t)
		ctx := t.Context()
		keepLeases()
		begun := time.Now()
		for _, host := range []string{"", "desk"} {
			if err := a.report(ctx, ledger.Report{Run: run.Run{ID: "on" + host, Host: host, State: run.Running, Started: begun.UnixMilli()}}); err != nil {
				t.Fatal(err)
			}
		}
		state := func(id string) run.State {
			r, _, err := a.Ledger.Run(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return r.State
		}
		check := func(after time.Duration, want run.State) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if got := state("ondesk"); got != want {
				t.Errorf("%v after its start it is %s, want %s", time.Since(begun), got, want)
			}
		}
		check(55*time.Second, run.Running) // the server had never heard of it
		a.remotes.hear("ondesk")
		check(58*time.Second, run.Running)
		check(20*time.Second, run.Lost)
		if len(a.remotes.heard) != 0 {
			t.Errorf("%d are remembered", len(a.remotes.heard))
		}
		if got := state("on"); got != run.Running {
			t.Errorf("the server's own is %s", got)
		}
	})
}

func TestALostRunIsHeardOfAgain(t *testing.T) {
	h := open(t)
	h.put("k1", beginning)
	h.output("k1", 0, segments("1a\n"))
	lost, taken, err := h.api.Ledger.Run(t.Context(), "k1")
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []func(){
		func() { h.output("k1", 2, segments("1")) },
		func() { h.output("k1", 2, segments("1b\n")) },
		func() { h.put("k1", beginning) },
	} {
		lost.State = run.Lost
		if err := h.api.report(t.Context(), ledger.Report{Run: lost, Taken: taken}); err != nil {
			t.Fatal(err)
		}
		again()
		now, _, err := h.api.Ledger.Run(t.Context(), "k1")
		if err != nil || now.State != run.Running {
			t.Errorf("it is %s, %v", now.State, err)
		}
		lost, taken = now, uint64(now.Bytes)
	}
}
