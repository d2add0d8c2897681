//go:build !js

package canvas_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"telltale/shared/chart"
	"telltale/shared/metric"
	"telltale/shared/scene"
	"telltale/shared/series"
)

const noon = 1_750_593_600_000

// drawings are tapes with each op on them.
func drawings() map[string]*scene.Tape {
	columns := series.NewSeries(1000, 400)
	for i := range 300 {
		v := 50 + 20*math.Sin(float64(i)/15) + float64(i%7)
		columns.Add(series.Bucket{Time: noon - int64(300-i)*1000, Last: v, Min: v - 3, Max: v + 3, Sum: float64(i % 5), Count: 1})
	}
	tapes := map[string]*scene.Tape{}
	for name, kind := range map[string]chart.Kind{"line": chart.Line, "area": chart.Area, "bars": chart.Bars, "stat": chart.Stat} {
		in := chart.Input{Kind: kind, Title: "Temperature & more", Unit: "°C", From: noon - 300_000, To: noon, Series: []chart.Series{
			{Name: "roof", Columns: columns, Head: metric.Head{Time: noon, Seq: 1, Value: 48.5}}, {Name: "cellar", Columns: columns, Color: 3, Hold: true}}}
		var c chart.Chart
		tapes[name] = &scene.Tape{}
		c.Draw(tapes[name], &in, 480, 240)
	}
	return tapes
}

func TestBothPaintersShowTheSame(t *testing.T) {
	ctx := browser(t, 5*time.Minute)
	if err := chromedp.Do(ctx, chromedp.Navigate(serve(t, pageFiles(t, "testdata/paint.html")))); err != nil {
		t.Fatal(err)
	}
	palette, err := json.Marshal(scene.Light)
	if err != nil {
		t.Fatal(err)
	}
	for _, ratio := range []float64{1, 2} {
		screen := emulation.SetDeviceMetricsOverrideParams{Width: 480, Height: 240, DeviceScaleFactor: ratio}
		if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, screen); err != nil {
			t.Fatal(err)
		}
		for name, tape := range drawings() {
			pool, err := json.Marshal(string(tape.Pool()))
			if err != nil {
				t.Fatal(err)
			}
			w, h := tape.Size()
			evaluate[bool](t, ctx, fmt.Sprintf("byTape(%q, %s, %s, %v, %v)", base64.StdEncoding.EncodeToString(tape.Bytes()), pool, palette, w, h))
			played := screenshot(t, ctx)
			svg, err := json.Marshal(string(scene.AppendSVG(nil, tape, &scene.Light, name)))
			if err != nil {
				t.Fatal(err)
			}
			evaluate[bool](t, ctx, fmt.Sprintf("bySVG(%s)", svg))
			written := screenshot(t, ctx)
			if played.Bounds() != written.Bounds() || played.Bounds().Dx() != int(480*ratio) {
				t.Fatalf("%s: %v played, %v written", name, played.Bounds(), written.Bounds())
			}
			// The edges of lines and letters are smoothed a little differently; a text, a bar or a line that is
			// missing or elsewhere changes far more.
			if differing, inked := compare(played, written); inked < 2000 || float64(differing) > 0.01*float64(inked) {
				t.Errorf("%s at %v: %d of %d drawn pixels differ much", name, ratio, differing, inked)
			}
		}
	}
}

// compare counts the pixels that differ by more than a third of the range, and those that are not white.
func compare(a, b image.Image) (differing, inked int) {
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			ar, ag, ab, _ := a.At(x, y).RGBA()
			br, bg, bb, _ := b.At(x, y).RGBA()
			if br+bg+bb < 3*0xFFFF {
				inked++
			}
			const third = 0xFFFF / 3
			if max(ar, br)-min(ar, br) > third || max(ag, bg)-min(ag, bg) > third || max(ab, bb)-min(ab, bb) > third {
				differing++
			}
		}
	}
	return differing, inked
}

// livePage is one on which the wasm of testdata draws.
func livePage(t *testing.T) context.Context {
	t.Helper()
	files := pageFiles(t, "testdata/paint.html")
	files["/frames.wasm"] = buildFrames(t)
	ctx := browser(t, 5*time.Minute)
	if err := chromedp.Do(ctx, chromedp.Navigate(serve(t, files))); err != nil {
		t.Fatal(err)
	}
	evaluate[bool](t, ctx, "live()")
	return ctx
}

func TestAPainterPaintsGivesItsCanvasBackAndPaintsAgain(t *testing.T) {
	ctx := livePage(t)
	if n := evaluate[int](t, ctx, "ours.frame(), inked()"); n < 1000 {
		t.Errorf("a frame drew %d pixels", n)
	}
	if n := evaluate[int](t, ctx, `ours.release(), document.getElementById("live").width`); n != 0 {
		t.Errorf("a released canvas is %d wide", n)
	}
	if n := evaluate[int](t, ctx, "ours.frame(), inked()"); n < 1000 {
		t.Errorf("a frame after the release drew %d pixels", n)
	}
}

func screenshot(t *testing.T, ctx context.Context) image.Image {
	t.Helper()
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}
