package chart_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"telltale/shared/chart"
	"telltale/shared/scene"
	"telltale/shared/series"
)

// written is a text of a drawing: what it says and the box it takes.
type written struct {
	text                     string
	left, right, top, bottom float64
}

var textElement = regexp.MustCompile(`<text x="([^"]*)" y="([^"]*)" font-size="([^"]*)"(?: font-weight="(\d+)")? fill="[^"]*"(?: text-anchor="(\w+)")?>([^<]*)</text>`)

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&amp;", "&")

// texts are all texts of a tape.
func texts(t *testing.T, tape *scene.Tape) (list []written) {
	t.Helper()
	svg := string(scene.AppendSVG(nil, tape, &scene.Light, ""))
	for _, m := range textElement.FindAllStringSubmatch(svg, -1) {
		number := func(s string) float64 {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		x, y, size, weight := number(m[1]), number(m[2]), number(m[3]), scene.Regular
		if m[4] == "600" {
			weight = scene.Semibold
		}
		text := unescape.Replace(m[6])
		width := scene.Width([]byte(text), size, weight)
		switch m[5] {
		case "middle":
			x -= width / 2
		case "end":
			x -= width
		}
		list = append(list, written{text, x, x + width, y - 0.698*size, y})
	}
	if n := strings.Count(svg, "<text"); n != len(list) {
		t.Fatalf("%d of %d texts were understood", len(list), n)
	}
	return list
}

func TestNoLabelIsCutOffOrOverlapsAnother(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	for _, g := range goldens() {
		for _, w := range []float64{40, 90, 160, 233, 320, 358, 500, 747, 960, 1437} {
			for _, h := range []float64{24, 60, 83, 84, 120, 200, 333, 700} {
				c.Draw(&tape, &g.in, w, h)
				list := texts(t, &tape)
				for i, a := range list {
					if a.left < -0.1 || a.right > w+0.1 || a.top < -0.1 || a.bottom > h+0.1 {
						t.Errorf("%s at %v×%v: %q is cut off: %+v", g.name, w, h, a.text, a)
					}
					for _, b := range list[:i] {
						if a.left < b.right-0.1 && b.left < a.right-0.1 && a.top < b.bottom-0.1 && b.top < a.bottom-0.1 {
							t.Errorf("%s at %v×%v: %q overlaps %q: %+v %+v", g.name, w, h, a.text, b.text, a, b)
						}
					}
				}
			}
		}
	}
}

func TestAWarmChartAllocatesNothing(t *testing.T) {
	for _, g := range goldens() {
		var c chart.Chart
		var tape scene.Tape
		draw := func() { c.Draw(&tape, &g.in, g.w, g.h) }
		draw()
		if n := testing.AllocsPerRun(10, draw); n != 0 {
			t.Errorf("%s: %v allocations", g.name, n)
		}
	}
}

func TestTheSameInputGivesTheSameTapeWhateverWasDrawnBefore(t *testing.T) {
	var used chart.Chart
	var tape, again scene.Tape
	for _, g := range goldens() {
		var fresh chart.Chart
		used.Draw(&tape, &g.in, g.w, g.h)
		fresh.Draw(&again, &g.in, g.w, g.h)
		if string(tape.Bytes()) != string(again.Bytes()) || string(tape.Pool()) != string(again.Pool()) {
			t.Errorf("%s differs", g.name)
		}
	}
}

// path is the points of the longest path drawn.
func path(tape *scene.Tape) (xs, ys []float64) {
	longest := ""
	for _, m := range regexp.MustCompile(`<path d="([^"]*)"`).FindAllStringSubmatch(string(scene.AppendSVG(nil, tape, &scene.Light, "")), -1) {
		if len(m[1]) > len(longest) {
			longest = m[1]
		}
	}
	for i, f := range strings.Fields(strings.NewReplacer("M", " ", "L", " ").Replace(longest)) {
		v, _ := strconv.ParseFloat(f, 64)
		if i%2 == 0 {
			xs = append(xs, v)
		} else {
			ys = append(ys, v)
		}
	}
	return xs, ys
}

func TestASpikeIsDrawnWhereverItFalls(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	for at := range 300 {
		values := make([]float64, 3000)
		for i := range values {
			values[i] = 10
		}
		values[at*10] = 90
		in := chart.Input{From: noon - 2999*100, To: noon, Series: one(feed(200, 100, values...))}
		c.Draw(&tape, &in, 200, 200)
		_, ys := path(&tape)
		_, want := c.At(noon, 90)
		highest := math.Inf(1)
		for _, y := range ys {
			highest = min(highest, y)
		}
		if math.Abs(highest-want) > 0.06 {
			t.Fatalf("spike at %d: the line reaches %v, wanted %v", at*10, highest, want)
		}
	}
}

func TestAScrollingChartKeepsItsShape(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	s := feed(100, 100, wave(2000, 50, 20, 1)...)
	in := chart.Input{From: noon - 150_000, To: noon - 50_000, Series: one(s)}
	shape := func(shift int64) []float64 {
		moved := in
		moved.From, moved.To = in.From+shift, in.To+shift
		c.Draw(&tape, &moved, 400, 200)
		_, ys := path(&tape)
		return ys
	}
	before := shape(0)
	for _, shift := range []int64{1, 7, 33, 120} {
		after := shape(shift)
		// What was in the middle is still drawn from the same groups: the same heights in a row.
		middle := before[len(before)/2 : len(before)/2+60]
		found := false
		for i := range after[:len(after)-60] {
			same := true
			for k, y := range middle {
				same = same && after[i+k] == y
			}
			found = found || same
		}
		if !found {
			t.Errorf("shifted by %d ms the line has another shape", shift)
		}
	}
}

func TestALineIsCutAtTheEdgesOfItsRange(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	s := feed(second, 10*second, wave(60, 50, 20, 1)...)
	for _, hold := range []bool{false, true} {
		in := chart.Input{From: noon - 303*second, To: noon - 104*second, Series: []chart.Series{{Columns: s, Hold: hold}}}
		c.Draw(&tape, &in, 400, 200)
		xs, _ := path(&tape)
		left, _ := c.At(in.From, 0)
		right, _ := c.At(in.To, 0)
		if math.Abs(xs[0]-left) > 0.06 || math.Abs(xs[len(xs)-1]-right) > 0.06 {
			t.Errorf("hold %v: the line runs from %v to %v, wanted %v to %v", hold, xs[0], xs[len(xs)-1], left, right)
		}
		if strings.Contains(string(scene.AppendSVG(nil, &tape, &scene.Light, "")), "<circle") {
			t.Errorf("hold %v: a point is marked as the last though later ones exist", hold)
		}
	}
}

func TestAGapBreaksTheLineAndASlowMetricHasNone(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	nan := math.NaN()
	for _, row := range []struct {
		name   string
		series *series.Series
		pieces int
	}{
		{"every second, ten missing", feed(second, second, 1, 2, 3, 4, 5, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 6, 7, 8, 9), 2},
		{"every second, one missing", feed(second, second, 1, 2, 3, nan, 4, 5, 6), 1},
		{"once a minute", feed(second, minute, 1, 2, 3, 2), 1},
	} {
		in := chart.Input{From: noon - 5*minute, To: noon, Series: one(row.series)}
		c.Draw(&tape, &in, 400, 200)
		svg := string(scene.AppendSVG(nil, &tape, &scene.Light, ""))
		line := regexp.MustCompile(`<path d="([^"]*)" fill="none" stroke="` + scene.Light[scene.Series(0)]).FindStringSubmatch(svg)
		if line == nil {
			t.Fatalf("%s: no line", row.name)
		}
		if n := strings.Count(line[1], "M"); n != row.pieces {
			t.Errorf("%s: %d pieces, wanted %d", row.name, n, row.pieces)
		}
	}
}

func TestHitIsTheTimeUnderAPixel(t *testing.T) {
	var c chart.Chart
	var tape scene.Tape
	if _, ok := c.Hit(10); ok {
		t.Error("a hit on a chart never drawn")
	}
	in := chart.Input{From: noon - 5*minute, To: noon, Series: one(feed(second, second, 1, 2, 3))}
	c.Draw(&tape, &in, 640, 240)
	for ms := in.From; ms <= in.To; ms += 777 {
		x, _ := c.At(ms, 0)
		if got, ok := c.Hit(x); !ok || got != ms {
			t.Errorf("%d is hit as %d, %v", ms, got, ok)
		}
	}
	for _, x := range []float64{-1, 0, 640} {
		if _, ok := c.Hit(x); ok {
			t.Errorf("%v is beside the plot and was hit", x)
		}
	}
}

func TestNearestIsTheColumnWithTheNearestSample(t *testing.T) {
	s := feed(second, 10*second, 1, 2, math.NaN(), 4)
	for _, row := range []struct {
		ms, within int64
		want       float64
		ok         bool
	}{
		{noon, 0, 4, true}, {noon - 4*second, 5 * second, 4, true}, {noon - 4*second, 3 * second, 0, false},
		{noon - 14*second, hour, 2, true}, {noon + hour, 2 * hour, 4, true}, {noon - hour, hour, 1, true}, {noon - hour, minute, 0, false},
	} {
		b, ok := chart.Nearest(s, row.ms, row.within)
		if ok != row.ok || b.Last != row.want {
			t.Errorf("nearest to noon%+d within %d: %v, %v, wanted %v, %v", row.ms-noon, row.within, b.Last, ok, row.want, row.ok)
		}
	}
}

// BenchmarkDraw is what a frame costs; the history behind the columns does not matter.
func BenchmarkDraw(b *testing.B) {
	for _, g := range goldens() {
		if g.name == "line" || g.name == "many" || g.name == "bars" {
			b.Run(g.name, func(b *testing.B) {
				var c chart.Chart
				var tape scene.Tape
				b.ReportAllocs()
				for b.Loop() {
					c.Draw(&tape, &g.in, g.w, g.h)
				}
			})
		}
	}
}
