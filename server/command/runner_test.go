//go:build linux

package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"telltale/server/command/capture"
	"telltale/server/command/keep"
	"telltale/shared/room"
	"telltale/shared/run"
)

// TestMain lets the test's own binary be a keeper.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "keep" {
		os.Exit(keep.Main(os.Args[2:]))
	}
	if len(os.Args) > 2 && os.Args[1] == "speak" {
		lines, _ := strconv.Atoi(os.Args[2])
		speak(lines)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// book keeps runs and their lines in memory.
type book struct {
	mu     sync.Mutex
	runs   map[string]run.Run
	lines  map[string][]capture.Line
	begun  map[string]string // by key and digest
	broken error             // every report fails with it
	news   chan struct{}
}

func newBook() *book {
	return &book{runs: map[string]run.Run{}, lines: map[string][]capture.Line{}, begun: map[string]string{}, news: make(chan struct{}, 1)}
}

func (b *book) Report(_ context.Context, r run.Run, lines []capture.Line) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return b.broken
	}
	b.runs[r.ID] = r
	b.lines[r.ID] = append(b.lines[r.ID], lines...)
	select {
	case b.news <- struct{}{}:
	default:
	}
	return nil
}

func (b *book) Begin(ctx context.Context, r run.Run, key string, digest uint64) (string, error) {
	if err := b.Report(ctx, r, nil); err != nil || key == "" {
		return r.ID, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun[fmt.Sprint(key, digest)] = r.ID
	return r.ID, nil
}

func (b *book) Begun(_ context.Context, key string, digest uint64) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.begun[fmt.Sprint(key, digest)], b.broken
}

func (b *book) Runs(context.Context) ([]run.Run, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []run.Run
	for _, r := range b.runs {
		all = append(all, r)
	}
	return all, nil
}

func (b *book) breakWith(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = err
}

// until waits until a run is as it should be.
func (b *book) until(t *testing.T, id string, is func(run.Run, []capture.Line) bool) (run.Run, string) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		b.mu.Lock()
		r, lines := b.runs[id], slices.Clone(b.lines[id])
		b.mu.Unlock()
		if is(r, lines) {
			var text strings.Builder
			for _, l := range lines {
				text.WriteString(string(l.Stream[3:]) + ":" + l.Content + "\n")
			}
			return r, text.String()
		}
		select {
		case <-b.news:
		case <-deadline:
			t.Fatalf("it does not come to that: %+v, %d lines", r, len(lines))
		}
	}
}

func ended(r run.Run, _ []capture.Line) bool { return r.State.Final() }

func said(text string) func(run.Run, []capture.Line) bool {
	return func(_ run.Run, lines []capture.Line) bool {
		return slices.ContainsFunc(lines, func(l capture.Line) bool { return l.Content == text })
	}
}

// open makes a runner of shell scripts by name.
func open(t *testing.T, b *book, scripts map[string]string, change ...func(*Command)) *Runner {
	t.Helper()
	o := Options{Reports: b, Keeper: []string{"/proc/self/exe", "keep"}, Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), Grace: 300 * time.Millisecond,
		retries: [2]time.Duration{time.Millisecond, time.Millisecond}}
	for name, script := range scripts {
		c := Command{Name: name, Exec: []string{"sh", "-c", script}, MaxParallel: 1, Env: map[string]string{"GORACE": "atexit_sleep_ms=0"}}
		for _, f := range change {
			f(&c)
		}
		o.Commands = append(o.Commands, c)
	}
	r := New(o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		r.Drain(ctx, 0)
	})
	return r
}

func start(t *testing.T, r *Runner, name string) run.Run {
	t.Helper()
	begun, err := r.Start(t.Context(), Request{Command: name, By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

func TestARunIsKeptFromItsStartToHowItEnded(t *testing.T) {
	b := newBook()
	r := open(t, b, map[string]string{"good": "echo one; echo two >&2; printf three", "bad": "exit 3", "killed": "kill -TERM $$"})
	told := make(chan run.Run, 3)
	r.Ended = func(r run.Run) { told <- r }
	begun := start(t, r, "good")
	if begun.State != run.Running || begun.By != "ann" || run.CheckID(begun.ID) != nil || begun.Started == 0 {
		t.Errorf("%+v", begun)
	}
	good, text := b.until(t, begun.ID, ended)
	if good.State != run.Exited || *good.Code != 0 || good.Signal != "" || good.Lines != 3 || good.Bytes != 13 || good.Duration <= 0 {
		t.Errorf("%+v", good)
	}
	if !strings.Contains(text, "out:one\n") || !strings.Contains(text, "err:two\n") || !strings.HasSuffix(text, "out:three\n") {
		t.Errorf("%q", text)
	}
	if last := <-told; !reflect.DeepEqual(last, good) {
		t.Errorf("its end was told as %+v", last)
	}
	if bad, _ := b.until(t, start(t, r, "bad").ID, ended); bad.State != run.Exited || *bad.Code != 3 {
		t.Errorf("%+v", bad)
	}
	if killed, _ := b.until(t, start(t, r, "killed").ID, ended); killed.State != run.Signalled || killed.Signal != "SIGTERM" || killed.Code != nil {
		t.Errorf("%+v", killed)
	}
}

func TestWhatCannotBeStartedSaysWhy(t *testing.T) {
	b := newBook()
	r := open(t, b, map[string]string{"missing": ""}, func(c *Command) { c.Exec = []string{"./no-such-program"} })
	if lost, text := b.until(t, start(t, r, "missing").ID, ended); lost.State != run.Exited || *lost.Code != 127 || text != "err:telltale: ./no-such-program: no such file or directory\n" {
		t.Errorf("%+v, %q", lost, text)
	}
	r = open(t, b, map[string]string{"nowhere": ""}, func(c *Command) { c.Dir = "/nowhere" })
	if lost, text := b.until(t, start(t, r, "nowhere").ID, ended); lost.State != run.Exited || *lost.Code != 126 || !strings.Contains(text, "its dir is no folder: /nowhere") {
		t.Errorf("%+v, %q", lost, text)
	}
}

func TestOnlyWhatTheConfigurationNamesIsStartedAndOnlySoOften(t *testing.T) {
	b := newBook()
	r := open(t, b, map[string]string{"wait": "echo here; exec sleep 1000"}, func(c *Command) { c.MaxParallel = 2 })
	if _, err := r.Start(t.Context(), Request{Command: "rm"}); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if _, err := r.Start(t.Context(), Request{Command: "wait", Args: map[string]string{"x": "y"}}); !errors.Is(err, ErrArgs) {
		t.Error(err)
	}
	first, second := start(t, r, "wait"), start(t, r, "wait")
	if _, err := r.Start(t.Context(), Request{Command: "wait"}); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	if r.Stop("no-such-run") || !r.Stop(first.ID) { // perhaps before it has begun
		t.Error("only a run that goes on can be stopped")
	}
	if stopped, _ := b.until(t, first.ID, ended); stopped.State != run.Signalled || stopped.Signal != "SIGTERM" {
		t.Errorf("%+v", stopped)
	}
	for deadline := time.Now().Add(2 * time.Minute); ; {
		third, err := r.Start(t.Context(), Request{Command: "wait"})
		if err == nil {
			b.until(t, third.ID, said("here"))
			break
		}
		if !errors.Is(err, ErrBusy) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	b.until(t, second.ID, said("here"))
	b.breakWith(errors.New("disk full"))
	r.Stop(second.ID)
	b.breakWith(nil)
	b.until(t, second.ID, ended)
	b.breakWith(errors.New("disk full"))
	for deadline := time.Now().Add(2 * time.Minute); ; { // the place of one that ended is free a little later
		_, err := r.Start(t.Context(), Request{Command: "wait"})
		if err == nil || errors.Is(err, ErrBusy) && time.Now().After(deadline) {
			t.Errorf("a run that cannot be kept: %v", err)
		}
		if !errors.Is(err, ErrBusy) {
			break
		}
	}
	b.breakWith(nil)
}

func TestARunWhoseTimeIsOverIsEnded(t *testing.T) {
	b := newBook()
	r := open(t, b, map[string]string{"slow": `trap "" TERM; echo here; while :; do sleep 1; done`}, func(c *Command) { c.Timeout = 100 * time.Millisecond })
	if late, _ := b.until(t, start(t, r, "slow").ID, ended); late.State != run.TimedOut || late.Signal != "SIGKILL" || late.Duration < 100 || late.Duration > 20_000 {
		t.Errorf("%+v", late)
	}
}

func TestACommandDoesNotWaitForTheStoreAndNothingIsLostOrDoubled(t *testing.T) {
	b := newBook()
	done := t.TempDir() + "/done"
	r := open(t, b, map[string]string{"much": "echo here; read x < " + done + ".go; seq 1 100000; touch " + done})
	if err := os.WriteFile(done+".go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	begun := start(t, r, "much")
	b.breakWith(errors.New("disk full"))
	deadline := time.After(2 * time.Minute)
	for tick := time.Tick(5 * time.Millisecond); ; {
		if _, err := os.Stat(done); err == nil {
			break
		}
		select {
		case <-tick:
		case <-deadline:
			t.Fatal("the command waits for a store that is full")
		}
	}
	b.breakWith(nil)
	good, text := b.until(t, begun.ID, ended)
	want := regexp.MustCompile(`(?m)^out:`)
	if n := len(want.FindAllString(text, -1)); n != 100_001 || good.Lines != 100_001 || good.Bytes != 588895+5 || !strings.HasSuffix(text, "out:99999\nout:100000\n") {
		t.Errorf("%d lines, %+v", n, good)
	}
}

func TestDrainEndsAllRunsWithinTheirGrace(t *testing.T) {
	b := newBook()
	r := open(t, b, map[string]string{"kind": "trap 'echo bye; exit 4' TERM; echo here; while :; do sleep 0.1; done", "stubborn": "trap '' TERM; echo here; while :; do sleep 1; done"})
	kind, stubborn := start(t, r, "kind"), start(t, r, "stubborn")
	b.until(t, kind.ID, said("here"))
	b.until(t, stubborn.ID, said("here"))
	r.Drain(t.Context(), 2*time.Second)
	if got, text := b.until(t, kind.ID, ended); *got.Code != 4 || !strings.Contains(text, "out:bye\n") {
		t.Errorf("%+v, %q", got, text)
	}
	if got, _ := b.until(t, stubborn.ID, ended); got.Signal != "SIGKILL" {
		t.Errorf("%+v", got)
	}
	if _, err := r.Start(t.Context(), Request{Command: "kind"}); !errors.Is(err, ErrEnding) {
		t.Error(err)
	}
}

func TestRunsOfAServerThatIsGoneAreLostAndOthersAreNot(t *testing.T) {
	b := newBook()
	zero := 0
	for _, each := range []run.Run{{ID: "ours", State: run.Running, Bytes: 7}, {ID: "theirs", State: run.Running, Host: "elsewhere"}, {ID: "old", State: run.Exited, Code: &zero}} {
		_ = b.Report(t.Context(), each, nil)
	}
	if err := open(t, b, nil).Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]run.State{"ours": run.Lost, "theirs": run.Running, "old": run.Exited} {
		if got := b.runs[id].State; got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
}

func TestPiecesOfALineAreOneLine(t *testing.T) {
	l := &live{amid: map[room.Stream]bool{}}
	l.count([]capture.Line{{Stream: room.Stdout, Open: true}, {Stream: room.Stderr}, {Stream: room.Stdout, Open: true}})
	l.count([]capture.Line{{Stream: room.Stdout}, {Stream: room.Stdout}})
	if l.run.Lines != 3 {
		t.Errorf("%d lines", l.run.Lines)
	}
}

func TestAKeyStartsOneRunWhateverElseGoesOn(t *testing.T) {
	b := newBook()
	r := open(t, b, map[string]string{"wait": "sleep 1000"})
	q := Request{Command: "wait", Key: "k", Digest: 1}
	var all sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		all.Go(func() {
			begun, err := r.Start(t.Context(), q)
			if err != nil || begun.Command != "wait" || begun.State != run.Running {
				t.Errorf("%+v, %v", begun, err)
			}
			ids[i] = begun.ID
		})
	}
	all.Wait()
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 1 || ids[0] == "" {
		t.Errorf("it has started %q", ids)
	}
	q.Key = "other"
	if _, err := r.Start(t.Context(), q); !errors.Is(err, ErrBusy) {
		t.Errorf("another key: %v", err)
	}
	r.Stop(ids[0])
	b.until(t, ids[0], ended)
	q.Key = "k"
	if again, err := r.Start(t.Context(), q); err != nil || again.ID != ids[0] || again.State != run.Running {
		t.Errorf("after its end: %+v, %v", again, err)
	}
}

// raced is a book in which another process begins a key's run meanwhile.
type raced struct{ *book }

func (r raced) Begin(context.Context, run.Run, string, uint64) (string, error) { return "theirs", nil }

func TestWhoseKeyAnotherProcessHasBegunMeanwhileIsARepeat(t *testing.T) {
	r := open(t, newBook(), map[string]string{"wait": "sleep 1000"})
	r.Reports = raced{newBook()}
	begun, err := r.Start(t.Context(), Request{Command: "wait", Key: "k"})
	if err != nil || begun.ID != "theirs" || begun.Started != 0 || begun.State != run.Running || len(r.Going()) != 0 {
		t.Errorf("%+v, %v; here goes on %q", begun, err, r.Going())
	}
}

func TestRunsOfServersThatShareTheStoreCountToo(t *testing.T) {
	b := newBook()
	r := open(t, b, map[string]string{"wait": "sleep 1000", "other": "true"}, func(c *Command) { c.MaxParallel = 2 })
	r.Leads = func() bool { return false }
	for id, each := range map[string]run.Run{"theirs": {Command: "wait", State: run.Running}, "over": {Command: "wait", State: run.Exited},
		"elsewhere": {Command: "wait", Host: "desk", State: run.Running}, "another": {Command: "other", State: run.Running}} {
		each.ID = id
		if err := b.Report(t.Context(), each, nil); err != nil {
			t.Fatal(err)
		}
	}
	ours, err := r.Start(t.Context(), Request{Command: "wait"})
	if err != nil {
		t.Fatalf("beside one of two: %v", err)
	}
	if _, err := r.Start(t.Context(), Request{Command: "wait"}); !errors.Is(err, ErrBusy) {
		t.Errorf("beside two of two, one of them another server's: %v", err)
	}
	if err := b.Report(t.Context(), run.Run{ID: "theirs", Command: "wait", State: run.Lost}, nil); err != nil {
		t.Fatal(err)
	}
	second, err := r.Start(t.Context(), Request{Command: "wait"})
	if err != nil {
		t.Errorf("once that is over: %v", err)
	}
	for _, id := range []string{ours.ID, second.ID} {
		if r.Stop(id) {
			b.until(t, id, ended)
		}
	}
}
