package ledger_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/server/store/sqlite"
	"telltale/shared/room"
	"telltale/shared/run"
)

// said is what members heard, in short.
func (h *heard) lines() (all []string) {
	for _, m := range h.said {
		all = append(all, fmt.Sprintf("%s %d %s %s: %s", m.Room, m.Seq, m.Sender, m.Stream, m.Content))
	}
	h.said = nil
	return all
}

func TestARunIsSaidInItsRoomAndTheOther(t *testing.T) {
	store, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{Now: func() time.Time { return time.UnixMilli(7) }})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	members := &heard{}
	l := ledger.New(store, members)
	two := 2
	r := run.Run{ID: "a", Command: "make", State: run.Running, Started: 1, Room: "build", By: "alice"}
	lines := []ledger.Line{{Content: "1", Stream: room.Stdout}, {Content: "\uFFFD", Raw: "\xff", Stream: room.Stderr, Open: true}}
	for _, step := range []struct {
		change func()
		lines  []ledger.Line
		last   uint64
		said   []string
	}{
		{func() {}, nil, 0, nil},
		{func() {}, lines, 2, []string{"run.a 1 alice stdout: 1", "run.a 2 alice stderr: \uFFFD", "build 1 alice stdout: 1", "build 2 alice stderr: \uFFFD"}},
		{func() { r.State, r.Duration = run.Lost, 5 }, nil, 2, []string{"run.a 3 run : lost: nobody knows how it ended", "build 3 run : lost: nobody knows how it ended"}},
		{func() {}, nil, 3, nil},
		{func() { r.State = run.Running }, lines[:1], 4, []string{"run.a 4 alice stdout: 1", "build 4 alice stdout: 1"}},
		{func() { r.State, r.Code = run.Exited, &two }, lines[:1], 5, []string{"run.a 5 alice stdout: 1", "run.a 6 run : exited with code 2 after 5 ms",
			"build 5 alice stdout: 1", "build 6 run : exited with code 2 after 5 ms"}},
		{func() { r.State, r.Code = run.Lost, nil }, nil, 6, nil},
		{func() { r.Room = "" }, lines[:1], 7, []string{"run.a 7 alice stdout: 1"}},
	} {
		step.change()
		posted, err := l.Report(t.Context(), ledger.Report{Run: r, Lines: step.lines, Taken: 9})
		if err != nil || posted.Err != nil || posted.Last != step.last {
			t.Errorf("%s: answered %+v, %v, want %d", r.State, posted, err, step.last)
		}
		if got := members.lines(); !reflect.DeepEqual(got, step.said) {
			t.Errorf("%s: said %q, want %q", r.State, got, step.said)
		}
	}
	if kept, taken, err := l.Run(t.Context(), "a"); err != nil || kept.State != run.Exited || *kept.Code != 2 || taken != 9 {
		t.Errorf("kept is %+v, %d taken, %v", kept, taken, err)
	}
	if all, err := l.Messages(t.Context(), "run.a", 1, 1); err != nil || all[0].Raw != "\xff" || !all[0].Open {
		t.Errorf("its bytes are not kept: %+v, %v", all, err)
	}
}

// TestReportsOfOneCommitEndARunOnce has those that come during a commit go into the next.
func TestReportsOfOneCommitEndARunOnce(t *testing.T) {
	store, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	members := &heard{}
	slow := &slowly{Store: store, begun: make(chan struct{}, 9), held: make(chan struct{})}
	l := ledger.New(slow, members)
	answers := make(chan error)
	report := func(state run.State) {
		go func() {
			_, err := l.Report(context.Background(), ledger.Report{Run: run.Run{ID: "a", State: state}})
			answers <- err
		}()
	}
	report(run.Running)
	<-slow.begun
	for _, state := range []run.State{run.Exited, run.Running, run.Lost, run.Exited} {
		report(state)
	}
	close(slow.held)
	for range 5 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	ends := 0
	for _, m := range members.said {
		if m.Content == "exited with code 0 after 0 ms" {
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("said %q", members.lines())
	}
}

// slowly is a store whose posts wait until held is closed.
type slowly struct {
	ledger.Store
	begun, held chan struct{}
}

func (s *slowly) Post(ctx context.Context, batch []ledger.Post) ([]ledger.Posted, error) {
	s.begun <- struct{}{}
	<-s.held
	return s.Store.Post(ctx, batch)
}
