package redis

import (
	"strings"
	"testing"

	"telltale/server/store/redistest"
	"telltale/shared/metric"
)

func TestAReplicaThatIsPromotedIsTheStore(t *testing.T) {
	master := redistest.Start(t)
	redistest.Replica(t, master)
	sentinel := redistest.Sentinel(t, master)
	client := open(t, master.URL(), "probe").redis()
	eventually(t, "the replica follows", func() bool {
		text, err := client.Do(t.Context(), client.B().Info().Section("replication").Build()).ToString()
		return err == nil && strings.Contains(text, "state=online")
	})
	watch := open(t, sentinel.URL(), "unused").redis() // a sentinel answers as a server does
	if watch == nil {
		t.Fatal("the sentinel does not answer")
	}
	eventually(t, "the sentinel knows the replica", func() bool {
		all, err := watch.Do(t.Context(), watch.B().Arbitrary("SENTINEL", "REPLICAS", "board").Build()).ToArray()
		return err == nil && len(all) == 1
	})
	address := sentinel.URL() + "?master_set=board"
	stores := []*Store{open(t, address, "p"), open(t, address, "p")}
	failOver(t, stores, master.Kill)
}

// failOver kills a master under load: what was not replicated
// may be lost, but then another epoch has begun, and all processes and their publishers
// agree on what is there, and go on.
func failOver(t *testing.T, stores []*Store, kill func()) {
	t.Helper()
	told := followed(stores...)
	before := stores[0].Epoch()
	acknowledged, unknown := count(stores, 4, func() {
		eventually(t, "something is counted", func() bool { return told[0].value("a") > 50 })
		kill()
		eventually(t, "the loss is noticed", func() bool { return stores[0].Writable() != nil || stores[0].Epoch() != before })
		eventually(t, "the replica takes over", func() bool { return stores[0].Writable() == nil && stores[1].Writable() == nil })
	})
	last, err := addOne(stores[0], "a")
	if err != nil {
		t.Fatal(err)
	}
	if lost := acknowledged - (int64(last.Value) - 1); lost > 0 && stores[0].Epoch() == before {
		t.Errorf("%d of %d acknowledged were lost, and nobody was told", lost, acknowledged)
	}
	for i, s := range stores {
		eventually(t, "all agree", func() bool {
			m, err := s.Metric(t.Context(), "a")
			return err == nil && m.Head == metric.Head{Time: last.Time, Seq: last.Seq, Value: last.Value} && told[i].value("a") == last.Value && s.Epoch() == stores[0].Epoch()
		})
		told[i].check(t)
	}
	t.Logf("%d acknowledged, of %d nobody knows, %v kept, another epoch: %v", acknowledged, unknown, last.Value-1, stores[0].Epoch() != before)
}
