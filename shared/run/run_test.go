package run

import (
	"errors"
	"strings"
	"testing"
)

func TestARunsIDMakesTheNameOfARoom(t *testing.T) {
	for id, good := range map[string]bool{
		"17": true, "k3J-x_.:": true, strings.Repeat("a", 64): true,
		"": false, "a/b": false, "a b": false, "é": false, strings.Repeat("a", 65): false,
	} {
		if err := CheckID(id); (err == nil) != good || err != nil && !errors.Is(err, ErrID) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestHowARunEndedIsSaidInASentence(t *testing.T) {
	code := func(n int) *int { return &n }
	for want, r := range map[string]Run{
		"exited with code 2 after 1 m 3 s":         {State: Exited, Code: code(2), Duration: 63_900},
		"exited with code 0 after 90 ms":           {State: Exited, Code: code(0), Duration: 90},
		"ended by SIGTERM after 1.2 s":             {State: Signalled, Signal: "SIGTERM", Duration: 1299},
		"ended by a signal after 14 s":             {State: Signalled, Duration: 14_999},
		"stopped after 2 h 5 m: its time was over": {State: TimedOut, Duration: 7_559_000},
		"lost: nobody knows how it ended":          {State: Lost, Duration: 5},
		"":                                         {State: Running, Duration: 5},
	} {
		if got := r.Ending(); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
	if got := Span(3*86_400_000 + 4*3_600_000); got != "3 d 4 h" {
		t.Error(got)
	}
}
