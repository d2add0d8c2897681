package canvas

import (
	"bytes"
	"syscall/js"

	"telltale/shared/scene"
)

// player is the page's tape player and the array it plays from.
var player struct {
	object js.Value
	array  js.Value // Uint8Array of size bytes
	size   int
}

func global() js.Value {
	if player.object.IsUndefined() {
		player.object = js.Global().Get("telltalePaint")
	}
	return player.object
}

// SetPalette gives the colours of all painters; each shows them with its next Paint.
func SetPalette(p *scene.Palette) {
	colours := make([]any, len(p))
	for i, colour := range p {
		colours[i] = colour
	}
	global().Call("palette", colours)
}

// Painter paints tapes on one canvas element.
type Painter struct {
	canvas js.Value
	play   js.Value
	pool   []byte // the texts the player has
}

// NewPainter makes the painter of a canvas element.
func NewPainter(canvas js.Value) *Painter {
	return &Painter{canvas: canvas, play: global().Call("open", canvas)}
}

// Paint replaces what the canvas shows by the tape, in the tape's size and as many
// device pixels as the screen has. The element's size on the page is CSS's matter.
func (p *Painter) Paint(t *scene.Tape) {
	tape := t.Bytes()
	if player.size < len(tape) {
		player.size = 2 * len(tape)
		player.array = global().Call("grow", player.size)
	}
	js.CopyBytesToJS(player.array, tape)
	if bytes.Equal(p.pool, t.Pool()) {
		p.play.Invoke()
		return
	}
	p.pool = append(p.pool[:0], t.Pool()...)
	p.play.Invoke(string(p.pool))
}

// Release gives the canvas' pixels back; the next Paint takes them again.
func (p *Painter) Release() {
	p.canvas.Set("width", 0)
	p.canvas.Set("height", 0)
}
