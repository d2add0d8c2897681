package chart_test

import (
	"slices"
	"strings"
	"testing"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/scene"
)

func TestAValueHasTheToneOfTheLastThresholdItReaches(t *testing.T) {
	limits := []board.Threshold{{At: 0, Tone: board.Good}, {At: 70, Tone: board.Warn}, {At: 90, Tone: board.Bad}}
	for v, want := range map[float64]board.Tone{-1: "", 0: board.Good, 69.9: board.Good, 70: board.Warn, 90: board.Bad, 1e9: board.Bad} {
		if got := chart.ToneOf(limits, v); got != want {
			t.Errorf("%v is %q, wanted %q", v, got, want)
		}
	}
	if got := chart.ToneOf(nil, 1); got != "" {
		t.Errorf("without thresholds a value is %q", got)
	}
}

// find is the golden of that name.
func find(t *testing.T, name string) golden {
	t.Helper()
	all := goldens()
	i := slices.IndexFunc(all, func(g golden) bool { return g.name == name })
	if i < 0 {
		t.Fatalf("no golden is called %s", name)
	}
	return all[i]
}

func TestAToneIsNeverAColourAlone(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	for name, word := range map[string]string{"gauge-warn": "warning", "gauge-bad": "bad", "gauge-bar": "warning", "stat-tone": "warning", "thresholds": "bad"} {
		g := find(t, name)
		c.Draw(&tape, &g.in, g.w, g.h)
		if !strings.Contains(string(tape.Pool()), word) {
			t.Errorf("%s does not say %q: %q", name, word, tape.Pool())
		}
	}
}

func TestATableSaysHowManyRowsThereAreBesides(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	g := find(t, "table-card")
	c.Draw(&tape, &g.in, g.w, 6*chart.TableRow)
	if text := string(tape.Pool()); !strings.Contains(text, "+5 more") {
		t.Errorf("six rows of ten say %q", text)
	}
	c.Draw(&tape, &g.in, g.w, 10*chart.TableRow)
	if text := string(tape.Pool()); strings.Contains(text, "more\n+") || strings.Contains(text, "+1 more") {
		t.Errorf("ten rows of ten say %q", text)
	}
}

func TestWhatAHiddenSeriesReachesDoesNotMatter(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	low := feed(second, second, wave(300, 5, 1, 1)...)
	high := feed(second, second, wave(300, 5000, 100, 2)...)
	in := chart.Input{From: noon - 5*minute, To: noon, Series: []chart.Series{{Columns: low}, {Columns: high, Color: 1}}}
	c.Draw(&tape, &in, 400, 200)
	_, with := c.At(noon, 5)
	in.Series[1].Hidden = true
	c.Draw(&tape, &in, 400, 200)
	if _, without := c.At(noon, 5); with-without < 30 {
		t.Errorf("5 is drawn at %v, and at %v once 5,000 is hidden", with, without)
	}
}

func TestAChangeIsAgainstTheRangesStart(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	list := one(feed(second, minute, 10, 12, 17))
	in := chart.Input{Kind: chart.Stat, From: noon - 5*minute, To: noon, Series: list}
	c.Draw(&tape, &in, 200, 150)
	if by, known := c.Change(0); !known || by != 7 {
		t.Errorf("from 10 to 17 the change is %v, %v", by, known)
	}
	if _, known := c.Change(1); known {
		t.Error("a series that is not there changed")
	}
}
