package scene

import (
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestCoordinatesAreTenthsOfAPixel(t *testing.T) {
	for _, row := range []struct {
		v    float64
		want int32
	}{
		{0, 0}, {1, 10}, {12.34, 123}, {12.35, 124}, {-0.04, 0}, {-0.06, -1}, {-12.34, -123},
		{math.NaN(), 0}, {math.Inf(1), Limit * 10}, {math.Inf(-1), -Limit * 10}, {1e9, Limit * 10}, {Limit - 0.1, Limit*10 - 1},
	} {
		if got := tenths(row.v); got != row.want {
			t.Errorf("%v is %d tenths, wanted %d", row.v, got, row.want)
		}
	}
}

func TestEachOpIsWrittenAsSVG(t *testing.T) {
	text := Style{Role: Ink, Size: 11}
	for _, row := range []struct {
		name string
		draw func(*Tape)
		want string
	}{
		{"lines in a row are one path", func(t *Tape) { t.Move(1, 2); t.Line(3, 4); t.Line(5.25, 6); t.Stroke(Series(0), 1.5) },
			`<path d="M1 2L3 4 5.3 6" fill="none" stroke="#0b62d6" stroke-width="1.5" stroke-linejoin="round"/>`},
		{"a path goes on after a second move", func(t *Tape) {
			t.Move(1, 2)
			t.Line(3, 4)
			t.Move(5, 6)
			t.Line(7, 8)
			t.Stroke(Grid, 1)
		},
			`<path d="M1 2L3 4M5 6L7 8" fill="none" stroke="#e9edf0" stroke-linejoin="round"/>`},
		{"a stroke ends its path", func(t *Tape) {
			t.Move(1, 2)
			t.Line(3, 4)
			t.Stroke(Grid, 1)
			t.Move(5, 6)
			t.Line(7, 8)
			t.Fill(Ink)
		},
			`<path d="M1 2L3 4" fill="none" stroke="#e9edf0" stroke-linejoin="round"/><path d="M5 6L7 8" fill="#16202a"/>`},
		{"rect", func(t *Tape) { t.Rect(Accent, 1, 2, 3, 4, 0) }, `<rect x="1" y="2" width="3" height="4" fill="#0b62d6"/>`},
		{"rounded rect", func(t *Tape) { t.Rect(Accent, 1, -2, 3, 4, 1.5) }, `<rect x="1" y="-2" width="3" height="4" rx="1.5" fill="#0b62d6"/>`},
		{"dot", func(t *Tape) { t.Dot(Bad, 1, 2, 3) }, `<circle cx="1" cy="2" r="3" fill="#b3200c"/>`},
		{"text", func(t *Tape) { t.Text(1, 2, []byte("a"), text) }, `<text x="1" y="2" font-size="11" fill="#16202a">a</text>`},
		{"text at the right, in the middle", func(t *Tape) {
			t.Text(100, 20, []byte("a"), Style{Role: Ink, Size: 10, Weight: Semibold, Align: Right, Baseline: Middle})
		},
			`<text x="100" y="23.5" font-size="10" font-weight="600" fill="#16202a" text-anchor="end">a</text>`},
		{"what a client wrote is text", func(t *Tape) { t.Text(0, 0, []byte("<script>'&\"</script>"), text) },
			`<text x="0" y="0" font-size="11" fill="#16202a">&lt;script&gt;&#39;&amp;&quot;&lt;/script&gt;</text>`},
		{"control characters are spaces, what is not UTF-8 or not XML is replaced", func(t *Tape) { t.Text(0, 0, []byte("a\nb\x00c\xffd\uFFFFe\x7f\u2028"), text) },
			`<text x="0" y="0" font-size="11" fill="#16202a">a b c` + "\uFFFDd\uFFFDe" + `  </text>`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var tape Tape
			tape.Reset(10, 5.5)
			row.draw(&tape)
			got := string(AppendSVG(nil, &tape, &Light, ""))
			want := `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5.5" viewBox="0 0 10 5.5" font-family='` + Family +
				`' aria-hidden="true">` + row.want + `</svg>`
			if got != want {
				t.Errorf("\n%s\nwanted\n%s", got, want)
			}
		})
	}
}

func TestATitleIsSaidAndEscaped(t *testing.T) {
	var tape Tape
	tape.Reset(1, 1)
	if got := string(AppendSVG(nil, &tape, &Vars, "a < b")); !strings.Contains(got, ` role="img"><title>a &lt; b</title>`) {
		t.Error(got)
	}
}

func TestAnUnusedTapeIsAnEmptyPicture(t *testing.T) {
	var tape Tape
	if tape.Bytes() != nil {
		t.Error("bytes of an unused tape")
	}
	if got := string(AppendSVG(nil, &tape, &Light, "")); !strings.HasSuffix(got, `aria-hidden="true"></svg>`) {
		t.Error(got)
	}
}

func TestBytesBeginWithTheirLengthAndSize(t *testing.T) {
	var tape Tape
	tape.Reset(320, 200.5)
	tape.Move(1, 2)
	tape.Line(3, 4)
	want := []uint32{9 + 0, 3200, 2005, opMove, 10, 20, opLines, 1, 30, 40}
	want[0] = uint32(len(want))
	got := tape.Bytes()
	if len(got) != 4*len(want) {
		t.Fatalf("%d bytes, wanted %d", len(got), 4*len(want))
	}
	for i, w := range want {
		if g := binary.LittleEndian.Uint32(got[4*i:]); g != w {
			t.Errorf("word %d is %d, wanted %d", i, g, w)
		}
	}
}

func TestAWarmTapeAllocatesNothing(t *testing.T) {
	var tape Tape
	label := []byte("12,345 µs")
	draw := func() {
		tape.Reset(100, 100)
		tape.Move(0, 0)
		for i := range 500 {
			tape.Line(float64(i), 2)
		}
		tape.Stroke(Series(0), 1.5)
		tape.Rect(Ink, 0, 0, 1, 1, 0)
		tape.Dot(Ink, 0, 0, 1)
		tape.Text(1, 1, label, Style{Size: 11, Baseline: Middle})
		tape.Bytes()
	}
	draw()
	if n := testing.AllocsPerRun(100, draw); n != 0 {
		t.Errorf("%v allocations", n)
	}
	svg := AppendSVG(nil, &tape, &Vars, "a chart")
	if n := testing.AllocsPerRun(100, func() { svg = AppendSVG(svg[:0], &tape, &Vars, "a chart") }); n > 1 {
		t.Errorf("%v allocations for an SVG into a buffer that is large enough", n)
	}
}

func FuzzAnyTextIsWellFormedAndStaysText(f *testing.F) {
	f.Add("plain", "title")
	f.Add("<b>&amp;\"'", "]]>")
	f.Add("\xff\xfe\x00\n", "\uFFFE")
	f.Fuzz(func(t *testing.T, text, title string) {
		var tape Tape
		tape.Reset(10, 10)
		tape.Text(0, 0, []byte(text), Style{Size: 11})
		tape.Text(0, 9, []byte("second"), Style{Size: 11})
		d := xml.NewDecoder(strings.NewReader(string(AppendSVG(nil, &tape, &Light, title))))
		elements := []string{}
		last := ""
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q, %q: %v", text, title, err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				elements = append(elements, token.Name.Local)
			case xml.CharData:
				last = string(token)
			}
		}
		want := "svg title text text"
		if title == "" {
			want = "svg text text"
		}
		if got := strings.Join(elements, " "); got != want || last != "second" {
			t.Errorf("%q, %q: elements %s, last text %q", text, title, got, last)
		}
	})
}

func TestWidthIsTheSumOfAdvances(t *testing.T) {
	for _, row := range []struct {
		text   string
		weight Weight
		want   float64
	}{
		{"", Regular, 0}, {"0", Regular, 60}, {"1234567890", Regular, 600}, {"−1", Semibold, 120}, {" %", Regular, 116.3},
		{"…", Regular, 80.3}, {"日", Regular, 100}, {"\n", Regular, 23.6}, {"\xff", Regular, Width([]byte("\uFFFD"), 100, Regular)},
	} {
		if got := Width([]byte(row.text), 100, row.weight); math.Abs(got-row.want) > 1e-9 {
			t.Errorf("%q is %v wide, wanted %v", row.text, got, row.want)
		}
	}
}

func TestATextThatDoesNotFitEndsInAnEllipsis(t *testing.T) {
	for _, row := range []struct {
		text  string
		width float64
		want  string
	}{
		{"temperature", 1000, "temperature"}, {"temperature", 40, "temp…"}, {"temp erature", 40, "temp…"},
		{"temperature", 9, "…"}, {"temperature", 5, ""}, {"", 0, ""}, {"日本語", 25, "日…"},
	} {
		got := string(AppendFitted(nil, []byte(row.text), row.width, 11, Regular))
		if got != row.want {
			t.Errorf("%q in %v px is %q, wanted %q", row.text, row.width, got, row.want)
		}
		if w := Width([]byte(got), 11, Regular); w > row.width {
			t.Errorf("%q is %v wide, more than %v", got, w, row.width)
		}
	}
}
