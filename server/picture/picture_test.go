package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"telltale/shared/board"
	"telltale/shared/room"
	"telltale/shared/scene"
)

var colour = regexp.MustCompile(`\x1b\[0(;2)?(;38;5;[0-9]{1,3})?(;1)?m`)

func TestNothingThatAClientWroteReachesATerminalAsACommand(t *testing.T) {
	for _, palette := range []*scene.Palette{nil, &scene.Dark, &Between} {
		for _, columns := range []int{20, 80, 200, 500} {
			text := string(hostile().AppendText(nil, columns, palette))
			v := hostile()
			for i := range v.Cards {
				text += string(v.AppendCardText(nil, &v.Cards[i], columns, palette))
			}
			if palette != nil {
				text = colour.ReplaceAllString(text, "")
			}
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if i := strings.IndexFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); i >= 0 {
					t.Fatalf("%d columns: %q", columns, line[i:])
				}
				if n := cellsOf(line); n > columns {
					t.Errorf("%d columns: a line has %d: %s", columns, n, line)
				}
			}
		}
	}
}

func TestWideAndJoinedCharactersKeepTheFrame(t *testing.T) {
	v := twelve()
	v.Cards = v.Cards[8:9]
	v.Cards[0].Messages = said("日本語のとても長い行、この行はカードよりも広いので切られます。本当に長い行です", "e\u0301te\u0301 👩‍👩‍👧 ok", "ｆｕｌｌ", "\u0301alone", strings.Repeat("a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309", 50))
	for _, columns := range []int{20, 33, 34, 80} {
		lines := strings.SplitSeq(strings.TrimSuffix(string(v.AppendCardText(nil, &v.Cards[0], columns, nil)), "\n"), "\n")
		for line := range lines {
			if cellsOf(line) != columns {
				t.Errorf("%d columns: %d in %s", columns, cellsOf(line), line)
			}
		}
	}
}

func TestSVGOfWhatClientsWroteHoldsTextAndShapesAlone(t *testing.T) {
	var tape scene.Tape
	v := hostile()
	v.Draw(&tape, Width, 0)
	decoder := xml.NewDecoder(bytes.NewReader(scene.AppendSVG(nil, &tape, &scene.Light, v.Title)))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !slices.Contains([]string{"svg", "title", "path", "rect", "circle", "text"}, token.Name.Local) {
				t.Errorf("an element %s", token.Name.Local)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "style" {
					t.Errorf("an attribute %s", a.Name.Local)
				}
			}
		case xml.CharData, xml.EndElement:
		default:
			t.Errorf("%T", token)
		}
	}
}

func TestAnySizeCanBeDrawn(t *testing.T) {
	var tape scene.Tape
	for _, v := range []*View{twelve(), hostile(), {}} {
		for _, size := range [][2]float64{{40, 40}, {41, 4000}, {97, 0}, {807, 100}, {4000, 40}} {
			v.Draw(&tape, size[0], size[1])
			if w, h := tape.Size(); w != size[0] || h < size[1] {
				t.Errorf("%v is drawn %v × %v", size, w, h)
			}
			for i := range v.Cards {
				v.DrawCard(&tape, &v.Cards[i], size[0], max(size[1], 40))
				if size[0]*size[1] > 100_000 {
					continue // nothing else happens on the same in large
				}
				if _, err := AppendPNG(nil, &tape, &scene.Dark, 1); err != nil {
					t.Errorf("%v: %v", size, err)
				}
			}
		}
		for columns := 20; columns < 60; columns++ {
			v.AppendText(nil, columns, nil)
		}
	}
}

func TestATooLargePictureIsRefusedBeforeItTakesMemory(t *testing.T) {
	var tape scene.Tape
	tape.Reset(4000, 50_000)
	if _, err := AppendPNG(nil, &tape, &scene.Light, 2); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
}

func TestTwiceTheScaleIsTwiceThePixels(t *testing.T) {
	var tape scene.Tape
	v := twelve()
	v.DrawCard(&tape, &v.Cards[0], 301, 203)
	for _, scale := range []float64{1, 2, 3} {
		file, err := AppendPNG(nil, &tape, &scene.Light, scale)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(file))
		if err != nil || float64(picture.Bounds().Dx()) != 301*scale || float64(picture.Bounds().Dy()) != 203*scale {
			t.Errorf("scale %v: %v, %v", scale, picture.Bounds(), err)
		}
	}
}

func TestAPanelThatPromisedMoreThanCameSaysSoInEachPicture(t *testing.T) {
	s := newStudio("Ages")
	s.show(board.Panel{ID: "late", Kind: board.Line, Every: 60_000}, "", []float64{1, 2, 3})
	s.To += 90_000
	s.Heard = s.To
	var tape scene.Tape
	s.Draw(&tape, 400, 0)
	const words = "30 s late"
	if svg := string(scene.AppendSVG(nil, &tape, &scene.Light, "")); !strings.Contains(svg, ">"+words+"<") {
		t.Errorf("no %q in %s", words, svg)
	}
	if text := string(s.AppendText(nil, 80, nil)); !strings.Contains(text, words) {
		t.Errorf("no %q in\n%s", words, text)
	}
}

func TestPiecesOfALineAreOneRow(t *testing.T) {
	v := View{}
	rows := v.logRows([]room.Message{
		{Content: "a", Stream: room.Stdout, Open: true}, {Content: "x", Stream: room.Stderr}, {Content: "b", Stream: room.Stdout}, {Content: "c", Stream: room.Stdout},
	}, 10, "")
	var got []string
	for _, r := range rows {
		var text strings.Builder
		for _, p := range r.left[1:] {
			text.WriteString(p.text)
		}
		got = append(got, text.String())
	}
	if !slices.Equal(got, []string{"ab", "x", "c"}) {
		t.Errorf("%q", got)
	}
}

func TestMarkdownIsShownAsPlainRows(t *testing.T) {
	fold := folder(40, func(text string) float64 { return float64(len(text)) })
	for text, want := range map[string]string{
		"# Title #\nsome *text* with `code_x` and\na [link](https://x) or ![an image](y)": "Title|some text with code_x and a link or an|image",
		"- one\n- two\n  more\n\n1. first":                                                "• one|• two more||1. first",
		"```\n*as it is*\n```":                                                            "*as it is*",
		"> said":                                                                          "› said",
		"snake_case and _this_ and __that__ and 2 * 3 \\*":                                "snake_case and this and that and 2 * 3 *",
		"a\n\n***\n\nb":                                                                   "a||b",
		"<b>tags</b> & [not a link] ]( [x](":                                              "<b>tags</b> & [not a link] ]( [x](",
		strings.Repeat("x", 90):                                                           strings.Repeat("x", 40) + "|" + strings.Repeat("x", 40) + "|" + strings.Repeat("x", 10),
		"":                                                                                "",
	} {
		var got []string
		for _, r := range textRows(text, 20, fold) {
			var line strings.Builder
			for _, p := range r.left {
				line.WriteString(p.text)
			}
			got = append(got, line.String())
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", text, strings.Join(got, "|"), want)
		}
	}
}

func FuzzTextStaysInItsPlace(f *testing.F) {
	f.Add("plain", 20)
	f.Add("\x1b[2J日本\u0301\u202e[x](y)\n# a\n- b\x00\xff", 33)
	f.Fuzz(func(t *testing.T, text string, columns int) {
		columns = 20 + (columns%200+200)%200
		v := twelve()
		v.Cards = v.Cards[8:]
		v.Title, v.Cards[0].Messages, v.Cards[3].Text, v.Cards[2].Members[0].UserID, v.Cards[1].Title = text, said(text), text, text, text
		for line := range strings.Lines(string(v.AppendText(nil, columns, nil))) {
			line = strings.TrimSuffix(line, "\n")
			if cellsOf(line) > columns || strings.IndexFunc(line, unicode.IsControl) >= 0 {
				t.Fatalf("%d columns: %q", columns, line)
			}
		}
		var tape scene.Tape
		v.Draw(&tape, 300, 0)
		if err := xml.Unmarshal(scene.AppendSVG(nil, &tape, &scene.Light, v.Title), new(struct{})); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkPNG(b *testing.B) {
	v := twelve()
	for _, c := range []struct {
		name  string
		scale float64
	}{{"1208x1120", 1}, {"2416x2240", 2}} {
		b.Run(c.name, func(b *testing.B) {
			var size int
			for b.Loop() {
				var tape scene.Tape
				v.Draw(&tape, Width, 0)
				file, err := AppendPNG(nil, &tape, &scene.Light, c.scale)
				if err != nil {
					b.Fatal(err)
				}
				size = len(file)
			}
			b.ReportMetric(float64(size)/1024, "KiB/picture")
		})
	}
}

func BenchmarkText(b *testing.B) {
	v := twelve()
	for b.Loop() {
		v.AppendText(nil, 120, &scene.Dark)
	}
}
