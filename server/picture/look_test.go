package picture

import (
	"os"
	"testing"

	"telltale/shared/scene"
)

func TestLook(t *testing.T) {
	var tape scene.Tape
	for name, v := range map[string]*View{"twelve": twelve(), "hostile": hostile()} {
		v.Draw(&tape, 1208, 0)
		for theme, palette := range map[string]*scene.Palette{"light": &scene.Light, "dark": &scene.Dark} {
			os.WriteFile("/tmp/pict/"+name+"-"+theme+".svg", scene.AppendSVG(nil, &tape, palette, v.Title), 0o644)
			b, err := AppendPNG(nil, &tape, palette, 1)
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile("/tmp/pict/"+name+"-"+theme+".png", b, 0o644)
			b, _ = AppendPNG(nil, &tape, palette, 2)
			os.WriteFile("/tmp/pict/"+name+"-"+theme+"-2.png", b, 0o644)
		}
	}
}

func BenchmarkPNG(b *testing.B) {
	v := twelve()
	for b.Loop() {
		var tape scene.Tape
		v.Draw(&tape, 1208, 0)
		out, err := AppendPNG(nil, &tape, &scene.Light, 1)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(out)), "bytes")
	}
}

func TestLookText(t *testing.T) {
	os.WriteFile("/tmp/pict/twelve.txt", twelve().AppendText(nil, 120, nil), 0o644)
	os.WriteFile("/tmp/pict/twelve.ansi", twelve().AppendText(nil, 120, &scene.Dark), 0o644)
	os.WriteFile("/tmp/pict/hostile.txt", hostile().AppendText(nil, 80, &scene.Dark), 0o644)
}
