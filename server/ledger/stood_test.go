package ledger

import (
	"errors"
	"fmt"
	"testing"

	"telltale/shared/metric"
)

func TestARefusalKeptAsHowTheMetricStoodIsSaidAgain(t *testing.T) {
	floor, ceiling := 2.5, 9.0
	stood := &Stood{Now: 1000, Metric: metric.Metric{Declaration: metric.Declaration{Kind: metric.Gauge, Floor: &floor, Ceiling: &ceiling}, Head: metric.Head{Seq: 1, Value: 3}}}
	other := *stood
	items := make([]Item, 3)
	for i, value := range []float64{-1, 7, 1e9} {
		items[i].Mutation = metric.Mutation{Metric: "a", Op: metric.Add, Value: value}
	}
	atomic := Outcome{Err: &ItemError{Item: 2, Err: stood}}
	for name, c := range map[string]struct {
		kept []Outcome
		want []error
	}{
		"each alone":     {[]Outcome{{Err: stood}, {Err: &other}, {Sample: metric.Sample{Seq: 7, Time: 5, Value: 4}}}, []error{metric.ErrFloor, metric.ErrCeiling, nil}},
		"all or nothing": {[]Outcome{atomic, atomic, atomic}, []error{metric.ErrCeiling, metric.ErrCeiling, metric.ErrCeiling}},
	} {
		b := AppendOutcomes(nil, c.kept)
		got, err := ReadOutcomes(b, items)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, o := range got {
			if !errors.Is(o.Err, c.want[i]) || !o.Repeat || o.Err == nil && o.Sample.Seq != 7 {
				t.Errorf("%s, item %d: %+v, want %v", name, i, o, c.want[i])
			}
		}
		blank, err := KeptOutcomes(b)
		if err != nil || len(blank) != len(items) {
			t.Fatalf("%s without its items: %v", name, err)
		}
		if again := AppendOutcomes(nil, blank); string(again) != string(b) {
			t.Errorf("%s: %x is written again as %x", name, b, again)
		}
		for n := range b {
			if _, err := KeptOutcomes(b[:n]); err == nil {
				t.Errorf("%s: %d bytes of %d are read", name, n, len(b))
			}
		}
	}
	items[0].Value = 1
	if got, err := ReadOutcomes(AppendOutcomes(nil, []Outcome{{Err: stood}}), items[:1]); err != nil || !errors.Is(got[0].Err, ErrKeyReused) {
		t.Errorf("with a mutation that is taken: %v, %v", fmt.Sprint(got), err)
	}
}
