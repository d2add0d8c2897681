package fresh

import "testing"

func TestTheClockNeverTellsOfLessTimeThanPassed(t *testing.T) {
	var c Clock
	const wall = 1_000_000
	for _, step := range []struct {
		name         string
		steady, wall int64
		now          int64
		parted       bool
	}{
		{"begins with the wall", 5, wall, wall, false},
		{"both go on", 1005, wall + 1000, wall + 1000, false},
		{"they drift a little", 2005, wall + 2050, wall + 2000, false},
		{"the wall is set back an hour", 3005, wall + 3000 - 3_600_000, wall + 3000, true},
		{"and goes on there", 4005, wall + 4000 - 3_600_000, wall + 4000, false},
		{"a sleep of a minute, which the steady clock did not see", 5005, wall + 65_000 - 3_600_000, wall + 65_000, true},
		{"and goes on", 6005, wall + 66_000 - 3_600_000, wall + 66_000, false},
	} {
		if now, parted := c.Now(step.steady, step.wall); now != step.now || parted != step.parted {
			t.Errorf("%s: %d, parted %v, want %d, %v", step.name, now, parted, step.now, step.parted)
		}
	}
}
