package picture

import (
	"image"
	"math"
	"unicode/utf8"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"telltale/shared/scene"
)

const (
	shifts     = 4    // places within a pixel at which a letter is drawn
	mostGlyphs = 4096 // kept from picture to picture
)

// glyphKey is a letter as it is drawn.
type glyphKey struct {
	char   rune
	size   int32 // tenths of a pixel
	weight scene.Weight
	shift  uint8
}

// glyph is how much a letter covers of the pixels around its place.
type glyph struct {
	image.Rectangle
	cover []uint8
}

// letters draws glyphs.
type letters struct {
	buffer sfnt.Buffer
	area   vector.Rasterizer
}

// Text implements scene.Painter.
func (r *raster) Text(x, y float64, text []byte, style scene.Style) {
	switch style.Align {
	case scene.Center:
		x -= scene.Width(text, style.Size, style.Weight) / 2
	case scene.Right:
		x -= scene.Width(text, style.Size, style.Weight)
	}
	base := int(math.Floor(y*r.scale + 0.5))
	c := r.colours[style.Role]
	for len(text) > 0 {
		char, n := utf8.DecodeRune(text)
		at := x * r.scale
		left := math.Floor(at)
		g := r.glyph(glyphKey{char, int32(style.Size*r.scale*10 + 0.5), style.Weight, uint8((at - left) * shifts)})
		place := g.Add(image.Pt(int(left), base))
		for py := max(place.Min.Y, r.bounds.Min.Y); py < min(place.Max.Y, r.bounds.Max.Y); py++ {
			row := g.cover[(py-place.Min.Y)*g.Dx():]
			for px := max(place.Min.X, r.bounds.Min.X); px < min(place.Max.X, r.bounds.Max.X); px++ {
				r.blend(px, py, c, uint32(row[px-place.Min.X]))
			}
		}
		x += scene.Width(text[:n], style.Size, style.Weight)
		text = text[n:]
	}
}

// glyph is a letter, drawn now or before.
func (r *raster) glyph(key glyphKey) glyph {
	g, is := r.glyphs[key]
	if !is {
		g = r.letters.draw(key)
		r.glyphs[key] = g
	}
	return g
}

// draw draws a letter. What the face does not have is drawn as its empty box.
func (l *letters) draw(key glyphKey) glyph {
	face := faces()[key.weight]
	if key.char == ' ' {
		return glyph{}
	}
	index, err := face.GlyphIndex(&l.buffer, key.char)
	if err != nil {
		return glyph{}
	}
	segments, err := face.LoadGlyph(&l.buffer, index, fixed.Int26_6(float64(key.size)*6.4+0.5), nil)
	if err != nil || len(segments) == 0 {
		return glyph{}
	}
	shift := float32(key.shift) / shifts
	bounds := segments.Bounds()
	box := image.Rect(bounds.Min.X.Floor(), bounds.Min.Y.Floor(), bounds.Max.X.Ceil()+1, bounds.Max.Y.Ceil())
	l.area.Reset(box.Dx(), box.Dy())
	at := func(p fixed.Point26_6) (x, y float32) {
		return float32(p.X)/64 - float32(box.Min.X) + shift, float32(p.Y)/64 - float32(box.Min.Y)
	}
	for _, s := range segments {
		x, y := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			l.area.ClosePath()
			l.area.MoveTo(x, y)
		case sfnt.SegmentOpLineTo:
			l.area.LineTo(x, y)
		case sfnt.SegmentOpQuadTo:
			x1, y1 := at(s.Args[1])
			l.area.QuadTo(x, y, x1, y1)
		case sfnt.SegmentOpCubeTo:
			x1, y1 := at(s.Args[1])
			x2, y2 := at(s.Args[2])
			l.area.CubeTo(x, y, x1, y1, x2, y2)
		}
	}
	l.area.ClosePath()
	mask := image.Alpha{Pix: make([]uint8, box.Dx()*box.Dy()), Stride: box.Dx(), Rect: image.Rectangle{Max: box.Size()}}
	l.area.Draw(&mask, mask.Rect, image.Opaque, image.Point{})
	return glyph{box, mask.Pix}
}
