package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/room"
)

// journal is a store that accepts everything, in a time that the test gives, and
// notes the sizes of its batches.
type journal struct {
	ledger.Store
	takes   time.Duration
	fails   error
	seq     uint64
	batches []int

	declared *metric.Metric
}

func (j *journal) Apply(_ context.Context, batch []ledger.Entry) ([][]ledger.Outcome, error) {
	time.Sleep(j.takes)
	if j.fails != nil {
		return nil, j.fails
	}
	out, items := make([][]ledger.Outcome, len(batch)), 0
	for i, e := range batch {
		out[i] = make([]ledger.Outcome, len(e.Items))
		for k, it := range e.Items {
			if it.Key == "repeat" {
				out[i][k] = ledger.Outcome{Repeat: true}
				continue
			}
			j.seq++
			out[i][k].Sample = metric.Sample{Metric: it.Metric, Seq: j.seq}
		}
		items += len(e.Items)
	}
	j.batches = append(j.batches, items)
	return out, nil
}

func (j *journal) Metric(context.Context, metric.ID) (metric.Metric, error) {
	if j.declared == nil {
		return metric.Metric{}, ledger.ErrUnknown
	}
	return *j.declared, nil
}

func (j *journal) Declare(_ context.Context, id metric.ID, d metric.Declaration) (metric.Metric, error) {
	if j.fails != nil {
		return metric.Metric{}, j.fails
	}
	j.declared = &metric.Metric{ID: id, Declaration: d}
	return *j.declared, nil
}
func (j *journal) Delete(context.Context, metric.ID) error { return j.fails }

// told notes what was published.
type told struct {
	seqs    []uint64
	changes []string
}

func (p *told) Publish(samples []metric.Sample) {
	for _, s := range samples {
		p.seqs = append(p.seqs, s.Seq)
	}
}
func (p *told) Say([]room.Message)   {}
func (p *told) Refresh(id metric.ID) { p.changes = append(p.changes, "refresh "+string(id)) }
func (p *told) Forget(id metric.ID)  { p.changes = append(p.changes, "forget "+string(id)) }

func items(n int) []ledger.Item {
	all := make([]ledger.Item, n)
	for i := range all {
		all[i].Metric = "m"
	}
	return all
}

func TestWhatArrivesDuringACommitFormsTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, viewers := &journal{takes: time.Millisecond}, &told{}
		l := ledger.New(store, viewers)
		var callers sync.WaitGroup
		call := func(n int) {
			callers.Go(func() {
				out, err := l.Apply(t.Context(), ledger.Entry{Items: items(n)})
				if err != nil || len(out) != n {
					t.Errorf("%d outcomes, %v", len(out), err)
				}
			})
		}
		call(1)
		synctest.Wait()
		for range 100 {
			call(2)
		}
		callers.Wait()
		if want := []int{1, 200}; !slices.Equal(store.batches, want) {
			t.Errorf("batches of %v items, want %v", store.batches, want)
		}
		if len(viewers.seqs) != 201 || !slices.IsSorted(viewers.seqs) {
			t.Errorf("published %v", viewers.seqs)
		}
	})
}

func TestACommitHoldsAtMostSoManyItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &journal{takes: time.Millisecond}
		l := ledger.New(store, &told{})
		var callers sync.WaitGroup
		for i, e := range []ledger.Entry{
			{Items: items(1)}, {Items: items(ledger.MaxBatch - 1)}, {Items: items(2)},
			{Items: items(3 * ledger.MaxBatch), Atomic: true}, {Items: items(4)}, {Items: items(2*ledger.MaxBatch + 1)},
		} {
			callers.Go(func() {
				if out, err := l.Apply(t.Context(), e); err != nil || len(out) != len(e.Items) {
					t.Errorf("entry %d: %d outcomes, %v", i, len(out), err)
				}
			})
			synctest.Wait()
		}
		callers.Wait()
		want := []int{1, ledger.MaxBatch - 1, 2, 3 * ledger.MaxBatch, 4, ledger.MaxBatch, ledger.MaxBatch, 1}
		slices.Sort(want)
		got := slices.Sorted(slices.Values(store.batches))
		total := 0
		for _, n := range got {
			total += n
			if n > ledger.MaxBatch && n != 3*ledger.MaxBatch {
				t.Errorf("a batch of %d", n)
			}
		}
		if total != 6*ledger.MaxBatch+7 {
			t.Errorf("batches %v hold %d items", got, total)
		}
	})
}

func TestTooManyWaitingAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &journal{takes: time.Second}
		l := ledger.New(store, &told{})
		var callers sync.WaitGroup
		refused := 0
		for range ledger.MaxWaiting/ledger.MaxBatch + 2 {
			callers.Go(func() {
				_, err := l.Apply(t.Context(), ledger.Entry{Items: items(ledger.MaxBatch)})
				if errors.Is(err, ledger.ErrUnavailable) {
					refused++
				} else if err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		callers.Wait()
		if refused != 1 {
			t.Errorf("%d were refused, want the one over the bound", refused)
		}
	})
}

func TestACallThatEndsBeforeItsCommitHasChangedNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &journal{takes: time.Second}
		l := ledger.New(store, &told{})
		var callers sync.WaitGroup
		apply := func(ctx context.Context, want error) {
			callers.Go(func() {
				if _, err := l.Apply(ctx, ledger.Entry{Items: items(1)}); !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
			})
			synctest.Wait()
		}
		short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		apply(short, nil)                      // commits at once: its answer is true, though late
		apply(short, context.DeadlineExceeded) // waits for the first
		apply(t.Context(), nil)
		callers.Wait()
		if want := []int{1, 1}; !slices.Equal(store.batches, want) {
			t.Errorf("batches %v, want %v", store.batches, want)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		for range 100 {
			_, err := l.Apply(ended, ledger.Entry{Items: items(1)})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if _, err := l.Apply(t.Context(), ledger.Entry{Items: items(1)}); err != nil {
			t.Errorf("those that ended took the lead with them: %v", err)
		}
	})
}

func TestARepeatIsNotPublishedAgain(t *testing.T) {
	viewers := &told{}
	l := ledger.New(&journal{}, viewers)
	repeat := items(3)
	repeat[1].Key = "repeat"
	if _, err := l.Apply(t.Context(), ledger.Entry{Items: repeat}); err != nil {
		t.Fatal(err)
	}
	if want := []uint64{1, 2}; !slices.Equal(viewers.seqs, want) {
		t.Errorf("published %v, want %v", viewers.seqs, want)
	}
}

func TestAFailedCommitIsToldToAllItsCallersAndPublishedToNone(t *testing.T) {
	viewers := &told{}
	store := &journal{fails: fmt.Errorf("%w: full", ledger.ErrUnavailable)}
	l := ledger.New(store, viewers)
	if _, err := l.Apply(t.Context(), ledger.Entry{Items: items(1)}); !errors.Is(err, ledger.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := l.Apply(t.Context(), ledger.Entry{Items: items(3 * ledger.MaxBatch)}); !errors.Is(err, ledger.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := l.Declare(t.Context(), "m", metric.Declaration{}); err == nil {
		t.Error("declared")
	}
	if len(viewers.seqs)+len(viewers.changes) > 0 {
		t.Errorf("published %v %v", viewers.seqs, viewers.changes)
	}
	store.fails = nil
	if _, err := l.Apply(t.Context(), ledger.Entry{Items: items(1)}); err != nil {
		t.Errorf("once it works again: %v", err)
	}
}

func TestDeclarationsAndDeletionsAreTold(t *testing.T) {
	viewers := &told{}
	l := ledger.New(&journal{}, viewers)
	for _, title := range []string{"", "A", "A"} {
		floor := 1.0 // the same number elsewhere is the same floor
		if _, err := l.Declare(t.Context(), "a", metric.Declaration{Title: title, Floor: &floor}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"refresh a", "refresh a", "forget a"}; !slices.Equal(viewers.changes, want) {
		t.Errorf("told %v, want %v", viewers.changes, want)
	}
}

func TestKeptOutcomesAreReadBackAsTheyWere(t *testing.T) {
	floor := fmt.Errorf("%w: orders would be -1", metric.ErrFloor)
	refused := &ledger.ItemError{Item: 2, Err: floor}
	outcomes := []ledger.Outcome{
		{Sample: metric.Sample{Metric: "m", Seq: 1 << 40, Time: -5, Value: 0.1, Add: -0.3}},
		{Err: floor}, {Err: refused}, {Err: refused}, {Err: errors.New("of no kind")},
	}
	kept := ledger.AppendOutcomes(nil, outcomes)
	again, err := ledger.ReadOutcomes(kept, items(5))
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range again {
		want := outcomes[i]
		if !o.Repeat || o.Sample != want.Sample || fmt.Sprint(o.Err) != fmt.Sprint(want.Err) {
			t.Errorf("outcome %d is %+v, was %+v", i, o, want)
		}
	}
	var item *ledger.ItemError
	if !errors.Is(again[1].Err, metric.ErrFloor) || !errors.As(again[3].Err, &item) || item.Item != 2 || !errors.Is(item, metric.ErrFloor) {
		t.Errorf("refusals lost their reasons: %+v", again)
	}
	if _, err := ledger.ReadOutcomes(kept, items(4)); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("for another number of items: %v", err)
	}
	for n := range kept {
		if _, err := ledger.ReadOutcomes(kept[:n], items(5)); err == nil {
			t.Errorf("cut at %d it is read without an error", n)
		}
	}
}
