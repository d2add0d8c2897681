package main

import (
	"fmt"
	"io"
	"testing"

	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/metric"
)

// truth is a ledger on a fresh store.
func truth(t *testing.T) *ledger.Ledger {
	t.Helper()
	c, err := parseConfig([]string{"--data", t.TempDir()}, environment(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	store, err := openStore(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return ledger.New(store, hub.New(store.Epoch(), 0, nil))
}

func add(t *testing.T, to *ledger.Ledger, id metric.ID, value float64) {
	t.Helper()
	outcomes, err := to.Apply(t.Context(), ledger.Entry{Items: []ledger.Item{{Mutation: metric.Mutation{Metric: id, Op: metric.Add, Value: value}}}})
	if err != nil || outcomes[0].Err != nil {
		t.Fatalf("%v, %v", outcomes, err)
	}
}

func TestAPageIsDrawnFromWhatMatchesWithTheHistoryOfTheFirst(t *testing.T) {
	ledger := truth(t)
	for i := range 30 {
		add(t, ledger, metric.ID(fmt.Sprintf("m%02d", i)), float64(i))
	}
	add(t, ledger, "m05", 1)
	add(t, ledger, "other", 1)
	view, err := source{ledger: ledger, hub: hub.New(ledger.Epoch(), 0, nil), base: "localhost:8082"}.View([]string{"m*"}, 300_000, 300, 24)
	if err != nil {
		t.Fatal(err)
	}
	if len(view.Metrics) != 30 || len(view.Snapshot.Values) != 30 || len(view.Snapshot.History) != 24 {
		t.Fatalf("%d metrics, %d values, %d histories, want 30, 30 and 24", len(view.Metrics), len(view.Snapshot.Values), len(view.Snapshot.History))
	}
	if at := view.Snapshot.Values["m05"]; at.Value != 6 || view.Snapshot.Seq != 32 || view.Base != "localhost:8082" {
		t.Errorf("m05 is %v as of seq %d", at, view.Snapshot.Seq)
	}
	rows := view.Snapshot.History["m05"]
	if len(rows) == 0 || rows[len(rows)-1].Last != 6 {
		t.Errorf("the history of m05 is %v", rows)
	}
}

func TestTitlesGivenByHandSurviveARestart(t *testing.T) {
	ledger := truth(t)
	keep := recorder{ledger}
	if err := keep.Declare(t.Context(), "host.cpu", metric.Declaration{Kind: metric.Gauge, Title: "CPU", Unit: "percent"}); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Declare(t.Context(), "host.cpu", metric.Declaration{Kind: metric.Gauge, Title: "The lathe's computer", Unit: "percent"}); err != nil {
		t.Fatal(err)
	}
	if err := keep.Declare(t.Context(), "host.cpu", metric.Declaration{Kind: metric.Gauge, Title: "CPU", Unit: "percent"}); err != nil {
		t.Fatal(err)
	}
	known, err := ledger.Metric(t.Context(), "host.cpu")
	if err != nil || known.Title != "The lathe's computer" {
		t.Errorf("%+v, %v", known, err)
	}
}
