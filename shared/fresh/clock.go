package fresh

// Clock makes of a machine's two clocks one that never goes back and never stands still.
// A steady clock may rest while the machine sleeps, and the clock on the wall may be set;
// whichever tells of more time is believed, so nothing is younger by it than it is. The
// zero Clock is ready; it is not safe for concurrent use.
type Clock struct {
	began bool
	ahead int64 // of the wall, by the steady clock
	slept int64
}

// jump is how far, in ms, the two may drift apart before that means anything.
const jump = 100

// Now is the time in ms, which begins with what the wall says, and whether the two clocks have
// parted since it was asked last: the machine slept, or the wall's was set. Then more time may
// have passed than either tells, where a clock was set back over a sleep.
func (c *Clock) Now(steady, wall int64) (now int64, parted bool) {
	switch ahead := wall - steady; {
	case !c.began:
		c.began, c.ahead, c.slept = true, ahead, ahead
	case ahead > c.ahead+jump:
		c.slept += ahead - c.ahead
		c.ahead, parted = ahead, true
	case ahead < c.ahead-jump:
		c.ahead, parted = ahead, true
	}
	return steady + c.slept, parted
}
