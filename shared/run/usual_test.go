package run

import "testing"

func TestTheUsualDurationIsTheMedianOfTheLastRunsThatWentWell(t *testing.T) {
	good, bad := 0, 1
	runs := []Run{
		{ID: "now", Command: "make", State: Running, Started: 1000, Duration: 5},
		{ID: "failed", Command: "make", State: Exited, Code: &bad, Duration: 1},
		{ID: "lost", Command: "make", State: Lost, Duration: 1},
		{ID: "other", Command: "test", State: Exited, Code: &good, Duration: 77},
	}
	for _, took := range []int64{30, 50, 10} {
		runs = append(runs, Run{Command: "make", State: Exited, Code: &good, Duration: took})
	}
	for range usualOf - 3 {
		runs = append(runs, Run{Command: "make", State: Exited, Code: &good, Duration: 40})
	}
	for range 100 {
		runs = append(runs, Run{Command: "make", State: Exited, Code: &good, Duration: 9000}) // long ago
	}
	shown := Shown(runs, 4000)
	for i, want := range []Run{{Usual: 40, Duration: 3000}, {Usual: 40, Duration: 1}, {Usual: 40, Duration: 1}, {Usual: 77, Duration: 77}} {
		if shown[i].Usual != want.Usual || shown[i].Duration != want.Duration {
			t.Errorf("%+v", shown[i])
		}
	}
	if runs[0].Usual != 0 || runs[0].Duration != 5 {
		t.Error("what was given is changed")
	}
	if first := Shown([]Run{{Command: "x", State: Running, Started: 9}}, 4)[0]; first.Usual != 0 || first.Duration != 0 {
		t.Errorf("a first run: %+v", first)
	}
}
