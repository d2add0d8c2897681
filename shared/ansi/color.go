package ansi

import (
	"math"
	"sync"
)

// RGB is a colour of 24 bits, 0xrrggbb.
type RGB uint32

func (c RGB) parts() (r, g, b int) { return int(c >> 16 & 255), int(c >> 8 & 255), int(c & 255) }

func rgb(r, g, b int) RGB { return RGB(r<<16 | g<<8 | b) }

// sixteen are the colours that a reader chooses: ours are of one family.
var sixteen = [16]RGB{
	0x1f2730, 0xc93a2b, 0x2a8f55, 0xa87b00, 0x2f6bd8, 0xa838a0, 0x128a9e, 0xd3dae1,
	0x71808d, 0xf0604f, 0x43c57f, 0xe2b23c, 0x62a5ff, 0xdb78d3, 0x3ec7dc, 0xffffff,
}

// RGB is the colour as it would be on any ground; false for the reader's own.
func (c Color) RGB() (RGB, bool) {
	n := int(c & 0xff)
	switch {
	case c&direct != 0:
		return RGB(c & 0xffffff), true
	case c&indexed == 0:
		return 0, false
	case n < 16:
		return sixteen[n], true
	case n < 232:
		level := func(i int) int {
			if i == 0 {
				return 0
			}
			return 55 + 40*i
		}
		n -= 16
		return rgb(level(n/36), level(n/6%6), level(n%6)), true
	}
	grey := 8 + 10*(n-232)
	return rgb(grey, grey, grey), true
}

// enough is the contrast that text needs (WCAG 2.1, 1.4.3).
const enough = 4.5

// Readable is a colour moved towards black or white until text in it can be read on
// the ground. A grey that cannot be is turned round first: what a program writes in
// white for emphasis on a dark terminal is dark on paper.
func Readable(c, ground RGB) RGB {
	if Contrast(c, ground) >= enough {
		return c
	}
	r, g, b := c.parts()
	if max(r, g, b)-min(r, g, b) < 32 {
		if c = rgb(255-r, 255-g, 255-b); Contrast(c, ground) >= enough {
			return c
		}
		r, g, b = c.parts()
	}
	end := 255
	if Contrast(0, ground) > Contrast(0xffffff, ground) {
		end = 0
	}
	for step := 1; step < 16; step++ {
		c = rgb(r+(end-r)*step/16, g+(end-g)*step/16, b+(end-b)*step/16)
		if Contrast(c, ground) >= enough {
			return c
		}
	}
	return rgb(end, end, end)
}

// Faint is a colour half way to the ground, as far as it can still be read.
func Faint(c, ground RGB) RGB {
	r, g, b := c.parts()
	x, y, z := ground.parts()
	return Readable(rgb((2*r+x)/3, (2*g+y)/3, (2*b+z)/3), ground)
}

// Contrast is that of WCAG 2.1: 1 to 21.
func Contrast(a, b RGB) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.1: 0 to 1.
func luminance(c RGB) float64 {
	r, g, b := c.parts()
	linear := linear()
	return 0.2126*linear[r] + 0.7152*linear[g] + 0.0722*linear[b]
}

// linear is made when it is wanted: a phone waits for what a program makes at its start.
var linear = sync.OnceValue(func() *[256]float64 {
	var table [256]float64
	for i := range table {
		if v := float64(i) / 255; v <= 0.04045 {
			table[i] = v / 12.92
		} else {
			table[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return &table
})
