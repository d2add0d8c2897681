package fresh

import "testing"

func TestTheClockNeverTellsOfLessTimeThanPassed(t *testing.T) {
	var c Clock
	const wall = 1_000_000
	for _, step := range []struct {
		name         string
		steady, wall int64
		now, unseen  int64
	}{
		{"begins with the wall", 5, wall, wall, 0},
		{"both go on", 1005, wall + 1000, wall + 1000, 0},
		{"they drift a little", 2005, wall + 2050, wall + 2000, 0},
		{"the wall is set back an hour", 3005, wall + 3000 - 3_600_000, wall + 3000, 0},
		{"and goes on there", 4005, wall + 4000 - 3_600_000, wall + 4000, 0},
		{"a sleep of a minute, which the steady clock did not see", 5005, wall + 65_000 - 3_600_000, wall + 65_000, 60_000},
		{"and goes on", 6005, wall + 66_000 - 3_600_000, wall + 66_000, 0},
	} {
		if now, unseen := c.Now(step.steady, step.wall); now != step.now || unseen != step.unseen {
			t.Errorf("%s: %d and %d unseen, want %d and %d", step.name, now, unseen, step.now, step.unseen)
		}
	}
}
