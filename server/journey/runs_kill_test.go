package journey

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/shared/run"
)

// slaughter is many runs on a server that is killed again and again.
type slaughter struct {
	runs, kills int
	seed        uint64
}

// TestWhatAServerThatIsKilledSaysOfItsRunsIsRight starts runs, has viewers follow
// them and kills the server. TestSoakRuns does so with a thousand.
func TestWhatAServerThatIsKilledSaysOfItsRunsIsRight(t *testing.T) {
	slaughter{runs: 60, kills: 3, seed: 1}.endure(t)
}

// job is a run as who started it knows it.
type job struct {
	n, code int
	brood   bool
	id      string

	mu    sync.Mutex
	heard []string // what a viewer read of its room
}

// configure writes a configuration of two commands, whose processes have the mark.
func configure(t *testing.T, file, mark string) {
	t.Helper()
	text := fmt.Sprintf(`
[command.job]
exec = ["sh", "-c", "echo begin $1; sleep $2; echo end $1 >&2; exit $3", "job", "{n}", "{nap}", "{code}"]
max_parallel = 100
room = "jobs"
env = { TELLTALE_MARK = %[1]q }
args = { n = "[0-9]+", nap = "0[.][0-9]+", code = "[0-9]+" }

# It forks, forks twice, leaves its session, and ignores what asks it to end.
[command.brood]
exec = ["sh", "-c", "trap '' TERM HUP; echo begin $1; (setsid sleep 601 &) ; setsid sh -c 'sleep 602 & sleep 603' & while :; do sleep 604; done", "brood", "{n}"]
max_parallel = 100
room = "jobs"
env = { TELLTALE_MARK = %[1]q }
args = { n = "[0-9]+" }
`, mark)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// marked are the processes that have the mark in their environment.
func marked(mark string) (pids []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if environment, err := os.ReadFile(file); err == nil && bytes.Contains(environment, []byte("TELLTALE_MARK="+mark+"\x00")) {
			pids = append(pids, strings.Split(file, "/")[2])
		}
	}
	return pids
}

func (k slaughter) endure(t *testing.T) {
	chance := rand.New(rand.NewPCG(k.seed, 4))
	file := filepath.Join(t.TempDir(), "telltale.toml")
	mark := func(round int) string { return fmt.Sprintf("%s-%d", file, round) }
	configure(t, file, mark(0))
	s := quiet(t, "--config", file)
	var all []*job
	lost, known := 0, 0
	for round := range k.kills {
		var viewers sync.WaitGroup
		var jobs []*job
		for range k.runs / k.kills {
			j := &job{n: len(all) + len(jobs), code: chance.IntN(256)}
			j.brood = j.n%10 == 7
			j.start(s, chance.IntN(300))
			jobs = append(jobs, j)
			if j.n%3 == 0 {
				viewers.Go(func() { j.follow(s) })
			}
		}
		// Some end, none of which may be said otherwise afterwards.
		s.settled(jobs, chance.IntN(len(jobs)))
		before := s.runs()
		s.kill()
		viewers.Wait()
		all = append(all, jobs...)
		configure(t, file, mark(round+1))
		s.again()
		after := s.runs()
		for _, j := range all {
			if state := j.check(s, before[j.id], after[j.id]); state == run.Lost {
				lost++
			} else {
				known++
			}
		}
	}
	if lost == 0 || known == 0 {
		t.Errorf("%d are lost, %d known: the kills came at no interesting time", lost, known)
	}
	for round := range k.kills {
		eventually(t, wait, "no process is left", func() bool { return len(marked(mark(round))) == 0 })
	}
	t.Logf("of %d runs, looked at after each of %d kills, %d answers were lost and %d known", len(all), k.kills, lost, known)
}

// start starts the run.
func (j *job) start(s *server, nap int) {
	s.t.Helper()
	name, args := "job", fmt.Sprintf(`{"args":{"n":"%d","nap":"0.%03d","code":"%d"}}`, j.n, nap, j.code)
	if j.brood {
		name, args = "brood", fmt.Sprintf(`{"args":{"n":"%d"}}`, j.n)
	}
	status, answer := s.call("POST", "/api/v1/runs/"+name, args)
	var begun run.Run
	if err := json.Unmarshal([]byte(answer), &begun); err != nil || status != http.StatusAccepted || begun.State != run.Running {
		s.t.Fatalf("%d %s", status, answer)
	}
	j.id = begun.ID
}

// follow reads the run's room until the server is gone.
func (j *job) follow(s *server) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", s.url+"/r/run."+j.id+"?since=all", nil)
	if err != nil {
		s.t.Error(err)
		return
	}
	response, err := client.Do(request)
	if err != nil {
		return // it is gone already
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		j.mu.Lock()
		j.heard = append(j.heard, lines.Text())
		j.mu.Unlock()
	}
}

// runs are all runs that the server knows.
func (s *server) runs() map[string]run.Run {
	s.t.Helper()
	var list []run.Run
	if err := json.Unmarshal([]byte(s.must("GET", "/api/v1/runs", "")), &list); err != nil {
		s.t.Fatal(err)
	}
	all := map[string]run.Run{}
	for _, r := range list {
		all[r.ID] = r
	}
	return all
}

// settled waits until so many of the jobs have ended, or all that do.
func (s *server) settled(jobs []*job, n int) {
	s.t.Helper()
	eventually(s.t, wait, "jobs end", func() bool {
		known, ended, end := s.runs(), 0, 0
		for _, j := range jobs {
			if !j.brood {
				end++
			}
			if known[j.id].State.Final() {
				ended++
			}
		}
		return ended >= min(n, end)
	})
}

// check holds what the server says of the run after a kill against what was said before it, and what is true.
func (j *job) check(s *server, before, after run.Run) run.State {
	s.t.Helper()
	if after.ID != j.id || after.Room != "jobs" {
		s.t.Fatalf("run %d was answered, and is not kept: %+v", j.n, after)
	}
	output := s.must("GET", "/api/v1/runs/"+j.id+"/output", "")
	begin, end := fmt.Sprintf("begin %d\n", j.n), fmt.Sprintf("end %d\n", j.n)
	// Which of two lines is read first that come on two streams at nearly the same time, nobody knows.
	whole := output == begin+end || output == end+begin
	switch {
	case before.State.Final() && (before.State != after.State || before.Duration != after.Duration):
		s.t.Errorf("run %d was %+v, and is %+v", j.n, before, after)
	case after.State == run.Lost && output != "" && output != begin && output != end && !whole:
		s.t.Errorf("run %d was lost after %q", j.n, output)
	case after.State == run.Exited && (j.brood || after.Code == nil || *after.Code != j.code || !whole || after.Lines != 2 || after.Bytes != uint64(len(output))):
		s.t.Errorf("run %d is %+v after %q, it exits with %d", j.n, after, output, j.code)
	case after.State != run.Lost && after.State != run.Exited:
		s.t.Errorf("run %d is %+v", j.n, after)
	}
	said := output + after.Ending() + "\n"
	if history := s.history("run." + j.id); history[len(history)-1].Content != after.Ending() {
		s.t.Errorf("the room of run %d ends with %+v", j.n, history[len(history)-1])
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if heard := strings.Join(append(j.heard, ""), "\n"); !strings.HasPrefix(said, heard) {
		s.t.Errorf("of run %d was heard %q, and kept is %q", j.n, heard, said)
	}
	return after.State
}

// A command that does what it is told has time to end, and nobody waits for one that does not.
func TestSIGTERMEndsTheRunsTooAndSaysHow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "telltale.toml")
	text := `
[command.kind]
exec = ["sh", "-c", "trap 'echo bye; exit 4' TERM; echo here; while :; do sleep 0.1; done"]
env = { TELLTALE_MARK = "` + file + `" }
[command.stubborn]
exec = ["sh", "-c", "trap '' TERM; echo here; setsid sleep 600 & while :; do sleep 601; done"]
env = { TELLTALE_MARK = "` + file + `" }
[command.often]
exec = ["true"]
every = "1h"
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := quiet(t, "--config", file)
	ids := map[string]string{}
	for _, name := range []string{"kind", "stubborn"} {
		status, answer := s.call("POST", "/api/v1/runs/"+name, "")
		var begun run.Run
		if err := json.Unmarshal([]byte(answer), &begun); err != nil || status != http.StatusAccepted {
			t.Fatalf("%d %s", status, answer)
		}
		ids[name] = begun.ID
		eventually(t, wait, "it has begun", func() bool { return s.must("GET", "/api/v1/runs/"+begun.ID+"/output", "") == "here\n" })
		if status, answer := s.call("POST", "/api/v1/runs/"+name, ""); status != http.StatusConflict {
			t.Errorf("a second one: %d %s", status, answer)
		}
	}
	scheduled := func() (n int) {
		for _, r := range s.runs() {
			if r.Command == "often" && r.By == "schedule" && r.State == run.Exited {
				n++
			}
		}
		return n
	}
	eventually(t, wait, "the schedule has run", func() bool { return scheduled() == 1 })
	eventually(t, wait, "its duration is a metric", func() bool {
		status, _ := s.call("GET", "/m/run.often.seconds", "")
		return status == http.StatusOK
	})
	s.drains()
	if left := marked(file); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
	s.again()
	runs := s.runs()
	if r := runs[ids["kind"]]; r.State != run.Exited || *r.Code != 4 || !strings.Contains(s.must("GET", "/api/v1/runs/"+r.ID+"/output", ""), "bye\n") {
		t.Errorf("%+v", r)
	}
	if r := runs[ids["stubborn"]]; r.State != run.Signalled || r.Signal != "SIGKILL" {
		t.Errorf("%+v", r)
	}
	if n := scheduled(); n != 1 {
		t.Errorf("what runs each hour ran %d times", n)
	}
}
