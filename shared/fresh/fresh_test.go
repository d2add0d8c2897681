package fresh

import "testing"

func TestTheStateOfAValue(t *testing.T) {
	const now, minute = 1_000_000_000, 60_000
	for _, c := range []struct {
		name                         string
		now, written, heard, promise int64
		want                         State
	}{
		{"no promise, however old", now, 1, now, 0, Fresh},
		{"no promise, never written", now, 0, now, 0, Fresh},
		{"in time to the ms", now, now - minute, now, minute, Fresh},
		{"a ms late", now, now - minute - 1, now, minute, Late},
		{"twice as old as promised", now, now - 2*minute, now, minute, Late},
		{"older than that", now, now - 2*minute - 1, now, minute, Overdue},
		{"promised and never written", now, 0, now, minute, Overdue},
		{"silence up to the bound", now, now, now - Silence + 1, minute, Fresh},
		{"silence", now, now, now - Silence, minute, Cut},
		{"silence without a promise", now, now, now - Silence, 0, Cut},
		{"silence over an overdue value", now, 0, now - Silence, minute, Cut},
		{"a clock that went back", now, now + minute, now + minute, minute, Fresh},
	} {
		if got := Of(c.now, c.written, c.heard, c.promise); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
