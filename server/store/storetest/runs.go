package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/room"
	"telltale/shared/run"
)

// news is what a run says, as it stands.
func news(r run.Run, taken uint64, lines ...ledger.Line) ledger.Post {
	return ledger.Post{Room: run.Room(r.ID), Sender: r.By, Lines: lines, Run: &ledger.Standing{Run: r, Taken: taken}}
}

// stands holds what is kept of a run against what should be; nil for nothing.
func (w *world) stands(id string, want *ledger.Standing) {
	w.t.Helper()
	r, taken, err := w.Run(w.t.Context(), id)
	switch {
	case want == nil && !errors.Is(err, ledger.ErrNoRun):
		w.t.Errorf("%s is kept: %+v, %v", id, r, err)
	case want != nil && (err != nil || taken != want.Taken || !reflect.DeepEqual(r, want.Run)):
		w.t.Errorf("%s is %+v, %d taken, %v, want %+v", id, r, taken, err, *want)
	}
}

// ids are the runs that are kept, the newest first.
func (w *world) ids() (ids string) {
	w.t.Helper()
	all, err := w.Runs(w.t.Context())
	if err != nil {
		w.t.Fatalf("runs: %v", err)
	}
	for _, r := range all {
		ids += r.ID
	}
	return ids
}

func runNews(t *testing.T, w *world) {
	r := run.Run{ID: "a", Command: "make -j4", State: run.Running, Started: start, Room: "build", By: "alice", Host: "here"}
	if got := w.post(news(r, 0))[0]; got != (ledger.Posted{First: 1, Time: start}) {
		t.Errorf("without a line: %+v", got)
	}
	if all := w.listed(); len(all) != 1 || all[0] != (ledger.RoomSummary{Room: "run.a", Extent: ledger.Extent{First: 1}, Time: start}) {
		t.Errorf("its room: %+v", all)
	}
	want := []room.Message{
		{Room: "run.a", Seq: 1, Time: start, Sender: "alice", Stream: room.Stdout, Content: "one"},
		{Room: "run.a", Seq: 2, Time: start, Sender: "alice", Stream: room.Stderr, Content: "tw\uFFFD", Raw: "tw\xff", Open: true},
		{Room: "run.a", Seq: 3, Time: start, Sender: "alice", Stream: room.Stderr, Content: "o", Raw: "o\r"},
		{Room: "run.a", Seq: 4, Time: start, Sender: run.Sender, Content: "exited with code 2 after 7 ms"},
	}
	var lines []ledger.Line
	for _, m := range want[:3] {
		lines = append(lines, ledger.Line{Content: m.Content, Stream: m.Stream, Raw: m.Raw, Open: m.Open})
	}
	r.Lines, r.Bytes = 2, 9
	got := w.post(news(r, 9, lines...), ledger.Post{Room: "build", Sender: "alice", Lines: lines},
		say("run.a", run.Sender, want[3].Content), news(r, 10))
	if got[0].Last != 3 || got[1].Last != 3 || got[2].First != 4 || got[3].First != 5 || got[3].Last != 4 {
		t.Errorf("answers %+v", got)
	}
	for range 2 {
		w.stands("a", &ledger.Standing{Run: r, Taken: 10})
		if all := w.all("run.a", 0); !reflect.DeepEqual(all, want) {
			t.Errorf("its room has %+v", all)
		}
		if all := w.all("build", 0); len(all) != 3 || all[1].Raw != want[1].Raw || !all[1].Open {
			t.Errorf("the other room has %+v", all)
		}
		w.stands("b", nil)
		w.reopen()
	}
}

func runNewsAllOrNothing(t *testing.T, w *world) {
	r := run.Run{ID: "a", State: run.Running, Started: start}
	w.post(news(r, 1, ledger.Line{Content: "1"}))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	later, other := r, run.Run{ID: "b", State: run.Running, Started: start}
	later.State = run.Lost
	if _, err := w.Post(t.Context(), []ledger.Post{news(later, 2, ledger.Line{Content: "2"}), news(other, 1)}); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("a closed store answers %v", err)
	}
	w.open()
	w.stands("a", &ledger.Standing{Run: r, Taken: 1})
	w.stands("b", nil)
	if all := w.listed(); len(all) != 1 || all[0].Last != 1 {
		t.Errorf("rooms %+v", all)
	}
	// One post that is refused takes nothing from the news beside it.
	w.options.MaxRooms = 1
	w.reopen()
	got := w.post(say("x", "", "1"), say("y", "", "1"), news(other, 5, ledger.Line{Content: "1"}), say("z", "", "1"))
	if got[0].Err != nil || !errors.Is(got[1].Err, ledger.ErrTooManyRooms) || got[2].Err != nil || !errors.Is(got[3].Err, ledger.ErrTooManyRooms) {
		t.Errorf("answers %+v", got)
	}
	w.stands("b", &ledger.Standing{Run: other, Taken: 5})
}

func finalStates(t *testing.T, w *world) {
	tell := func(r run.Run) { w.post(news(r, 0)) }
	for i, last := range []run.Run{
		{State: run.Exited, Code: new(2), Duration: 10}, {State: run.Signalled, Signal: "SIGTERM", Duration: 10},
		{State: run.TimedOut, Duration: 10},
	} {
		last.ID, last.Started = fmt.Sprint(i), start
		running, lost := run.Run{ID: last.ID, State: run.Running, Started: start}, run.Run{ID: last.ID, State: run.Lost, Started: start, Duration: 3}
		for _, r := range []run.Run{running, lost} {
			tell(r)
			w.stands(last.ID, &ledger.Standing{Run: r})
		}
		tell(running) // it is heard of again
		w.stands(last.ID, &ledger.Standing{Run: running})
		tell(lost)
		tell(last)
		other := run.Run{ID: last.ID, State: run.Exited, Code: new(0), Started: start, Duration: 99}
		w.post(news(lost, 0), news(other, 0))
		for _, r := range []run.Run{running, other, lost} {
			tell(r)
			w.stands(last.ID, &ledger.Standing{Run: last})
		}
		w.reopen()
		more := running
		more.Lines, more.Bytes = 1, 4
		w.post(news(more, 4, ledger.Line{Content: "late"}))
		want := last
		want.Lines, want.Bytes = 1, 4
		w.stands(last.ID, &ledger.Standing{Run: want, Taken: 4})
	}
}

func runsListed(t *testing.T, w *world) {
	var want []run.Run
	for i := range 5 {
		r := run.Run{ID: fmt.Sprint(i), Command: "make", State: run.Running, Started: start + int64(i%3), Usual: 7}
		w.post(news(r, uint64(i)))
		r.Duration, r.Lines = int64(10*i), uint64(i)
		if i == 3 {
			r.State, r.Code = run.Exited, new(0)
		}
		w.post(news(r, uint64(10*i)))
		want = append(want, r)
	}
	want = []run.Run{want[2], want[1], want[4], want[0], want[3]}
	for range 2 {
		if all, err := w.Runs(t.Context()); err != nil || !reflect.DeepEqual(all, want) {
			t.Errorf("%v: %+v, want %+v", err, all, want)
		}
		w.stands("4", &ledger.Standing{Run: want[2], Taken: 40})
		w.reopen()
	}
}

func runKeys(t *testing.T, w *world) {
	first := run.Run{ID: "a", Command: "deploy", State: run.Running, Started: start, Args: map[string]string{"branch": "main"}}
	begin := func(id string, digest uint64) ledger.Posted {
		r := first
		r.ID = id
		post := news(r, 0)
		post.Key, post.Digest = "k", digest
		return w.post(post)[0]
	}
	of := func(digest uint64, want string, wrong error) {
		t.Helper()
		if id, err := w.RunOf(t.Context(), "k", digest); id != want || !errors.Is(err, wrong) {
			t.Errorf("the key has begun %q, %v", id, err)
		}
	}
	of(1, "", nil)
	if got := begin("a", 1); got.Err != nil || got.Repeat {
		t.Errorf("%+v", got)
	}
	for range 2 {
		if got := begin("b", 1); !got.Repeat || got.Run != "a" {
			t.Errorf("again: %+v", got)
		}
		if got := begin("b", 2); !errors.Is(got.Err, ledger.ErrKeyReused) {
			t.Errorf("with another body: %+v", got)
		}
		other := say("build", "", "1")
		other.Key, other.Digest = "k", 1
		if got := w.post(other)[0]; !errors.Is(got.Err, ledger.ErrKeyReused) {
			t.Errorf("what is no run: %+v", got)
		}
		of(1, "a", nil)
		of(2, "", ledger.ErrKeyReused)
		w.stands("a", &ledger.Standing{Run: first})
		w.stands("b", nil)
		w.reopen()
	}
	other := say("build", "", "1")
	other.Key, other.Digest = "other", 1
	w.post(other)
	if _, err := w.RunOf(t.Context(), "other", 1); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("a message's key: %v", err)
	}
	w.now += day
	of(1, "", nil)
	if got := begin("b", 1); got.Err != nil || got.Repeat {
		t.Errorf("a day later: %+v", got)
	}
}

func runsOfEach(t *testing.T, w *world) {
	w.options.MaxRuns = ledger.LastRuns + 5
	w.reopen()
	at := int64(start)
	ran := func(command string, n int) {
		for range n {
			at++
			w.post(news(run.Run{ID: fmt.Sprint(command, at), Command: command, State: run.Exited, Code: new(0), Started: at}, 0))
		}
	}
	count := func(want map[string]int) {
		t.Helper()
		all, err := w.Runs(t.Context())
		got := map[string]int{}
		for _, r := range all {
			got[r.Command]++
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("kept are %v, %v, want %v", got, err, want)
		}
	}
	ran("rare", 3)
	ran("often", 100)
	count(map[string]int{"rare": 3, "often": ledger.LastRuns + 2})
	ran("also", 2)
	count(map[string]int{"rare": 3, "often": ledger.LastRuns, "also": 2})
	ran("also", 2) // now each is one of the last of its command: the oldest go
	count(map[string]int{"rare": 1, "often": ledger.LastRuns, "also": 4})
}

func runOutput(t *testing.T, w *world) {
	w.options.RoomMessages, w.options.RoomAge, w.options.RunBytes = 10, time.Hour, 400_000
	w.reopen()
	r := run.Run{ID: "a", State: run.Running, Started: start}
	long := ledger.Line{Content: strings.Repeat("x", 10_000)}
	var lines []ledger.Line
	for range 10 {
		lines = append(lines, long)
	}
	for range 3 { // 300 kB
		w.post(news(r, 0, lines...))
	}
	w.now += 40 * day
	for range 2 {
		w.maintain()
		if x := w.extent("run.a"); x != (ledger.Extent{First: 1, Last: 30}) || len(w.all("run.a", 0)) != 30 {
			t.Errorf("though it is old and long, %+v is kept", x)
		}
		if seq, err := w.SeqBefore(t.Context(), "run.a", w.now); seq != 30 || err != nil {
			t.Errorf("before now: %d, %v", seq, err)
		}
		w.reopen()
	}
	for range 20 { // 2 MB
		w.post(news(r, 0, lines...))
		w.now++
	}
	for range 3 {
		w.maintain()
		x := w.extent("run.a")
		kept := w.all("run.a", 0)
		if x.Last != 230 || len(kept) != int(x.Last-x.First+1) || len(kept) < 40 || len(kept) > 70 || kept[0].Seq != x.First {
			t.Errorf("of 400 kB that are kept there are %d messages, %+v", len(kept), x)
		}
		if n := len(w.all("run.a", x.Last-5)); n != 5 {
			t.Errorf("of the last five %d", n)
		}
		w.reopen()
	}
	if got := w.post(news(r, 0, long))[0]; got.First != 231 {
		t.Errorf("it goes on with %+v", got)
	}
}

func runBound(t *testing.T, w *world) {
	w.options.MaxRuns, w.options.MaxRooms = 3, 1
	w.reopen()
	tell := func(id string, state run.State, age int64) {
		t.Helper()
		if got := w.post(news(run.Run{ID: id, State: state, Started: start - age}, 7, ledger.Line{Content: "from " + id}))[0]; got.Err != nil {
			t.Errorf("%s: %v", id, got.Err)
		}
	}
	w.post(say("x", "", "1"))
	tell("a", run.Running, 9)
	tell("b", run.Exited, 8)
	tell("c", run.Lost, 7)
	w.post(say("x", "", "2"), say("run.b", "run", "the end"))
	tell("d", run.Running, 6)
	for range 2 {
		if got := w.ids(); got != "dca" {
			t.Errorf("kept are %s, want dca", got)
		}
		w.stands("b", nil)
		if rooms := w.listed(); len(rooms) != 4 || w.extent("run.b") != (ledger.Extent{First: 1}) {
			t.Errorf("rooms %+v", rooms)
		}
		w.reopen()
		w.maintain()
	}
	tell("e", run.Running, 5)
	tell("f", run.Running, 4) // none has ended
	if got := w.ids(); got != "feda" {
		t.Errorf("kept are %s, want feda", got)
	}
	tell("d", run.Exited, 6)
	tell("e", run.Exited, 5)
	tell("g", run.Running, 3) // brings them down to the bound
	for range 2 {
		if got := w.ids(); got != "gfa" {
			t.Errorf("kept are %s, want gfa", got)
		}
		if all := w.all("run.g", 0); len(all) != 1 || all[0].Seq != 1 {
			t.Errorf("a new run's room: %+v", all)
		}
		if all := w.all("x", 0); len(all) != 2 {
			t.Errorf("another room: %+v", all)
		}
		w.reopen()
		w.maintain()
	}
	tell("b", run.Running, 2)
	if all := w.all("run.b", 0); len(all) != 1 || all[0].Content != "from b" {
		t.Errorf("a run of an id that made place: %+v", all)
	}
}
