package redis

import (
	"testing"

	"github.com/redis/rueidis"

	"telltale/server/ledger"
	"telltale/server/store/redistest"
	"telltale/shared/metric"
)

// cluster starts a Redis that is a Cluster of itself alone, and answers its address as a list.
func cluster(t *testing.T) (url string) {
	t.Helper()
	server := redistest.Start(t, "--cluster-enabled", "yes")
	dial, err := Dial(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	dial.ForceSingleClient = true
	client, err := rueidis.NewClient(dial)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Do(t.Context(), client.B().Arbitrary("CLUSTER", "ADDSLOTSRANGE", "0", "16383").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cluster is up", func() bool {
		return client.Do(t.Context(), client.B().Set().Key("probe").Value("1").Build()).Error() == nil
	})
	return server.URL() + "," + server.URL()
}

// TestAClusterKeepsAllOfAStoreInOneSlot would fail at the first script whose keys were apart.
func TestAClusterKeepsAllOfAStoreInOneSlot(t *testing.T) {
	url := cluster(t)
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
