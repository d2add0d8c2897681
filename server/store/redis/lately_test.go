package redis

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// setAt sets a gauge at a time.
func setAt(t *testing.T, s *Store, id metric.ID, value float64, time int64) metric.Sample {
	t.Helper()
	out, err := s.Apply(t.Context(), []ledger.Entry{{Items: []ledger.Item{{Mutation: metric.Mutation{Metric: id, Op: metric.Set, Value: value, Time: time}}}}})
	if err != nil || out[0][0].Err != nil {
		t.Fatal(out, err)
	}
	return out[0][0].Sample
}

// TestWhileRedisIsAwayMemoryTellsWhatRedisDid compares every answer with the one that Redis
// gave before: of who has seen all samples, flushed or not; of who came later, and has
// seen some.
func TestWhileRedisIsAwayMemoryTellsWhatRedisDid(t *testing.T) {
	server := redistest.Start(t)
	old := open(t, server.URL(), "p")
	now := old.now()
	const minute = 60_000
	for i := range int64(30) {
		setAt(t, old, "a", float64(i), now-(40-i)*minute)
	}
	setAt(t, old, "late", 1, now-2*minute)
	setAt(t, old, "late", 2, now-90*minute)
	setAt(t, old, "ancient", 3, -minute) // which is no head
	flushAll(t, old)
	young := open(t, server.URL(), "p")
	since := setAt(t, old, "a", 30, now-9*minute).Seq
	for i := range int64(5) {
		setAt(t, old, "a", float64(31+i), now-(8-i)*minute)
	}
	setAt(t, old, "new", 7, now-3*minute)
	setAt(t, old, "ancient", 4, now-3*minute) // its first head
	flushAll(t, old)
	setAt(t, old, "new", 8, now-minute)
	eventually(t, "the other has heard all", func() bool { m, err := young.Metric(t.Context(), "new"); return err == nil && m.Head.Value == 8 })

	ids := []metric.ID{"a", "late", "new"}
	type told struct {
		rows   map[metric.ID][]series.Row
		values map[metric.ID]series.Point
		after  []metric.Sample
	}
	ask := func(s *Store, from, until int64) (a told, err, errAt, errAfter error) {
		a.rows, err = s.Rows(context.Background(), ledger.Range{IDs: ids, From: from, To: now, Step: minute, Until: until})
		a.values, errAt = s.ValuesAt(context.Background(), ids, from)
		a.after, errAfter = s.After(context.Background(), since, math.MaxUint64, func(id metric.ID) bool { return id != "late" }, 100)
		return a, err, errAt, errAfter
	}
	before := map[int64]told{}
	for _, back := range []int64{0, 5, 20, 60, 120} {
		a, err, errAt, errAfter := ask(old, now-back*minute, now-(back-1)*minute)
		if err = errors.Join(err, errAt, errAfter); err != nil {
			t.Fatal(err)
		}
		before[back] = a
	}
	server.Kill()
	for _, s := range []*Store{old, young} {
		eventually(t, "the store notices", func() bool { _, is := s.Stale(); return is })
	}
	for back, want := range before {
		got, err, errAt, errAfter := ask(old, now-back*minute, now-(back-1)*minute)
		if err = errors.Join(err, errAt, errAfter); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("of %d minutes memory has\n%+v, %v\nRedis had\n%+v", back, got, err, want)
		}
	}
	// Of a, the one that came later knows nothing up to 11 minutes ago, and of late up to 2.
	if _, err, errAt, _ := ask(young, now-20*minute, 0); !errors.Is(err, ledger.ErrUnreadable) || !errors.Is(errAt, ledger.ErrUnreadable) {
		t.Errorf("who cannot know a history answers %v, %v", err, errAt)
	}
	for s, want := range map[*Store]error{old: nil, young: ledger.ErrUnreadable} {
		got, err := s.Rows(t.Context(), ledger.Range{IDs: []metric.ID{"ancient"}, From: -3 * minute, To: 0, Step: minute})
		if !errors.Is(err, want) {
			t.Errorf("of before 1970: %+v, %v, not %v", got, err, want)
		}
	}
	ids = []metric.ID{"a", "new"}
	got, err, _, errAfter := ask(young, now-5*minute, now-4*minute)
	delete(before[5].rows, "late")
	if err != nil || errAfter != nil || !reflect.DeepEqual(got.rows, before[5].rows) || !reflect.DeepEqual(got.after, before[5].after) {
		t.Errorf("who came later has\n%+v, %v, %v\nof\n%+v", got, err, errAfter, before[5])
	}
	if got, err := young.ValuesAt(t.Context(), []metric.ID{"ancient", "new"}, now-5*minute); err != nil || len(got) != 0 {
		t.Errorf("before their first heads they have %+v, %v", got, err)
	}
	if _, err := young.After(t.Context(), 1, math.MaxUint64, func(metric.ID) bool { return true }, 100); !errors.Is(err, ledger.ErrPruned) {
		t.Errorf("samples it has not heard: %v", err)
	}
}

// flushAll moves all there is into roll-ups: a flush goes as far as the one before began.
func flushAll(t *testing.T, s *Store) {
	t.Helper()
	for range 2 {
		if err := s.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMemoryOfWhatIsInRollUpsIsBounded(t *testing.T) {
	m := newMetrics()
	e, idle := m.hear(1, "a"), m.hear(2, "idle")
	m.remember(idle, sample{seq: 1, time: 5})
	for seq := uint64(2); seq <= 3*latelySamples; seq++ {
		m.remember(e, sample{seq: seq, time: int64(seq)})
		if seq%1000 == 0 {
			m.shorten(seq - 100)
		}
	}
	m.shorten(3 * latelySamples)
	if len(e.past) != latelySamples || m.tails != 0 || e.begins != 2*latelySamples || m.held != 2*latelySamples {
		t.Errorf("%d samples are held, those after %d; %d in tails", len(e.past), e.begins, m.tails)
	}
	if idle.past != nil || idle.begins != 5 {
		t.Errorf("of an idle one: %v after %d", idle.past, idle.begins)
	}
	if cap(e.past) > 2*latelySamples {
		t.Errorf("they take the room of %d", cap(e.past))
	}
}
