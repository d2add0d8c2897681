package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// crashDir names, in the environment of a child, the directory it works in
// until it is killed.
const crashDir = "TELLTALE_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Fprintln(os.Stderr, workUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// workUntilKilled mutates from many callers, flushing all the time, and prints
// each acknowledged item as "key seq metric value time".
func workUntilKilled(dir string) error {
	ctx := context.Background()
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	l := ledger.New(s, silent{})
	failed := make(chan error)
	go func() {
		for {
			if err := s.Maintain(ctx); err != nil {
				failed <- err
				return
			}
		}
	}()
	for c := range 16 {
		go func() { failed <- crashClient(ctx, l, fmt.Sprintf("%d.%d", os.Getpid(), c)) }()
	}
	return <-failed
}

func crashClient(ctx context.Context, l *ledger.Ledger, name string) error {
	for i := 0; ; i++ {
		items := make([]ledger.Item, 1+rand.IntN(3))
		for k := range items {
			items[k] = ledger.Item{Key: fmt.Sprintf("%s.%d.%d", name, i, k), Mutation: metric.Mutation{
				Metric: metric.ID(fmt.Sprintf("m%d", rand.IntN(5))), Op: metric.Add, Value: float64(rand.IntN(4)),
				Time: time.Now().UnixMilli() - rand.Int64N(3000)}}
		}
		outcomes, err := l.Apply(ctx, ledger.Entry{Items: items})
		if err != nil {
			return err
		}
		var b strings.Builder
		for k, o := range outcomes {
			if o.Err != nil || o.Repeat {
				return fmt.Errorf("item %s: %+v", items[k].Key, o)
			}
			fmt.Fprintln(&b, items[k].Key, o.Sample.Seq, o.Sample.Metric, o.Sample.Value, o.Sample.Time)
		}
		if _, err := os.Stdout.WriteString(b.String()); err != nil {
			return err
		}
	}
}

// killOne runs a child and kills it after a while; it answers the lines that it
// wrote to the end.
func killOne(t *testing.T, dir string, after time.Duration) (acked []string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		if len(acked) == 0 {
			if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrLocked) {
				t.Errorf("while another process works in it, opening answers %v", err)
			}
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
		acked = append(acked, line)
	}
	_ = child.Wait()
	return acked
}

func TestWhatWasAcknowledgedSurvivesAKillAndIsThereOnce(t *testing.T) {
	dir := t.TempDir()
	var acked []string
	for range 5 {
		lines := killOne(t, dir, time.Duration(20+rand.IntN(300))*time.Millisecond)
		if len(lines) == 0 {
			t.Fatal("the child acknowledged nothing")
		}
		acked = append(acked, lines...)
		s, err := Open(t.Context(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		log, err := s.After(t.Context(), 0, s.seq, func(metric.ID) bool { return true }, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		compareAcked(t, s, acked, log)
		compareHistory(t, s, log)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d items acknowledged", len(acked))
}

// compareAcked finds each acknowledged item in the log, and its key answered.
func compareAcked(t *testing.T, s *Store, acked []string, log []metric.Sample) {
	t.Helper()
	seen := map[uint64]bool{}
	for _, line := range acked {
		var key string
		var want metric.Sample
		if _, err := fmt.Sscan(line, &key, &want.Seq, &want.Metric, &want.Value, &want.Time); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if want.Seq == 0 || want.Seq > uint64(len(log)) || seen[want.Seq] {
			t.Fatalf("%q is not in a log of %d, or twice", line, len(log))
		}
		seen[want.Seq] = true
		got := log[want.Seq-1]
		want.Add = got.Add
		if got != want {
			t.Fatalf("acknowledged %+v, the log has %+v", want, got)
		}
		if rand.IntN(50) == 0 {
			out, err := s.Apply(t.Context(), []ledger.Entry{{Items: []ledger.Item{{Key: key, Mutation: metric.Mutation{
				Metric: want.Metric, Op: metric.Add, Value: 1}}}}})
			if err != nil || !out[0][0].Repeat || out[0][0].Sample != want {
				t.Fatalf("its key %s answers %+v, %v, want %+v", key, out, err, want)
			}
		}
	}
}

// compareHistory compares heads and roll-ups with the fold over the log.
func compareHistory(t *testing.T, s *Store, log []metric.Sample) {
	t.Helper()
	heads := map[metric.ID]metric.Head{}
	buckets := map[metric.ID]map[int64]series.Bucket{}
	for i, p := range log {
		if p.Seq != uint64(i+1) {
			t.Fatalf("sample %d of the log has seq %d", i+1, p.Seq)
		}
		h := heads[p.Metric]
		if h.Value+p.Add != p.Value {
			t.Fatalf("%+v does not follow on %+v", p, h)
		}
		h.Apply(p)
		heads[p.Metric] = h
		if buckets[p.Metric] == nil {
			buckets[p.Metric] = map[int64]series.Bucket{}
		}
		start := series.Floor(p.Time, 1000)
		b := buckets[p.Metric][start]
		b.Add(p)
		buckets[p.Metric][start] = b
	}
	now := time.Now().UnixMilli()
	for id, head := range heads {
		m, err := s.Metric(t.Context(), id)
		if err != nil || m.Head != head {
			t.Errorf("%s is at %+v, %v, the log says %+v", id, m.Head, err, head)
		}
		all, err := s.Rows(t.Context(), ledger.Range{IDs: []metric.ID{id}, From: now - 600_000, To: now + 60_000, Step: 1000})
		if err != nil || len(all[id]) != len(buckets[id]) {
			t.Fatalf("%s has %d rows, %v, the log makes %d", id, len(all[id]), err, len(buckets[id]))
		}
		for _, row := range all[id] {
			if want := buckets[id][row.Time].Row(row.Time); !reflect.DeepEqual(row, want) {
				t.Errorf("%s: row %+v, the log makes %+v", id, row, want)
			}
		}
	}
}
