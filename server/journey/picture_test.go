package journey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// picturesBoard has a panel of each kind that a picture draws.
const picturesBoard = `{"id":"shown","title":"Shown","panels":[
	{"id":"a","kind":"area","title":"Water","queries":[{"metric":"water"}]},
	{"id":"b","kind":"line","title":"Both","queries":[{"metric":"water"},{"metric":"wind"}]},
	{"id":"c","kind":"gauge","title":"Wind","queries":[{"metric":"wind"}],"min":0,"max":100,"thresholds":[{"at":0,"tone":"good"},{"at":40,"tone":"warn"},{"at":80,"tone":"bad"}]},
	{"id":"d","kind":"stat","title":"Water now","queries":[{"metric":"water"}]},
	{"id":"e","kind":"table","title":"Both again","queries":[{"metric":"w*"}]},
	{"id":"f","kind":"bars","title":"Orders","queries":[{"metric":"orders"}],"w":2},
	{"id":"g","kind":"log","title":"Build","room":"build"},
	{"id":"h","kind":"text","title":"Notes","text":"# To do\n\n- *this*\n- that"}]}`

// filled puts metrics of the last ten minutes and a room on a server.
func filled(t *testing.T, s *server, now int64) {
	t.Helper()
	var rows strings.Builder
	for i := range int64(120) {
		at := now - (120-i)*5000
		fmt.Fprintf(&rows, `{"metric":"water","set":%d.5,"time":%d}`+"\n", 40+i*7%31, at)
		fmt.Fprintf(&rows, `{"metric":"wind","set":%d,"time":%d}`+"\n", 20+i*i%47, at)
		fmt.Fprintf(&rows, `{"metric":"orders","add":%d,"time":%d}`+"\n", i%4, at)
	}
	s.must("POST", "/api/v1/metrics", rows.String())
	s.must("POST", "/r/build", "cc main.c")
	s.must("POST", "/r/build", "\x1b[32mok\x1b[0m all tests")
	if status, answer := s.call("PUT", "/api/v1/boards/shown", picturesBoard); status != http.StatusCreated {
		t.Fatalf("%d %s", status, answer)
	}
}

// TestPNGAndSVGOfABoardAreTheSamePicture has Chromium show the SVG with the page's own font and compares its pixels with the PNG.
func TestPNGAndSVGOfABoardAreTheSamePicture(t *testing.T) {
	s := quiet(t)
	now := time.Now().UnixMilli()
	filled(t, s, now)
	b := look(t, s)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1208, 1920} {
			query := fmt.Sprintf("?at=%d&range=10m&width=%d&theme=%s", time.Now().UnixMilli()-1, width, theme)
			svg, file := get(t, s.url+"/b/shown.svg"+query), get(t, s.url+"/b/shown.png"+query)
			if again := get(t, s.url+"/b/shown.svg"+query); !bytes.Equal(again, svg) {
				t.Errorf("%s: the same moment is drawn otherwise the second time", query)
			}
			p := b.blank(width, 2400, theme)
			p.do(chromedp.Navigate(s.url + "/nowhere")) // has the page's styles and no app
			text, err := json.Marshal(string(svg))
			if err != nil {
				t.Fatal(err)
			}
			shown := eval[bool](p, fmt.Sprintf(`(async () => {
				await Promise.all(["400 11px", "600 11px"].map((f) => document.fonts.load(f + ' "IBM Plex Sans"')));
				document.body.innerHTML = %s;
				return document.querySelectorAll("svg text").length > 40;
			})()`, text))
			if !shown {
				t.Fatalf("%s: the SVG holds few texts", query)
			}
			got, err := png.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			want := p.shoot("body > svg") // not the icon
			if got.Bounds().Size() != want.Bounds().Size() {
				t.Fatalf("%s: %v, in the browser %v", query, got.Bounds(), want.Bounds())
			}
			differing, drawn := compare(got, want)
			t.Logf("%s: %d of %d drawn pixels differ much", query, differing, drawn)
			if drawn < 5000 || float64(differing) > 0.01*float64(drawn) {
				t.Errorf("%s: %d of %d drawn pixels differ much", query, differing, drawn)
			}
			p.close()
		}
	}
	b.expect("404")
}

// compare counts the pixels that differ by more than a third of the range, and those that are drawn: not as the grounds
// are, of the cards and between them, which most of b is.
func compare(a, b image.Image) (differing, drawn int) {
	counts := map[color.Color]int{}
	for y := b.Bounds().Min.Y; y < b.Bounds().Max.Y; y++ {
		for x := b.Bounds().Min.X; x < b.Bounds().Max.X; x++ {
			counts[b.At(x, y)]++
		}
	}
	grounds := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] })
	grounds = grounds[:min(2, len(grounds))]
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			ar, ag, ab, _ := a.At(a.Bounds().Min.X+x, a.Bounds().Min.Y+y).RGBA()
			c := b.At(b.Bounds().Min.X+x, b.Bounds().Min.Y+y)
			br, bg, bb, _ := c.RGBA()
			if !slices.Contains(grounds, c) {
				drawn++
			}
			const third = 0xFFFF / 3
			if max(ar, br)-min(ar, br) > third || max(ag, bg)-min(ag, bg) > third || max(ab, bb)-min(ab, bb) > third {
				differing++
			}
		}
	}
	return differing, drawn
}

func get(t *testing.T, target string) []byte {
	t.Helper()
	answer, err := http.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s %v %.200s", target, answer.Status, err, body)
	}
	return body
}

func TestCurlDrawsABoardInATerminal(t *testing.T) {
	s := quiet(t)
	filled(t, s, time.Now().UnixMilli())
	out, err := exec.CommandContext(t.Context(), "curl", "-sS", "-H", "Accept: text/plain", s.url+"/b/shown?color=never&range=10m").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{" Shown ", "─ Water ─", "┈", "⣿", "─ Both ─", "● good", "cc main.c", "ok all tests", "• that", "╰"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
