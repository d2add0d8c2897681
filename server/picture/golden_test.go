package picture

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"telltale/shared/scene"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) (want []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func exact(t *testing.T, name string, got []byte) {
	t.Helper()
	want := golden(t, name, got)
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	t.Errorf("differs from testdata/%s at byte %d; if it should, run make golden and look at it\n got %.80q\nwant %.80q", name, at, got[at:], want[at:])
}

func TestGoldenSVG(t *testing.T) {
	var tape scene.Tape
	for name, of := range map[string]struct {
		view          *View
		palette       *scene.Palette
		width, height float64
	}{
		"board-light.svg": {twelve(), &scene.Light, Width, 0}, "board-dark.svg": {twelve(), &scene.Dark, 390, 0},
		"hostile.svg": {hostile(), &scene.Light, Width, 0},
		"empty.svg":   {&View{Title: "Empty"}, &scene.Light, 400, 0},
	} {
		of.view.Draw(&tape, of.width, of.height)
		exact(t, name, append(scene.AppendSVG(nil, &tape, of.palette, of.view.Title), '\n'))
	}
	v := twelve()
	for _, at := range []int{0, 5, 7, 8} {
		v.DrawCard(&tape, &v.Cards[at], 480, 200)
		exact(t, "card-"+v.Cards[at].ID+".svg", append(scene.AppendSVG(nil, &tape, &scene.Light, v.Cards[at].Heading()), '\n'))
	}
}

func TestGoldenText(t *testing.T) {
	exact(t, "board.txt", twelve().AppendText(nil, 120, nil))
	exact(t, "board.ansi", twelve().AppendText(nil, Columns, &Between))
	exact(t, "hostile.ansi", hostile().AppendText(nil, Columns, &scene.Light))
	v := twelve()
	exact(t, "card.txt", v.AppendCardText(nil, &v.Cards[2], 60, nil))
}

// TestGoldenPNG leaves room for a shade: a processor that fuses products and sums rounds otherwise.
func TestGoldenPNG(t *testing.T) {
	var tape scene.Tape
	v := twelve()
	v.Draw(&tape, 390, 0)
	got, err := AppendPNG(nil, &tape, &scene.Light, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, b := decode(t, got), decode(t, golden(t, "board.png", got))
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v, want %v", a.Bounds(), b.Bounds())
	}
	differing := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			ar, ag, ab, _ := a.At(x, y).RGBA()
			br, bg, bb, _ := b.At(x, y).RGBA()
			const shade = 3 * 0x101
			if max(ar, br)-min(ar, br) > shade || max(ag, bg)-min(ag, bg) > shade || max(ab, bb)-min(ab, bb) > shade {
				differing++
			}
		}
	}
	if differing > 0 {
		t.Errorf("%d pixels differ; if they should, run make golden and look at it", differing)
	}
}

func decode(t *testing.T, file []byte) image.Image {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}
