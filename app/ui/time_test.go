package ui

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func berlin(ms int64) int { // an hour ahead, two in summer
	if m := time.UnixMilli(ms).UTC().Month(); m > time.March && m < time.November {
		return 7200
	}
	return 3600
}

func TestAMomentIsReadAsPeopleAndLinksWriteIt(t *testing.T) {
	at := time.Date(2026, 11, 22, 13, 5, 0, 0, time.UTC).UnixMilli()
	for text, want := range map[string]int64{
		"2026-11-22T14:05": at, "2026-11-22 14:05": at, "2026-11-22T14:05:07": at + 7000, "2026-11-22T14:05:07.25": at + 7250,
		"2026-11-22T13:05Z": at, "2026-11-22T13:05:00.123Z": at + 123, "2026-11-22T15:05+02:00": at, "2026-11-22T15:05 0200": at,
		"2026-11-22T08:35-04:30": at, "1795352700000": 1795352700000, "2026-11-22": at - (14*3600+300)*second,
		"2026-07-01T12:00": time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC).UnixMilli(),
		"":                 0, "14:05": 0, "yesterday": 0, "2026-13-01": 0, "2026-02-30": 0, "2026-11-22T25:00": 0, "2026-11-22T14:05:61": 0,
		"2026-11-22T14:05x": 0, "2026-11-22T": 0, "2026": 0, "-5": 0, "99999999999999999": 0, "2026-11-22T14:05+1": 0,
	} {
		got, ok := parseMoment(text, berlin)
		if ok != (want != 0) || ok && got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, ms := range []int64{at, at + 1, at + 250, at + 1000} {
		if got, ok := parseMoment(momentText(ms), berlin); !ok || got != ms {
			t.Errorf("%s comes back as %d, want %d", momentText(ms), got, ms)
		}
	}
	if got, ok := parseMoment(fieldText(at, berlin), berlin); !ok || got != at {
		t.Errorf("a field's %s comes back as %d", fieldText(at, berlin), got)
	}
}

func FuzzMoment(f *testing.F) {
	f.Add("2026-11-22T14:05:07.25+02:00")
	f.Fuzz(func(t *testing.T, text string) {
		if ms, ok := parseMoment(text, berlin); ok {
			if again, ok := parseMoment(momentText(ms), berlin); ms < 1<<47 && (!ok || again != ms) {
				t.Fatalf("%q is %d, whose own text is %s", text, ms, momentText(ms))
			}
		}
	})
}

func TestAURLSaysWhatStretchOfTimeIsShown(t *testing.T) {
	at := time.Date(2026, 11, 22, 13, 5, 0, 0, time.UTC).UnixMilli()
	usual := spans[usualSpan].ms
	for query, want := range map[string]when{
		"": {0, usual}, "range=1h": {0, 3_600_000}, "range=90s": {0, 90_000}, "range=soon": {0, usual}, "range=1y": {0, 365 * 86_400_000}, "range=3y": {0, usual},
		"at=2026-11-22T14:05": {at, usual}, "at=2026-11-22T14:05&range=1h": {at, 3_600_000}, "at=then": {0, usual},
		"from=2026-11-22T14:00&to=2026-11-22T14:05": {at, 300_000}, "from=2026-11-22T14:05&to=2026-11-22T14:05": {0, usual},
		"from=2026-11-22T14:00:00.5Z&to=2026-11-22T14:00:09Z": {at + 55*60*second + 9*second, 8500}, "from=2026-11-22T14:05": {0, usual},
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := whenOf(q, berlin)
		if got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
		again, _ := url.Parse("/" + got.query(usual))
		if back, _ := whenOf(again.Query(), berlin); back != got {
			t.Errorf("%q: its own link %s shows %v", query, again, back)
		}
	}
}

func TestWhatOfAURLIsNotShownIsNamed(t *testing.T) {
	now := time.Date(2026, 11, 22, 13, 5, 0, 0, time.UTC).UnixMilli()
	for query, want := range map[string]string{
		"": "", "range=": "", "range=1h&at=2026-11-22T14:05": "", "range=1y": "", "from=2026-11-22T14:00&to=2026-11-22T14:05": "", "screen=x&tv=1": "",
		"range=5q": "range", "range=0s": "range", "at=yesterday": "at", "at=2026-11-23T14:05": "at", "at=yesterday&range=5q": "range at",
		"at=2026-11-22T14:05&range=5q": "range", "at=2026-11-22T14:05&from=then": "", "from=2026-11-22T14:00": "from",
		"from=2026-11-22T14:05&to=2026-11-22T14:00&range=5m": "from to", "from=2026-11-22T14:00&to=now": "from to", "at=x&from=2026-11-22T14:00&to=2026-11-22T14:05": "at",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(unshown(q, now, berlin), " "); got != want {
			t.Errorf("%q: %q is not shown, want %q", query, got, want)
		}
	}
}

func TestAMomentOfTheFutureIsLive(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		at   time.Time
		live bool
	}{
		{now.Add(-time.Hour), false}, {now.Add(10 * time.Minute), false}, // where this machine's clock is behind the server's
		{now.Add(2 * time.Hour), true}, {now.AddDate(100, 0, 0), true},
	} {
		if p := placeOf(&url.URL{Path: "/", RawQuery: "at=" + momentText(c.at.UnixMilli())}); (p.to == 0) != c.live {
			t.Errorf("at %v from now: %d", c.at.Sub(now), p.to)
		}
	}
}

func TestZoomingAndPanningKeepsWithinTimeAsItIs(t *testing.T) {
	const now = 1_800_000_000_000
	live := when{0, 300_000}
	in := live.zoomed(now-150_000, 0.5, now)
	if in != (when{now - 75_000, 150_000}) {
		t.Errorf("zoomed in: %v", in)
	}
	if out := in.zoomed(now-150_000, 2, now); out != live {
		t.Errorf("and out: %v", out)
	}
	if w := live.zoomed(now, 0.5, now); w != (when{0, 150_000}) {
		t.Errorf("zoomed in at its end it stays live: %v", w)
	}
	if w := live.panned(-300_000, now); w != (when{now - 300_000, 300_000}) {
		t.Errorf("panned back: %v", w)
	}
	if w := (when{now - 300_000, 300_000}).panned(400_000, now); w != live {
		t.Errorf("panned beyond the present: %v", w)
	}
	if w := between(now-1000, now-999, now); w.ms != shortest || w.to <= now-1000 && !w.live() {
		t.Errorf("too short: %v", w)
	}
	if w := (when{now - 5, longest}).zoomed(now-9, 8, now); w.ms != longest {
		t.Errorf("too long: %v", w)
	}
	if w := live.zoomed(now-100, 1.0001, now); !w.live() || w.ms%second != 0 {
		t.Errorf("live lengths are whole seconds: %v", w)
	}
}

func TestOneComesBackTheWayOneZoomedIn(t *testing.T) {
	var steps trail
	a, b := when{0, 300_000}, when{5, 60_000}
	steps.leave(a)
	steps.leave(a)
	steps.leave(b)
	for _, want := range []when{b, a, {0, 900_000}, {0, 900_000}} {
		if got := steps.back(900_000); got != want {
			t.Errorf("back at %v, want %v", got, want)
		}
	}
	for i := range 500 {
		steps.leave(when{int64(i), 1})
	}
	if len(steps) != mostTrail || steps.back(1).to != 499 {
		t.Errorf("%d steps are kept", len(steps))
	}
}

func TestTheSliderReachesAroundItsMoment(t *testing.T) {
	const now = 1_800_000_000_000
	for _, age := range []int64{0, 60_000, 3_000_000, 86_400_000, 40 * 86_400_000, 5 * 365 * 86_400_000, 50 * 365 * 86_400_000} {
		if r := reach(now-age, now, 300_000); r < age {
			t.Errorf("%d ms ago is out of the slider's %d", age, r)
		}
	}
}

func TestLengthsAreSaidInWords(t *testing.T) {
	for ms, want := range map[int64]string{300_000: "5 min", 443_000: "7 min 23 s", 8_500: "8 s", 90_000_000: "1 d 1 h"} {
		if got := lengthWords(ms); got != want {
			t.Errorf("%d ms: %q, want %q", ms, got, want)
		}
	}
}

func TestAReadingSaysAsMuchOfItsTimeAsIsNeeded(t *testing.T) {
	at := time.Date(2026, 11, 22, 13, 5, 7, 250e6, time.UTC).UnixMilli()
	for length, want := range map[int64]string{5_000: "14:05:07.250", 300_000: "14:05:07", 7 * 86_400_000: "22 Nov 14:05", 400 * 86_400_000: "22 Nov 2026"} {
		if got := clockWords(at, length, berlin); got != want {
			t.Errorf("over %d ms: %q, want %q", length, got, want)
		}
	}
}
