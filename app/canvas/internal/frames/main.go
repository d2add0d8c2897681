//go:build js && wasm

package main

import (
	"encoding/binary"
	"math"
	"syscall/js"

	"telltale/app/canvas"
	"telltale/app/canvas/internal/drawn"
	"telltale/shared/chart"
	"telltale/shared/scene"
	"telltale/shared/series"
)

func main() {
	var panels []*bench
	js.Global().Set("ours", map[string]any{
		"clear": js.FuncOf(func(js.Value, []js.Value) any {
			panels = nil
			return nil
		}),
		"open": js.FuncOf(func(_ js.Value, args []js.Value) any {
			b := &bench{}
			b.open(args[0], args[1], args[2].Int(), int64(args[3].Int()), args[4].Float(), args[5].Float())
			panels = append(panels, b)
			return nil
		}),
		"frame": js.FuncOf(func(js.Value, []js.Value) any {
			for _, b := range panels {
				b.frame()
			}
			return nil
		}),
		"release": js.FuncOf(func(js.Value, []js.Value) any {
			for _, b := range panels {
				b.painter.Release()
			}
			return nil
		}),
	})
	js.Global().Get("ours").Set("drawn", js.FuncOf(func(js.Value, []js.Value) any {
		all := map[string]any{}
		for name, svg := range drawn.All() {
			all[name] = svg
		}
		return all
	}))
	js.Global().Call("oursReady")
	select {}
}

// bench is one panel: a chart of series over a window of points, to which each
// frame brings one sample a series.
type bench struct {
	values  [][]float64 // by series, then time
	step    int64       // ms between samples
	points  int
	next    int // sample that arrives with the next frame
	w, h    float64
	input   chart.Input
	chart   chart.Chart
	tape    scene.Tape
	painter *canvas.Painter
}

func (b *bench) open(element, data js.Value, points int, step int64, w, h float64) {
	canvas.SetPalette(&scene.Light)
	*b = bench{painter: canvas.NewPainter(element), points: points, step: step, w: w, h: h}
	columns := series.Step(int64(points)*step, int(w))
	for i := range data.Length() {
		bytes := make([]byte, data.Index(i).Get("byteLength").Int())
		js.CopyBytesToGo(bytes, js.Global().Get("Uint8Array").New(data.Index(i).Get("buffer")))
		values := make([]float64, len(bytes)/8)
		for k := range values {
			values[k] = math.Float64frombits(binary.LittleEndian.Uint64(bytes[8*k:]))
		}
		b.values = append(b.values, values)
		b.input.Series = append(b.input.Series, chart.Series{
			Name: "series " + string(rune('a'+i)), Color: i, Columns: series.NewSeries(columns, int(w)+2)})
	}
	for b.next < points {
		b.arrive()
	}
}

// start is the time of the first sample.
const start = 1_760_000_000_000

// arrive folds the next sample of each series in.
func (b *bench) arrive() {
	at := start + int64(b.next)*b.step
	for i := range b.values {
		v := b.values[i][b.next]
		b.input.Series[i].Columns.Add(series.Bucket{Time: at, Last: v, Min: v, Max: v, Total: v, Count: 1})
	}
	b.next++
	b.input.To = at
}

func (b *bench) frame() {
	b.arrive()
	b.input.From = b.input.To - int64(b.points-1)*b.step
	b.chart.Draw(&b.tape, &b.input, b.w, b.h)
	b.painter.Paint(&b.tape)
}
