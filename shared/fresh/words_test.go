package fresh

import "testing"

func TestTheWorstValueOfAPanelSpeaks(t *testing.T) {
	const now, minute = 10_000_000_000, 60_000
	ok := Value{"in", now - 4_000, now}
	for _, c := range []struct {
		name   string
		every  int64
		values []Value
		want   Badge
	}{
		{"nothing to judge", minute, nil, Badge{}},
		{"no promise", 0, []Value{{"in", 1, now}}, Badge{}},
		{"in time: the age", minute, []Value{ok}, Badge{Fresh, "4 s ago"}},
		{"late", minute, []Value{{"in", now - 90_000, now}}, Badge{Late, "30 s late"}},
		{"overdue", minute, []Value{{"in", now - 4*minute, now}}, Badge{Overdue, "3 min late"}},
		{"the worst of several, by name", minute, []Value{ok, {"out", now - 90_000, now}}, Badge{Late, "out: 30 s late"}},
		{"never written is the worst", minute, []Value{{"in", now - 90_000, now}, {"out", 0, now}}, Badge{Overdue, "out: never written"}},
		{"several in time: the oldest, unnamed", minute, []Value{ok, {"out", now - 9_000, now}}, Badge{Fresh, "9 s ago"}},
		{"cut, without a promise", 0, []Value{{"in", now - 90_000, now - Silence}}, Badge{Cut, "90 s ago"}},
		{"cut and never written", 0, []Value{{"in", 0, now - Silence}}, Badge{Cut, ""}},
	} {
		if got := Panel(now, c.every, c.values); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestLapses(t *testing.T) {
	for ms, want := range map[int64]string{-5: "0 s", 59_999: "59 s", 119_000: "119 s", 120_000: "2 min", 2 * 3_600_000: "2 h", 3 * 86_400_000: "3 days"} {
		if got := Lapse(ms); got != want {
			t.Errorf("%d ms: %q, want %q", ms, got, want)
		}
	}
}
