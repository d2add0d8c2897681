package host_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"telltale/server/host"
	"telltale/shared/metric"
)

// tape remembers what a Recorder is given.
type tape struct {
	declared []metric.ID
	batches  [][]metric.Mutation
	refuse   error
}

func (t *tape) Declare(_ context.Context, id metric.ID, _ metric.Declaration) error {
	t.declared = append(t.declared, id)
	return t.refuse
}

func (t *tape) Record(_ context.Context, batch []metric.Mutation) error {
	t.batches = append(t.batches, batch)
	return t.refuse
}

func fixed(id metric.ID, value float64, err *error) host.Gauge {
	return host.Gauge{ID: id, Read: func(context.Context) (float64, error) { return value, *err }}
}

func TestWatchRecordsOneBatchASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
		defer cancel()
		var none error
		var kept tape
		err := host.Watch(ctx, []host.Gauge{fixed("a", 1, &none), fixed("b", 2, &none)}, nil, &kept, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if len(kept.batches) != 11 || len(kept.declared) != 2 {
			t.Fatalf("%d batches and %d declarations in 10 s, want 11 (one at once) and 2", len(kept.batches), len(kept.declared))
		}
		for _, batch := range kept.batches {
			if len(batch) != 2 || batch[1] != (metric.Mutation{Metric: "b", Op: metric.Set, Value: 2}) {
				t.Fatalf("batch %v, want both gauges set", batch)
			}
		}
	})
}

func TestWatchGoesOnWithTheOthersWhenAReadingFailsAndSaysSoOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second+time.Millisecond)
		defer cancel()
		none, broken := error(nil), errors.New("sensor gone")
		var kept tape
		var log bytes.Buffer
		if err := host.Watch(ctx, []host.Gauge{fixed("a", 1, &broken), fixed("b", 2, &none)}, nil, &kept, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		for _, batch := range kept.batches {
			if len(batch) != 1 || batch[0].Metric != "b" {
				t.Fatalf("batch %v, want b alone", batch)
			}
		}
		if n := strings.Count(log.String(), "sensor gone"); n != 1 {
			t.Fatalf("the failure was logged %d times, want once:\n%s", n, &log)
		}
	})
}

func TestWatchRecordsWhatOthersGiveInTheSameBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second+time.Millisecond)
		defer cancel()
		var none error
		var kept tape
		var log bytes.Buffer
		asked := 0
		more := func(context.Context) ([]metric.Mutation, error) {
			if asked++; asked == 2 {
				return nil, errors.New("no answer")
			}
			return []metric.Mutation{{Metric: "c", Op: metric.Add, Value: 3}}, nil
		}
		if err := host.Watch(ctx, []host.Gauge{fixed("a", 1, &none)}, more, &kept, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		for i, batch := range kept.batches {
			if want := []int{2, 1, 2, 2}[i]; len(batch) != want {
				t.Errorf("batch %d is %v, want %d mutations", i, batch, want)
			}
		}
		if n := strings.Count(log.String(), "no answer"); len(kept.batches) != 4 || n != 1 {
			t.Errorf("%d batches; logged:\n%s", len(kept.batches), &log)
		}
	})
}

func TestWatchSaysWhichDeclarationIsRefused(t *testing.T) {
	refused := errors.New("refused")
	var none error
	err := host.Watch(t.Context(), []host.Gauge{fixed("a", 1, &none)}, nil, &tape{refuse: refused}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, refused) {
		t.Fatalf("%v, want %v", err, refused)
	}
}

func TestGaugesOfThisMachineCanBeRead(t *testing.T) {
	for _, gauge := range host.Gauges(t.TempDir()) {
		if _, err := metric.Parse(string(gauge.ID)); err != nil {
			t.Errorf("%s: %v", gauge.ID, err)
		}
		if err := gauge.Declaration.Check(); err != nil {
			t.Errorf("%s: %v", gauge.ID, err)
		}
		value, err := gauge.Read(t.Context())
		if err != nil || math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
			t.Errorf("%s reads %v, %v", gauge.ID, value, err)
		}
		if gauge.Declaration.Unit == "percent" && value > 100 {
			t.Errorf("%s reads %v percent", gauge.ID, value)
		}
	}
}
