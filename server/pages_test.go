package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"telltale/server/api"
	"telltale/server/hub"
	"telltale/server/ledger"
	"telltale/shared/metric"
	"telltale/shared/room"
	"telltale/shared/wire"
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
	view, err := source{ledger: ledger, hub: hub.New(ledger.Epoch(), 0, nil), boards: api.Boards{Ledger: ledger}, base: "localhost:8082"}.View([]string{"m*"}, 300_000, 300, 24)
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

func TestAPageOfARoomHoldsItsNewestMessagesWithinBounds(t *testing.T) {
	truth := truth(t)
	pages := source{ledger: truth, boards: api.Boards{Ledger: truth}, hub: hub.New(truth.Epoch(), 0, nil), base: "localhost:8082"}
	if view, err := pages.Room("nobody", 10); err != nil || view.Last != 0 || len(view.Messages) != 0 {
		t.Errorf("a room where nothing was said: %+v, %v", view, err)
	}
	post := func(name, content string, times int) {
		t.Helper()
		lines := make([]ledger.Line, times)
		for i := range lines {
			lines[i].Content = content
		}
		if posted, err := truth.Post(t.Context(), ledger.Post{Room: name, Lines: lines}); err != nil || posted.Err != nil {
			t.Fatal(err, posted.Err)
		}
	}
	post("short", "x", 100)
	post("long", strings.Repeat("x", room.MaxLine), 5)
	view, err := pages.Room("short", 10)
	if err != nil || view.First != 1 || view.Last != 100 || len(view.Messages) != 10 || view.Messages[9].Seq != 100 {
		t.Errorf("%d to %d, %d messages, %v", view.First, view.Last, len(view.Messages), err)
	}
	if view, err = pages.Room("long", 10); err != nil || len(view.Messages) != 1 || view.Messages[0].Seq != 5 {
		t.Errorf("%d messages of 64 KiB, %v", len(view.Messages), err)
	}
	viewer := hub.NewOutbox()
	if err := pages.hub.Enter(viewer, "adam"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"short", "quiet"} {
		if _, err := pages.hub.Join(viewer, name); err != nil {
			t.Fatal(err)
		}
	}
	if view, err = pages.Room("short", 1); err != nil || view.Users != 1 || view.Members[0].UserID != "adam" {
		t.Errorf("members %+v, %v", view.Members, err)
	}
	rows, err := pages.Rooms()
	want := []wire.RoomRow{{RoomID: "long", Seq: 5, Messages: 5}, {RoomID: "quiet", Members: 1}, {RoomID: "short", Seq: 100, Messages: 100, Members: 1}}
	for i := range rows {
		rows[i].Time = 0
	}
	if err != nil || !slices.Equal(rows, want) {
		t.Errorf("%+v, %v", rows, err)
	}
}
