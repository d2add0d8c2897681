package chart_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"telltale/shared/chart"
	"telltale/shared/fresh"
	"telltale/shared/metric"
	"telltale/shared/scene"
	"telltale/shared/series"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noon is 22 June 2025, 12:00 UTC, in ms.
const noon = 1_750_593_600_000

const (
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// feed makes a series of step ms from values every ms apart, the last at noon; NaN is no sample.
func feed(step, every int64, values ...float64) *series.Series {
	s := series.NewSeries(step, 2000)
	for i, v := range values {
		if v == v {
			at := noon - int64(len(values)-1-i)*every
			s.Add(series.Bucket{Time: at, Last: v, Min: v, Max: v, Total: v, Count: 1})
		}
	}
	return s
}

// events makes a series of step ms from numbers added every ms apart, the last at noon.
func events(step, every int64, adds ...float64) *series.Series {
	s := series.NewSeries(step, 2000)
	total := 0.0
	for i, n := range adds {
		if total += n; n != 0 {
			s.Add(series.Bucket{Time: noon - int64(len(adds)-1-i)*every, Last: total, Min: total, Max: total, Sum: n, Count: 1})
		}
	}
	return s
}

// wave is n values around middle, always the same, from nothing but whole-number arithmetic.
func wave(n int, middle, height float64, seed uint32) []float64 {
	values := make([]float64, n)
	slow, s := 0.0, seed
	for i := range values {
		s = s*1664525 + 1013904223
		slow += float64((float64(s>>16)/65536 - 0.5) * 0.3)
		slow -= float64(slow * 0.04)
		values[i] = middle + float64(height*slow)
	}
	return values
}

func one(s *series.Series) []chart.Series {
	_, next := s.Bounds()
	b := s.Column(next - 1)
	return []chart.Series{{Name: "temperature", Columns: s, Head: metric.Head{Time: b.Time, Seq: 1, Value: b.Last}}}
}

func held(s *series.Series) []chart.Series {
	list := one(s)
	list[0].Hold = true
	return list
}

// trusted is the list with its values trusted so far.
func trusted(state fresh.State, list []chart.Series) []chart.Series {
	list = slices.Clone(list)
	for i := range list {
		list[i].Trust = state
	}
	return list
}

type golden struct {
	name string
	in   chart.Input
	w, h float64
}

func goldens() []golden {
	nan := math.NaN()
	gap := wave(300, 21, 3, 1)
	for i := 120; i < 170; i++ {
		gap[i] = nan
	}
	spike := wave(300, 40, 10, 2)
	spike[180] = 96
	var many []chart.Series
	for i, name := range []string{"api", "worker", "postgres", "redis", "nginx with a rather long name, longer than there is room for", "cron", "mail", "search", "a ninth one", "<script>alert(1)</script> & \"more\""} {
		many = append(many, chart.Series{Name: name, Columns: feed(second, second, wave(300, 20+float64(8*i), 8, uint32(i)+5)...), Color: i})
	}
	orders := []float64{0, 0, 1, 0, 0, 2, 1, 0, 0, 0, 3, 1, 0, -1, 0, 0, 2, 0, 5, 1, 0, 0, 0, 0, 1, 0, -1, 2, 0, 1}
	berlin := func(int64) int { return 7200 }
	calls := make([]float64, 300)
	for i := range calls {
		calls[i] = float64(i * i % 7 % 4)
	}
	fine := series.NewSeries(20, 20000)
	for i, v := range wave(15000, 50, 12, 7) {
		if i == 9000 {
			v = 140
		}
		fine.Add(series.Bucket{Time: noon - int64(14999-i)*20, Last: v, Min: v, Max: v, Count: 1})
	}
	const w, h = 640, 240
	return append(panels(many), []golden{
		{"line", chart.Input{Unit: "°C", From: noon - 5*minute, To: noon, Zone: berlin, Series: one(feed(second, second, wave(300, 21, 3, 1)...))}, w, h},
		{"area", chart.Input{Kind: chart.Area, Unit: "percent", From: noon - 5*minute, To: noon, Zone: berlin, Series: one(feed(second, second, wave(300, 42, 20, 3)...))}, w, h},
		{"bars", chart.Input{Kind: chart.Bars, From: noon - 5*minute, To: noon, Zone: berlin, Series: one(events(second, 10*second, orders...))}, w, h},
		{"bars-stacked", chart.Input{Kind: chart.Bars, From: noon - 5*minute, To: noon, Series: []chart.Series{
			{Name: "200", Columns: events(second, second, calls...)}, {Name: "500", Columns: events(second, 9*second, orders...), Color: 1}}}, w, h},
		{"bars-count", chart.Input{Kind: chart.Bars, From: noon - 5*minute, To: noon, Series: []chart.Series{
			{Name: "readings", Count: true, Columns: feed(second, second, wave(280, 42, 20, 3)...)}}}, w, h},
		{"stat", chart.Input{Kind: chart.Stat, Unit: "bytes", From: noon - 5*minute, To: noon, Series: one(feed(second, second, wave(300, 9.2e9, 1e9, 4)...))}, 320, 200},
		{"stat-hardly", chart.Input{Kind: chart.Stat, Unit: "percent", From: noon - 5*minute, To: noon, Series: one(feed(second, minute, 67.9, 67.9001, 67.9, 67.900188))}, 320, 200},
		{"stat-low", chart.Input{Kind: chart.Stat, From: noon - 5*minute, To: noon, Series: held(events(second, 10*second, orders...))}, 300, 64},
		{"stat-tiny", chart.Input{Kind: chart.Stat, From: noon - 5*minute, To: noon, Unit: "percent", Series: one(feed(second, second, wave(300, 42, 20, 3)...))}, 160, 60},
		{"stat-none", chart.Input{Kind: chart.Stat, From: noon - 5*minute, To: noon, Series: []chart.Series{{Name: "orders"}}}, 320, 200},
		{"stat-before", chart.Input{Kind: chart.Stat, From: noon + hour, To: noon + hour + 5*minute, Series: one(feed(second, second, 12, 14))}, 320, 200},
		{"stat-long-unit", chart.Input{Kind: chart.Stat, From: noon - 5*minute, To: noon, Unit: "requests per second and more than fits", Series: one(feed(second, second, wave(300, 123456, 3000, 9)...))}, 320, 200},
		{"empty", chart.Input{From: noon - hour, To: noon}, w, h},
		{"one-point", chart.Input{From: noon - 5*minute, To: noon, Unit: "°C", Series: one(feed(second, minute, 21.5, nan))}, w, h},
		{"gap", chart.Input{From: noon - 5*minute, To: noon, Unit: "°C", Series: one(feed(second, second, gap...))}, w, h},
		{"gap-area", chart.Input{Kind: chart.Area, From: noon - 5*minute, To: noon, Unit: "°C", Series: one(feed(second, second, gap...))}, w, h},
		{"spike", chart.Input{From: noon - 5*minute, To: noon, Series: one(feed(second, second, spike...))}, w, h},
		{"spike-among-many", chart.Input{From: noon - 5*minute, To: noon, Series: one(fine)}, w, h},
		{"steps", chart.Input{From: noon - 5*minute, To: noon + 20*second, Series: held(events(second, 10*second, orders...))}, w, h},
		{"held-from-before", chart.Input{From: noon - 2*minute, To: noon + 3*minute, Series: held(feed(second, second, 3, 4, 7))}, w, h},
		{"sparse", chart.Input{From: noon - 15*minute, To: noon, Series: one(feed(second, minute, 3, 4, 7, 5, 4, 4, 6, 8, 9, 5, 6, 7))}, w, h},
		{"negative", chart.Input{From: noon - 5*minute, To: noon, Unit: "°C", Series: one(feed(second, second, wave(300, -3, 8, 11)...))}, w, h},
		{"negative-area", chart.Input{Kind: chart.Area, From: noon - 5*minute, To: noon, Unit: "°C", Series: one(feed(second, second, wave(300, -1, 8, 11)...))}, w, h},
		{"constant", chart.Input{From: noon - 5*minute, To: noon, Series: one(feed(second, second, 3, 3, 3, 3, 3, 3, 3, 3))}, w, h},
		{"huge", chart.Input{From: noon - 5*minute, To: noon, Series: one(feed(second, second, wave(300, 4e12, 1e12, 1)...))}, w, h},
		{"beyond-prefixes", chart.Input{From: noon - 5*minute, To: noon, Series: one(feed(second, minute, 1e290, 3e290, 2e290))}, w, h},
		{"extreme", chart.Input{From: noon - 5*minute, To: noon, Series: one(feed(second, minute, -math.MaxFloat64, math.MaxFloat64, 0))}, w, h},
		{"small", chart.Input{From: noon - 5*minute, To: noon, Unit: "s", Series: one(feed(second, second, wave(300, 0.00042, 0.0001, 1)...))}, w, h},
		{"tiny-differences", chart.Input{From: noon - 5*minute, To: noon, Series: one(feed(second, second, wave(300, 1000000, 0.001, 1)...))}, w, h},
		{"bytes", chart.Input{Kind: chart.Area, From: noon - hour, To: noon, Unit: "bytes", Series: one(feed(10*second, 10*second, wave(360, 5.5e9, 1e9, 1)...))}, w, h},
		{"bytes-per-second", chart.Input{Kind: chart.Area, From: noon - hour, To: noon, Unit: "bytes/s", Series: one(feed(10*second, 10*second, wave(360, 640000, 300000, 1)...))}, w, h},
		{"minutes", chart.Input{From: noon - 24*hour, To: noon, Unit: "seconds", Series: one(feed(minute, 5*minute, wave(288, 1500, 600, 1)...))}, w, h},
		{"long-unit", chart.Input{From: noon - 24*hour, To: noon, Unit: "requests per second", Series: one(feed(minute, 5*minute, wave(288, 1500, 600, 1)...))}, w, h},
		{"several", chart.Input{From: noon - 5*minute, To: noon, Zone: berlin, Series: many[:4]}, w, h},
		{"many", chart.Input{From: noon - 5*minute, To: noon, Title: "Load by service, with a title that is far too long for the width that it has been given here", Series: many}, 640, 320},
		{"stale", chart.Input{Kind: chart.Area, From: noon - 5*minute, To: noon, Series: trusted(fresh.Cut, many[:2])}, w, h},
		{"titled", chart.Input{Title: "Temperature <in> the \"lab\" & more", Unit: "°C", From: noon - 24*hour, To: noon, Zone: berlin, Series: one(feed(minute, 5*minute, wave(288, 21, 3, 1)...))}, w, h},
		{"tiny", chart.Input{Unit: "°C", From: noon - 5*minute, To: noon, Series: one(feed(second, second, wave(300, 21, 3, 1)...))}, 160, 60},
		{"sliver", chart.Input{Unit: "°C", From: noon - 5*minute, To: noon, Title: "x", Series: one(feed(second, second, wave(300, 21, 3, 1)...))}, 20, 8},
		{"phone", chart.Input{Unit: "°C", From: noon - 5*minute, To: noon, Zone: berlin, Series: many[:3]}, 358, 200},
		{"minute", chart.Input{Unit: "percent", From: noon - minute, To: noon, Zone: berlin, Series: one(feed(100, second, wave(61, 42, 20, 3)...))}, w, h},
		{"days", chart.Input{Kind: chart.Area, From: noon - 7*day, To: noon, Zone: berlin, Series: one(feed(10*minute, 10*minute, wave(1008, 42, 20, 3)...))}, w, h},
		{"month", chart.Input{From: noon - 30*day, To: noon, Zone: berlin, Series: one(feed(hour, hour, wave(720, 42, 20, 3)...))}, w, h},
		{"year", chart.Input{From: noon - 365*day, To: noon, Zone: berlin, Series: one(feed(6*hour, 12*hour, wave(730, 42, 20, 3)...))}, w, h},
	}...)
}

// TestGoldens compares each drawing with a file, byte for byte: linux and js/wasm, any GOAMD64.
func TestGoldens(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			c.Draw(&tape, &g.in, g.w, g.h)
			got := append(scene.AppendSVG(nil, &tape, &scene.Light, g.in.Title), '\n')
			path := filepath.Join("testdata", g.name+".svg")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				at := 0
				for at < min(len(got), len(want)) && got[at] == want[at] {
					at++
				}
				t.Errorf("differs from %s at byte %d; if it should, run the test with -update and look at it\n got %.80q\nwant %.80q", path, at, got[at:], want[at:])
			}
		})
	}
}
