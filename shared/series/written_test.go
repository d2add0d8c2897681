package series

import (
	"testing"

	"telltale/shared/metric"
)

func TestWhenAValueWasWritten(t *testing.T) {
	s := NewSet(1000, 60)
	s.Shift = 500
	s.Load(Snapshot{Epoch: "e", Seq: 9, Time: 10_000, Values: map[metric.ID]Point{"a": {Time: 9000}, "b": {Time: 8000}, "c": {Time: 99_000}},
		Written: map[metric.ID]int64{"b": 7000}})
	check := func(id metric.ID, want int64) {
		t.Helper()
		if got := s.Metrics[id].Written; got != want {
			t.Errorf("%s was written at %d, want %d", id, got, want)
		}
	}
	check("a", 9500)
	check("b", 7500)
	check("c", 0) // a time to come says nothing of when it was written

	s.Shift = -100
	if err := s.Apply(Frame{From: 9, Seq: 12, Time: 20_000, Values: map[metric.ID]Bucket{
		"a": {Time: 8500, Last: 1, Count: 1}, // older than the head: the value shown stays
		"b": {Time: 19_000, Last: 1, Count: 1},
		"c": {Time: 99_500, Last: 1, Count: 1},
	}}); err != nil {
		t.Fatal(err)
	}
	check("a", 9500)
	check("b", 18_900)
	check("c", 18_900) // within the second that the frame gathers

	s.Keep(func(id metric.ID) bool { return id == "b" })
	if len(s.Metrics) != 1 || s.Metrics["b"] == nil {
		t.Errorf("kept %v", s.Metrics)
	}
}
