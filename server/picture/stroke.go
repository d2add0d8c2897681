package picture

import (
	"image"
	"math"

	"telltale/shared/scene"
)

// Stroke implements scene.Painter. Joins are round, ends are cut off straight, as a canvas
// and SVG have them.
func (r *raster) Stroke(role scene.Role, width float64) {
	defer r.forget()
	radius := width * r.scale / 2
	strength := 1.0
	if radius < 0.5 { // thinner than a pixel: fainter instead
		radius, strength = 0.5, 2*radius
	}
	box := r.reach(radius + 1)
	if box.Empty() {
		return
	}
	size := box.Dx() * box.Dy()
	if cap(r.cover) < size {
		r.cover = make([]uint8, size)
	}
	r.cover = r.cover[:size]
	clear(r.cover)
	for i, begin := range r.parts {
		part := r.path[begin:r.partEnd(i)]
		for k := 1; k < len(part); k++ {
			r.piece(box, part[k-1], part[k], radius, k == 1, k == len(part)-1)
		}
	}
	c := r.colours[role]
	i := 0
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if part := r.cover[i]; part != 0 {
				r.blend(x, y, c, uint32(float64(part)*strength))
			}
			i++
		}
	}
}

// piece notes for each pixel how much of it the piece of a line from a to b covers, where
// that is more than what others do. first and last say that it begins, or ends, the line.
func (r *raster) piece(box image.Rectangle, a, b point, radius float64, first, last bool) {
	dx, dy := b.x-a.x, b.y-a.y
	length := math.Hypot(dx, dy)
	if length == 0 {
		return
	}
	ux, uy := dx/length, dy/length
	reach := radius + 0.5
	top := max(int(math.Floor(math.Min(a.y, b.y)-reach)), box.Min.Y)
	foot := min(int(math.Ceil(math.Max(a.y, b.y)+reach)), box.Max.Y)
	left, right := math.Min(a.x, b.x)-reach, math.Max(a.x, b.x)+reach
	for y := top; y < foot; y++ {
		py := float64(y) + 0.5 - a.y
		from, to := left, right
		if math.Abs(uy) > 0.05 { // only the pixels of this row that are near the line
			at, half := a.x+py*ux/uy, reach/math.Abs(uy)
			from, to = math.Max(from, at-half), math.Min(to, at+half)
		}
		x, end := max(int(math.Floor(from)), box.Min.X), min(int(math.Ceil(to)), box.Max.X)
		if x >= end {
			continue
		}
		row := r.cover[(y-box.Min.Y)*box.Dx():]
		for ; x < end; x++ {
			px := float64(x) + 0.5 - a.x
			along, aside := px*ux+py*uy, math.Abs(px*uy-py*ux)
			ends := 1.0
			switch {
			case along < 0 && !first:
				aside = math.Hypot(px, py)
			case along > length && !last:
				aside = math.Hypot(px-dx, py-dy)
			case first && along < 0.5:
				ends = along + 0.5
			}
			if last && along > length-0.5 {
				ends = math.Min(ends, length-along+0.5)
			}
			if part := math.Min(reach-aside, 1) * math.Min(ends, 1); part > 0 {
				row[x-box.Min.X] = max(row[x-box.Min.X], uint8(part*255+0.5))
			}
		}
	}
}
