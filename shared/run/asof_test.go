package run

import "testing"

func TestARunStandsAsItStoodThen(t *testing.T) {
	three := 3
	runs := []Run{
		{ID: "c", State: Running, Started: 5000, Duration: 900},
		{ID: "b", State: Exited, Code: &three, Started: 2000, Duration: 1000},
		{ID: "a", State: Signalled, Signal: "SIGTERM", Started: 1000, Duration: 500},
	}
	for _, c := range []struct {
		at    int64
		ids   string
		state State
		took  int64
	}{
		{500, "", "", 0}, {1000, "a", Running, 0}, {1499, "a", Running, 499}, {1500, "a", Signalled, 500},
		{2500, "ba", Running, 500}, {3000, "ba", Exited, 1000}, {5300, "cba", Running, 300}, {9000, "cba", Running, 4000},
	} {
		then, ids := AsOf(runs, c.at), ""
		for _, r := range then {
			ids += r.ID
		}
		if ids != c.ids || ids != "" && (then[0].State != c.state || then[0].Duration != c.took || then[0].State == Running && (then[0].Code != nil || then[0].Signal != "")) {
			t.Errorf("at %d: %+v", c.at, then)
		}
	}
	if runs[1].State != Exited || runs[1].Code == nil {
		t.Error("what was asked of is changed")
	}
}
