package picture

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"math"
	"sync"

	"telltale/shared/scene"
)

// MaxPixels is the size of the largest picture.
const MaxPixels = 24_000_000

// ErrTooLarge says that a picture would have more than MaxPixels.
var ErrTooLarge = errors.New("the picture would be too large")

var rasters = sync.Pool{New: func() any { return &raster{} }}

// AppendPNG appends the tape as a PNG, scale pixels for each of its own.
func AppendPNG(dst []byte, t *scene.Tape, palette *scene.Palette, scale float64) ([]byte, error) {
	width, height := t.Size()
	w, h := int(math.Ceil(width*scale)), int(math.Ceil(height*scale))
	if w < 1 || h < 1 || w*h > MaxPixels {
		return dst, ErrTooLarge
	}
	r := rasters.Get().(*raster)
	defer rasters.Put(r)
	r.reset(image.Rect(0, 0, w, h), scale, palette)
	t.Play(r)
	out := bytes.NewBuffer(dst)
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(out, r.image())
	return out.Bytes(), err
}
