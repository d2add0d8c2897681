package ui

import (
	"math"
	"strings"
	"syscall/js"

	"telltale/shared/board"
	"telltale/shared/chart"
	"telltale/shared/series"
)

// cross is the crosshair: one time, over all charts. It is drawn by moving elements that lie
// over the canvases, which are not drawn for it.
type cross struct {
	on    bool
	ms    int64
	of    *stageCard // where the hand is
	asked bool       // an animation frame is to place it
	by    bool       // a key moved it: a screen reader is told
}

// over is what lies over one plot.
type over struct {
	root, rule, tip, pick js.Value
	x                     float64
	words                 string
	shown                 bool
}

// timed tells whether a panel's width stands for time.
func (st *stageCard) timed() bool {
	switch st.card.Panel.Kind {
	case board.Line, board.Area, board.Bars, board.Stat, board.Auto:
		return st.width > 0
	}
	return false
}

// cover makes what lies over a plot, the first time and where go-app threw it away.
func (st *stageCard) cover() *over {
	o := &st.over
	if o.root.Truthy() && o.root.Get("parentNode").Truthy() {
		return o
	}
	make := func(class string, into js.Value) js.Value {
		node := js.Global().Get("document").Call("createElement", "div")
		node.Set("className", class)
		into.Call("append", node)
		return node
	}
	*o = over{root: make("over", st.plot), x: -1}
	o.root.Call("setAttribute", "aria-hidden", "true")
	o.pick, o.rule, o.tip = make("pick", o.root), make("rule", o.root), make("tip", o.root)
	return o
}

// crossAt puts the crosshair where the hand is over a plot: on the nearest sample.
func (s *stage) crossAt(st *stageCard, x float64, by bool) {
	ms, ok := st.chart.Hit(x)
	if !ok {
		s.crossOff()
		return
	}
	from, to := s.window(s.shownNow())
	within := (to - from) * 12 / max(int64(st.width), 1)
	c := &s.time.cross
	s.viewer.See(func(set *series.Set, _ int64, _ live_) {
		best := within + 1
		if st.card.Panel.Kind == board.Bars {
			return
		}
		for _, m := range st.card.Shown {
			if e := set.Metrics[m.ID]; e != nil {
				if b, ok := chart.Nearest(e.Series, ms, within); ok && max(b.Time-ms, ms-b.Time) < best && b.Time >= from && b.Time <= to {
					best = max(b.Time-ms, ms-b.Time)
					c.ms = b.Time
				}
			}
		}
		if best <= within {
			ms = c.ms
		}
	})
	c.on, c.ms, c.of, c.by = true, ms, st, by
	s.crossSoon()
}

// crossOff takes it away.
func (s *stage) crossOff() {
	if c := &s.time.cross; c.on {
		c.on, c.of = false, nil
		s.crossSoon()
	}
}

// crossSoon places it in the next animation frame.
func (s *stage) crossSoon() {
	if s.time.cross.asked {
		return
	}
	s.time.cross.asked = true
	js.Global().Call("requestAnimationFrame", s.time.hand.place)
}

// placeCross moves what lies over the plots in sight.
func (s *stage) placeCross() {
	c := &s.time.cross
	c.asked = false
	spoken := ""
	s.viewer.See(func(set *series.Set, now int64, _ live_) {
		from, to := s.window(now)
		for _, st := range s.cards {
			if !st.timed() || !st.visible && !st.over.shown {
				continue
			}
			on := c.on && st.visible && c.ms >= from && c.ms <= to
			if !on && !st.over.shown {
				continue
			}
			o := st.cover()
			if o.shown != on {
				o.shown = on
				o.root.Get("classList").Call("toggle", "on", on)
			}
			if !on {
				continue
			}
			x, _ := st.chart.At(c.ms, 0)
			words := s.readings(st, set, c.ms, to-from)
			if words != o.words {
				o.words = words
				o.tip.Set("textContent", words)
			}
			if x != o.x {
				o.x = x
				o.rule.Get("style").Set("transform", "translateX("+px(x)+")")
				side := "after"
				if x > st.width/2 {
					side = "before"
				}
				o.tip.Get("dataset").Set("side", side)
				if side == "before" {
					x -= st.width
				}
				o.tip.Get("style").Set("transform", "translateX("+px(x)+")")
			}
			if st == c.of {
				spoken = st.card.title() + ": " + strings.ReplaceAll(words, "\n", ", ")
			}
		}
	})
	if c.by && spoken != "" {
		c.by = false
		if says := js.Global().Get("document").Call("getElementById", "cross-says"); says.Truthy() { // a wallboard has none
			says.Set("textContent", spoken)
		}
	}
}

// readings are what a panel has at a time: the time and each series' exact value, a line each.
func (s *stage) readings(st *stageCard, set *series.Set, ms, length int64) string {
	if st.card.Panel.Kind == board.Bars {
		return s.barReadings(st, ms, length)
	}
	text, at := "", ms
	for i, m := range st.card.Shown {
		words := "no sample"
		if e := set.Metrics[m.ID]; e != nil {
			b, ok := chart.Nearest(e.Series, ms, max(3*e.Series.Step(), length*6/max(int64(st.width), 1)))
			if held, is := e.Series.Upto(ms); is && (!ok || m.Kind == holding) {
				if m.Kind == holding || ms-held.Time < length/20 {
					b, ok = held, true
				}
			}
			if ok {
				if len(st.card.Shown) == 1 && m.Kind != holding {
					at = b.Time // the one that was read
				}
				words = valueText(b.Last, st.unit(i))
				if b.Min != b.Max && b.Count > 1 && !math.IsNaN(b.Min) {
					words += " (" + valueText(b.Min, st.unit(i)) + " to " + valueText(b.Max, st.unit(i)) + ")"
				}
			}
		}
		text += "\n" + st.named(i) + words
	}
	return clockWords(at, length, s.clock.at) + text
}

func (s *stage) barReadings(st *stageCard, ms, length int64) string {
	from, to, ok := st.chart.BarAt(ms)
	if !ok {
		return clockWords(ms, length, s.clock.at)
	}
	var text strings.Builder
	text.WriteString(clockWords(from, length, s.clock.at) + " to " + clockWords(to, length, s.clock.at))
	for i := range st.card.Shown {
		sum := st.chart.BarSum(ms, i)
		sign := ""
		if sum > 0 {
			sign = "+"
		}
		text.WriteString("\n" + st.named(i) + sign + valueText(sum, st.unit(i)))
	}
	return text.String()
}

// named begins the line of one of several series.
func (st *stageCard) named(i int) string {
	if len(st.card.Shown) < 2 || i >= len(st.card.Titles) {
		return ""
	}
	return st.card.Titles[i] + " "
}

func (st *stageCard) unit(i int) string {
	if st.card.Panel.Unit != "" {
		return st.card.Panel.Unit
	}
	return st.card.Shown[i].Unit
}

func valueText(v float64, unit string) string { return string(chart.AppendValue(nil, v, unit)) }
