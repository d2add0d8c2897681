package picture

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"golang.org/x/image/vector"

	"telltale/shared/scene"
)

// raster paints a tape on pixels: the rows of the picture from its image's top to its foot.
// It implements scene.Painter.
type raster struct {
	pix     []uint8 // RGBA, opaque, row by row
	stride  int
	bounds  image.Rectangle
	scale   float64
	colours [scene.RoleCount]color.NRGBA
	area    vector.Rasterizer
	glyphs  map[glyphKey]glyph
	letters letters

	path  []point
	parts []int // where in path each part of it begins
	cover []uint8
}

// point is a place in pixels of the picture.
type point struct{ x, y float64 }

// reset begins a picture of w × h pixels, of which bounds is painted.
func (r *raster) reset(bounds image.Rectangle, scale float64, palette *scene.Palette) {
	size := 4 * bounds.Dx() * bounds.Dy()
	if cap(r.pix) < size {
		r.pix = make([]uint8, size)
	}
	r.pix, r.stride, r.bounds = r.pix[:size], 4*bounds.Dx(), bounds
	for i := range r.pix {
		r.pix[i] = 0xFF
	}
	if r.scale != scale || len(r.glyphs) > mostGlyphs {
		r.glyphs = map[glyphKey]glyph{}
	}
	r.scale = scale
	for i, text := range palette {
		r.colours[i] = parseColour(text)
	}
	r.path, r.parts = r.path[:0], r.parts[:0]
}

// image is the picture, of the raster's memory.
func (r *raster) image() *image.RGBA {
	return &image.RGBA{Pix: r.pix, Stride: r.stride, Rect: r.bounds}
}

// parseColour reads #rrggbb or #rrggbbaa, as palettes hold it.
func parseColour(text string) color.NRGBA {
	if len(text) == 7 {
		text += "ff"
	}
	n, err := strconv.ParseUint(text[1:], 16, 32)
	if err != nil {
		panic("picture: no colour: " + text) // palettes are our own
	}
	return color.NRGBA{R: uint8(n >> 24), G: uint8(n >> 16), B: uint8(n >> 8), A: uint8(n)}
}

// Move implements scene.Painter.
func (r *raster) Move(x, y float64) {
	r.parts = append(r.parts, len(r.path))
	r.path = append(r.path, point{x * r.scale, y * r.scale})
}

// Line implements scene.Painter.
func (r *raster) Line(x, y float64) {
	if len(r.parts) == 0 {
		r.parts = append(r.parts, 0)
	}
	r.path = append(r.path, point{x * r.scale, y * r.scale})
}

// forget ends the path.
func (r *raster) forget() { r.path, r.parts = r.path[:0], r.parts[:0] }

// Fill implements scene.Painter.
func (r *raster) Fill(role scene.Role) {
	defer r.forget()
	box := r.reach(0)
	if box.Empty() {
		return
	}
	r.area.Reset(box.Dx(), box.Dy())
	left, top := float64(box.Min.X), float64(box.Min.Y)
	for i, begin := range r.parts {
		for k, p := range r.path[begin:r.partEnd(i)] {
			x, y := float32(p.x-left), float32(p.y-top)
			if k == 0 {
				r.area.MoveTo(x, y)
			} else {
				r.area.LineTo(x, y)
			}
		}
		r.area.ClosePath()
	}
	r.area.Draw(r.image(), box, image.NewUniform(r.colours[role]), image.Point{})
}

// partEnd is where in path its i-th part ends.
func (r *raster) partEnd(i int) int {
	if i+1 < len(r.parts) {
		return r.parts[i+1]
	}
	return len(r.path)
}

// reach is the part of the picture that the path touches, with a margin around it.
func (r *raster) reach(margin float64) image.Rectangle {
	if len(r.path) == 0 {
		return image.Rectangle{}
	}
	low, high := r.path[0], r.path[0]
	for _, p := range r.path {
		low = point{math.Min(low.x, p.x), math.Min(low.y, p.y)}
		high = point{math.Max(high.x, p.x), math.Max(high.y, p.y)}
	}
	return image.Rect(int(math.Floor(low.x-margin)), int(math.Floor(low.y-margin)),
		int(math.Ceil(high.x+margin)), int(math.Ceil(high.y+margin))).Intersect(r.bounds)
}

// Rect implements scene.Painter.
func (r *raster) Rect(role scene.Role, x, y, w, h, radius float64) {
	x, y, w, h, radius = x*r.scale, y*r.scale, w*r.scale, h*r.scale, radius*r.scale
	radius = math.Min(radius, math.Min(w, h)/2)
	box := image.Rect(int(math.Floor(x)), int(math.Floor(y)), int(math.Ceil(x+w)), int(math.Ceil(y+h))).Intersect(r.bounds)
	c := r.colours[role]
	for py := box.Min.Y; py < box.Max.Y; py++ {
		down := within(float64(py), y, y+h)
		from, to := box.Min.X, box.Max.X
		middle := float64(py) + 0.5
		rounded := radius > 0 && (middle < y+radius || middle > y+h-radius)
		inner := 1.0 // from its sides to where it is solid
		if rounded {
			inner += radius
		}
		solidFrom, solidTo := min(max(int(math.Ceil(x+inner)), from), to), max(min(int(math.Floor(x+w-inner)), to), from)
		if solidTo > solidFrom {
			r.span(py, solidFrom, solidTo, c, uint32(down*255+0.5))
		} else {
			solidFrom, solidTo = to, to
		}
		for px := from; px < to; px++ {
			if px == solidFrom {
				px = solidTo
				if px >= to {
					break
				}
			}
			part := down * within(float64(px), x, x+w)
			if rounded {
				part = math.Min(part, corner(float64(px)+0.5, middle, x, y, w, h, radius))
			}
			r.blend(px, py, c, uint32(part*255+0.5))
		}
	}
}

// within is how much of the pixel that begins at p lies between from and to.
func within(p, from, to float64) float64 {
	return math.Max(0, math.Min(p+1, to)-math.Max(p, from))
}

// corner is how much of the pixel around px, py the rounding of a rectangle leaves.
func corner(px, py, x, y, w, h, radius float64) float64 {
	cx := math.Min(math.Max(px, x+radius), x+w-radius)
	cy := math.Min(math.Max(py, y+radius), y+h-radius)
	return unit(radius + 0.5 - math.Hypot(px-cx, py-cy))
}

// unit cuts a coverage to 0..1.
func unit(v float64) float64 { return math.Min(math.Max(v, 0), 1) }

// Dot implements scene.Painter.
func (r *raster) Dot(role scene.Role, x, y, radius float64) {
	x, y, radius = x*r.scale, y*r.scale, radius*r.scale
	reach := radius + 1
	box := image.Rect(int(x-reach), int(y-reach), int(x+reach)+1, int(y+reach)+1).Intersect(r.bounds)
	for py := box.Min.Y; py < box.Max.Y; py++ {
		for px := box.Min.X; px < box.Max.X; px++ {
			part := unit(radius + 0.5 - math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y))
			r.blend(px, py, r.colours[role], uint32(part*255+0.5))
		}
	}
}

// blend lays a colour on a pixel inside the picture, as much of it as part says, 0 to 255.
func (r *raster) blend(x, y int, c color.NRGBA, part uint32) {
	if part == 0 {
		return
	}
	i := (y-r.bounds.Min.Y)*r.stride + (x-r.bounds.Min.X)*4
	over(r.pix[i:i+4:i+4], c, part*uint32(c.A))
}

// over lays a colour on an opaque pixel; alpha is of 255 × 255.
func over(p []uint8, c color.NRGBA, alpha uint32) {
	const whole = 255 * 255
	rest := whole - alpha
	p[0] = uint8((uint32(c.R)*alpha + uint32(p[0])*rest + whole/2) / whole)
	p[1] = uint8((uint32(c.G)*alpha + uint32(p[1])*rest + whole/2) / whole)
	p[2] = uint8((uint32(c.B)*alpha + uint32(p[2])*rest + whole/2) / whole)
}

// span lays a colour on the pixels of a row, from inside to outside.
func (r *raster) span(y, from, to int, c color.NRGBA, part uint32) {
	i := (y-r.bounds.Min.Y)*r.stride + (from-r.bounds.Min.X)*4
	row := r.pix[i : i+4*(to-from)]
	alpha := part * uint32(c.A)
	if alpha < 255*255 {
		for ; len(row) >= 4; row = row[4:] {
			over(row, c, alpha)
		}
		return
	}
	copy(row, []uint8{c.R, c.G, c.B, 0xFF})
	for done := 4; done < len(row); done *= 2 {
		copy(row[done:], row[:done])
	}
}
