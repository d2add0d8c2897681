package chart

import (
	"telltale/shared/board"
	"telltale/shared/scene"
)

// ToneOf is the tone that thresholds, rising, give a value: that of the last one it reaches.
// "" where it reaches none.
func ToneOf(thresholds []board.Threshold, v float64) (tone board.Tone) {
	for _, t := range thresholds {
		if v >= t.At {
			tone = t.Tone
		}
	}
	return tone
}

// toneWords say tones beside their colours and signs.
var toneWords = map[board.Tone]string{board.Good: "good", board.Warn: "warning", board.Bad: "bad"}

// ToneWord is how a person reads a tone; "" for none.
func ToneWord(tone board.Tone) string { return toneWords[tone] }

// ToneRole is the role of what is drawn in a tone, other where there is none.
func ToneRole(tone board.Tone, other scene.Role) scene.Role {
	switch tone {
	case board.Good:
		return scene.Good
	case board.Warn:
		return scene.Warn
	case board.Bad:
		return scene.Bad
	}
	return other
}

// tone is that of the i-th series' value, none where there is no value or it may be out of date.
func (c *Chart) tone(i int) board.Tone {
	s := &c.in.Series[i]
	if s.Head.Time == 0 || c.cut(i) {
		return ""
	}
	return ToneOf(c.in.Thresholds, s.Head.Value)
}

const signSide = 9.0 // pixels of a tone's sign

// sign draws the shape of a tone, its middle at x, y: a dot, a triangle or a square, so that it
// can be told without its colour.
func (c *Chart) sign(tone board.Tone, x, y float64) {
	const r = signSide / 2
	switch tone {
	case board.Good:
		c.t.Dot(scene.Good, x, y, r)
	case board.Warn:
		c.t.Move(x, y-r)
		c.t.Line(x+r+0.5, y+r)
		c.t.Line(x-r-0.5, y+r)
		c.t.Fill(scene.Warn)
	case board.Bad:
		c.t.Rect(scene.Bad, x-r, y-r, signSide, signSide, 1)
	}
}

const toneSpace = 5.0 // between a tone's sign and its word

// toneWidth is how wide a tone's sign and word are; 0 for none.
func (c *Chart) toneWidth(tone board.Tone) float64 {
	if tone == "" {
		return 0
	}
	return signSide + toneSpace + scene.Width([]byte(toneWords[tone]), deltaSize, scene.Regular)
}

// toneMark draws a tone's sign and its word after it, from x on, their middle at y, where width
// has room, and returns how wide they are.
func (c *Chart) toneMark(tone board.Tone, x, y, width float64) float64 {
	used := c.toneWidth(tone)
	if used == 0 || used > width {
		return 0
	}
	c.sign(tone, x+signSide/2, y)
	c.t.Text(x+signSide+toneSpace, y, []byte(toneWords[tone]), scene.Style{Role: scene.Muted, Size: deltaSize, Baseline: scene.Middle})
	return used
}

// thresholds draws the grounds of values to watch behind the plot, and a line where each tone
// begins, with its word where there is room.
func (c *Chart) thresholds() {
	above := c.plot.y
	for k := len(c.in.Thresholds) - 1; k >= 0; k-- {
		t := c.in.Thresholds[k]
		if t.At >= c.y.hi {
			continue
		}
		y := c.y.at(t.At)
		if t.Tone != board.Good && y-above > 0.1 {
			c.t.Rect(ToneRole(t.Tone, scene.Axis)+scene.GoodFill-scene.Good, c.plot.x, above, c.plot.w, y-above, 0)
		}
		if t.At <= c.y.lo {
			break
		}
		c.t.Move(c.plot.x, crisp(y))
		c.t.Line(c.plot.right(), crisp(y))
		c.t.Stroke(ToneRole(t.Tone, scene.Axis), 1)
		c.atThreshold(t.Tone, y, y-above)
		above = y
	}
}

// atThreshold says which tone begins at a line, free pixels below what is above it: by its word
// on the line, or beside the plot by its sign where bars would stand over the word.
func (c *Chart) atThreshold(tone board.Tone, y, free float64) {
	switch {
	case c.in.Kind == Bars && len(c.labels) > 0 && c.plot.x > signSide:
		c.sign(tone, c.plot.x-signSide/2, y)
	case c.in.Kind != Bars && free >= labelSize+2 && c.plot.w >= 180:
		style := scene.Style{Role: scene.Muted, Size: thresholdSize, Align: scene.Right}
		c.t.Text(c.plot.right()-2, y-3, []byte(toneWords[tone]), style)
	}
}

const thresholdSize = 10.0 // of the word at a threshold's line
