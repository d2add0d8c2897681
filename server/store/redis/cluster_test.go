package redis

import (
	"testing"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/shared/metric"
)

// TestAClusterKeepsAllOfAStoreInOneSlot would fail at the first script whose keys were apart.
func TestAClusterKeepsAllOfAStoreInOneSlot(t *testing.T) {
	url := redistest.Cluster(t, 3, false).URL()
	a, b := open(t, url, "p"), open(t, url, "p")
	told := followed(a, b)
	for range 3 {
		for _, s := range []*Store{a, b} {
			if _, err := addOne(s, "a"); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both were told", func() bool { return told[0].value("a") == 6 && told[1].value("a") == 6 })
	now := b.now()
	rows, err := b.Rows(t.Context(), ledger.Range{IDs: []metric.ID{"a"}, From: now - 3_600_000, To: now, Step: 3_600_000})
	count := int64(0)
	for _, r := range rows["a"] {
		count += r.Count
	}
	if err != nil || count != 6 {
		t.Errorf("%v, %v", rows, err)
	}
	if _, err := b.Declare(t.Context(), "d", metric.Declaration{Title: "D"}); err != nil {
		t.Error(err)
	}
	if err := b.Delete(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	eventually(t, "the end is known", func() bool { _, err := a.Metric(t.Context(), "a"); return err != nil })
	if err := a.Maintain(t.Context()); err != nil {
		t.Error(err)
	}
	out, err := a.Post(t.Context(), []ledger.Post{{Room: "r", Lines: []ledger.Line{{Content: "x"}}}})
	if err != nil || out[0].Err != nil {
		t.Errorf("%v, %v", out, err)
	}
}

// TestAMasterOfAClusterThatIsGoneIsReplaced kills the node that has the board, of three that have
// replicas.
func TestAMasterOfAClusterThatIsGoneIsReplaced(t *testing.T) {
	ring := redistest.Cluster(t, 3, true)
	url := ring.URL()
	stores := []*Store{open(t, url, "p"), open(t, url, "p")}
	failOver(t, stores, ring.Of("{p}:meta").Kill)
}
