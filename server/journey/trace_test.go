package journey

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"sort"
	"strconv"
	"testing"
)

// traced is an event of a Chromium trace; times are in µs (Trace Event Format, catapult).
type traced map[string]json.RawMessage

// of is a number that an event has, and whether it has it.
func (e traced) of(name string) (float64, bool) {
	value, err := strconv.ParseFloat(string(e[name]), 64)
	return value, err == nil
}

func (e traced) set(name string, value float64) {
	e[name] = strconv.AppendFloat(nil, value, 'f', -1, 64)
}

// byProcessor has each task in a trace last as long as it had the processor, and what is in it follow at the times at which
// the thread got there: a trace tells both clocks. What else runs on the machine then makes no task look longer.
func byProcessor(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var trace map[string]json.RawMessage
	var events []traced
	if err := json.Unmarshal(text, &trace); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(trace["traceEvents"], &events); err != nil {
		t.Fatal(err)
	}
	threads := map[string][]traced{}
	for _, e := range events {
		thread := string(e["pid"]) + " " + string(e["tid"])
		threads[thread] = append(threads[thread], e)
	}
	tasks := 0
	for _, all := range threads {
		tasks += shorten(all)
	}
	if tasks == 0 {
		t.Fatal("the trace tells of no task how long it had the processor")
	}
	if trace["traceEvents"], err = json.Marshal(events); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(trace); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// shorten does it for the events of a thread, and answers how many tasks it had.
func shorten(events []traced) int {
	type task struct{ begun, took, clock, had float64 }
	var tasks []task
	for _, e := range events {
		begun, _ := e.of("ts")
		took, _ := e.of("dur")
		clock, _ := e.of("tts")
		if had, is := e.of("tdur"); is && bytes.Equal(e["name"], []byte(`"RunTask"`)) {
			tasks = append(tasks, task{begun, took, clock, min(had, took)}) // a thread's clock may jump
		}
	}
	slices.SortFunc(tasks, func(a, b task) int { return int(a.begun - b.begun) })
	for _, e := range events {
		at, _ := e.of("ts")
		i := sort.Search(len(tasks), func(i int) bool { return tasks[i].begun > at }) - 1
		if i < 0 || at > tasks[i].begun+tasks[i].took {
			continue
		}
		in := tasks[i]
		into := at - in.begun
		if clock, is := e.of("tts"); is {
			into = clock - in.clock
		}
		into = min(max(into, 0), in.had)
		e.set("ts", in.begun+into)
		if took, is := e.of("dur"); is {
			if had, is := e.of("tdur"); is {
				took = had
			}
			e.set("dur", min(took, in.had-into))
		}
	}
	return len(tasks)
}
