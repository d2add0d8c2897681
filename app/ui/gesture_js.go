package ui

import (
	"math"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"telltale/app/live"
	"telltale/shared/board"
	"telltale/shared/metric"
	"telltale/shared/series"
)

// live_ keeps callbacks of Viewer.See short.
type live_ = live.Contact

const holding = metric.Counter

// hand is what fingers and mouse do on the plots.
type hand struct {
	place, down, move, up, leave, twice, wheel js.Func
	touch, touched, keys                       js.Func

	of        *stageCard
	doing     doing
	x         float64 // where it began, in the plot
	at        int64   // and the time there
	was       when    // what was shown then
	fingers   [2]float64
	tapped    time.Time
	scrubbing bool
}

// doing is what a hand does.
type doing uint8

const (
	idle doing = iota
	picking
	panning
	pinching
	reading
)

const leastPick = 5 // pixels: less is a click

// handle makes the functions that all plots share; they live as long as the page.
func (s *stage) handle() {
	h := &s.time.hand
	on := func(do func(st *stageCard, event js.Value)) js.Func {
		return js.FuncOf(func(this js.Value, args []js.Value) any {
			if st, is := s.nth[this.Get("telltaleCard").Int()].(*stageCard); is && st.timed() && s.turnable() {
				do(st, args[0])
			}
			return nil
		})
	}
	h.place = js.FuncOf(func(js.Value, []js.Value) any { s.placeCross(); return nil })
	h.down, h.move, h.up = on(s.pressedOn), on(s.movedOn), on(s.releasedOn)
	h.leave = on(func(*stageCard, js.Value) {
		if h.doing == idle {
			s.crossOff()
		}
	})
	h.twice = on(func(_ *stageCard, event js.Value) { event.Call("preventDefault"); s.crossOff(); s.Back() })
	h.wheel = on(s.wheeled)
	h.touch, h.touched = on(s.touches), on(s.touchEnds)
	h.keys = on(s.keyed)
}

// turnable tells whether the page is one that goes through time, and is not being arranged.
func (s *stage) turnable() bool {
	return s.time.goTo != nil && !js.Global().Get("document").Call("getElementById", "frames").Truthy()
}

// attend has a plot listen. What takes the page's own scrolling away is heard of here
// alone, so that the browser waits for nobody elsewhere.
func (s *stage) attend(plot js.Value) {
	h := &s.time.hand
	if h.place.IsUndefined() {
		s.handle()
	}
	active := map[string]any{"passive": false}
	for event, f := range map[string]js.Func{"pointerdown": h.down, "pointermove": h.move, "pointerup": h.up, "pointercancel": h.up,
		"pointerleave": h.leave, "dblclick": h.twice, "keydown": h.keys, "touchend": h.touched, "touchcancel": h.touched} {
		plot.Call("addEventListener", event, f)
	}
	for event, f := range map[string]js.Func{"wheel": h.wheel, "touchstart": h.touch, "touchmove": h.touch} {
		plot.Call("addEventListener", event, f, active)
	}
}

// shownNow is the time that what is shown is as of.
func (s *stage) shownNow() (now int64) {
	s.viewer.See(func(_ *series.Set, at int64, _ live_) { now = at })
	return now
}

func (st *stageCard) within(event js.Value) float64 {
	box := st.plot.Call("getBoundingClientRect")
	return event.Get("clientX").Float() - box.Get("left").Float()
}

// timeAt is the time under x, also where that is beside the plot.
func (s *stage) timeAt(st *stageCard, x float64) int64 {
	from, to := s.window(s.shownNow())
	left, _ := st.chart.At(from, 0)
	right, _ := st.chart.At(to, 0)
	if right <= left {
		return to
	}
	return from + int64((x-left)/(right-left)*float64(to-from))
}

func (s *stage) pressedOn(st *stageCard, event js.Value) {
	h := &s.time.hand
	if event.Get("pointerType").String() == "touch" || event.Get("button").Int() != 0 {
		return
	}
	h.of, h.x, h.was = st, st.within(event), s.when()
	h.at = s.timeAt(st, h.x)
	h.doing = picking
	if event.Get("shiftKey").Bool() {
		h.doing = panning
	}
	st.plot.Call("setPointerCapture", event.Get("pointerId"))
	st.plot.Call("focus", map[string]any{"preventScroll": true})
}

func (s *stage) movedOn(st *stageCard, event js.Value) {
	h := &s.time.hand
	if event.Get("pointerType").String() == "touch" {
		return
	}
	x := st.within(event)
	switch {
	case h.of == nil || h.doing == idle:
		s.crossAt(st, x, false)
	case h.doing == panning:
		s.panBy(h.x - x)
	case math.Abs(x-h.x) >= leastPick:
		s.pick(h.at, s.timeAt(h.of, x))
	default:
		s.pick(0, 0)
	}
}

// panBy moves what was shown when the hand came down by so many pixels.
func (s *stage) panBy(pixels float64) {
	h := &s.time.hand
	s.crossOff()
	s.zoom(h.was.panned(int64(pixels*h.of.perPixel(h.was.ms)), s.viewer.Moment().Now), false)
}

// perPixel is how many ms a pixel stands for where the plot's width stands for length.
func (st *stageCard) perPixel(length int64) float64 {
	left, _ := st.chart.At(0, 0)
	right, _ := st.chart.At(1_000_000, 0)
	if right <= left {
		return float64(length) / max(st.width, 1)
	}
	return 1_000_000 / (right - left)
}

func (s *stage) releasedOn(st *stageCard, event js.Value) {
	h := &s.time.hand
	if h.of == nil || event.Get("pointerType").String() == "touch" {
		return
	}
	x, did := st.within(event), h.doing
	of := h.of
	h.of, h.doing = nil, idle
	s.pick(0, 0)
	switch {
	case event.Get("type").String() == "pointercancel":
	case did == panning:
		s.Aim(s.when(), true)
	case did == picking && math.Abs(x-h.x) >= leastPick:
		from, to := h.at, s.timeAt(of, x)
		s.crossOff()
		s.zoom(between(min(from, to), max(from, to), s.viewer.Moment().Now), true)
	}
}

// pick draws what is being selected, on all charts; from 0 to 0 is nothing.
func (s *stage) pick(from, to int64) {
	if from > to {
		from, to = to, from
	}
	for _, st := range s.cards {
		if !st.timed() || !st.visible && to != 0 || to == 0 && !st.over.root.Truthy() {
			continue
		}
		o := st.cover()
		o.root.Get("classList").Call("toggle", "picking", to != 0)
		if to == 0 {
			continue
		}
		left, _ := st.chart.At(from, 0)
		right, _ := st.chart.At(to, 0)
		edge, _ := st.chart.At(s.timeAt(st, 0), 0)
		left, right = max(left, edge), min(right, st.width)
		style := o.pick.Get("style")
		style.Set("transform", "translateX("+px(left)+")")
		style.Set("width", px(max(right-left, 1)))
	}
}

// wheeled zooms with ctrl, as browsers also tell of a pinch on a touchpad, and pans where the
// wheel goes sideways. Any other wheel is the page's.
func (s *stage) wheeled(st *stageCard, event js.Value) {
	dx, dy := event.Get("deltaX").Float(), event.Get("deltaY").Float()
	switch scale := event.Get("deltaMode").Int(); scale {
	case 1:
		dx, dy = dx*16, dy*16
	case 2:
		dx, dy = dx*200, dy*200
	}
	now := s.viewer.Moment().Now
	switch {
	case event.Get("ctrlKey").Bool() || event.Get("metaKey").Bool():
		event.Call("preventDefault")
		factor := math.Exp(min(max(dy, -120), 120) / 300)
		s.zoom(s.when().zoomed(s.timeAt(st, st.within(event)), factor, now), false)
	case event.Get("shiftKey").Bool() && dx == 0:
		dx = dy
		fallthrough
	case math.Abs(dx) > math.Abs(dy):
		event.Call("preventDefault")
		s.zoom(s.when().panned(int64(dx*st.perPixel(s.when().ms)), now), false)
	}
}

// touches takes one finger that goes sideways, which reads values, and two, which zoom and
// pan; a finger that goes up or down scrolls the page.
func (s *stage) touches(st *stageCard, event js.Value) {
	h := &s.time.hand
	list := event.Get("touches")
	box := st.plot.Call("getBoundingClientRect").Get("left").Float()
	at := func(i int) float64 { return list.Index(i).Get("clientX").Float() - box }
	switch n := list.Length(); {
	case n == 1 && event.Get("type").String() == "touchstart":
		h.of, h.doing, h.x = st, reading, at(0)
		s.crossAt(st, h.x, false)
	case n == 1 && h.doing == reading:
		s.crossAt(st, at(0), false)
	case n == 2:
		event.Call("preventDefault")
		left, right := min(at(0), at(1)), max(at(0), at(1))
		if h.doing != pinching {
			h.of, h.doing, h.was = st, pinching, s.when()
			h.fingers = [2]float64{left, right}
			s.crossOff()
			return
		}
		s.pinch(left, right)
	}
}

// pinch shows the stretch in which the times that were under the fingers still are.
func (s *stage) pinch(left, right float64) {
	h := &s.time.hand
	now := s.viewer.Moment().Now
	width := max(h.of.width, 1)
	start, length := h.was.from(now), float64(h.was.ms)
	timeOf := func(x float64) float64 { return x / width * length }
	spread := max(right-left, 8)
	ms := length * (h.fingers[1] - h.fingers[0]) / spread
	from := float64(start) + timeOf(h.fingers[0]) - left/width*ms
	s.zoom(between(int64(from), int64(from+ms), now), false)
}

func (s *stage) touchEnds(st *stageCard, event js.Value) {
	h := &s.time.hand
	if event.Get("touches").Length() > 0 {
		return
	}
	if h.doing == pinching {
		s.Aim(s.when(), true)
	} else if h.doing == reading && time.Since(h.tapped) < 350*time.Millisecond {
		s.crossOff()
		s.Back()
	}
	h.tapped = time.Now()
	h.of, h.doing = nil, idle
}

// keyed moves the crosshair, pans and zooms for who has no mouse.
func (s *stage) keyed(st *stageCard, event js.Value) {
	if event.Get("ctrlKey").Bool() || event.Get("metaKey").Bool() || event.Get("altKey").Bool() {
		return
	}
	now, w := s.viewer.Moment().Now, s.when()
	c := &s.time.cross
	shown := s.shownNow()
	from, to := s.window(shown)
	middle := (from + to) / 2
	if c.on {
		middle = c.ms
	}
	step := int64(1)
	switch key := event.Get("key").String(); key {
	case "ArrowLeft", "ArrowRight":
		if key == "ArrowLeft" {
			step = -1
		}
		if event.Get("shiftKey").Bool() {
			s.zoom(w.panned(step*w.ms/10, now), false)
			break
		}
		s.step(st, step, from, to)
	case "Home":
		s.crossTo(st, from, from, to)
	case "End":
		s.crossTo(st, to, from, to)
	case "+", "=":
		s.zoom(w.zoomed(middle, 0.5, now), false)
	case "-", "_":
		s.zoom(w.zoomed(middle, 2, now), false)
	case "Backspace", "0":
		s.Back()
	case " ":
		s.Toggle()
	case "Escape":
		if !c.on {
			return
		}
		s.crossOff()
	default:
		return
	}
	event.Call("preventDefault")
	event.Call("stopPropagation")
}

// step moves the crosshair to the next sample of a panel, or the next bar.
func (s *stage) step(st *stageCard, by, from, to int64) {
	c := &s.time.cross
	if !c.on || c.ms < from || c.ms > to {
		s.crossTo(st, to, from, to)
		return
	}
	next := c.ms + by*max((to-from)/max(int64(st.width), 1), 1)
	if begin, end, ok := st.chart.BarAt(c.ms); ok && st.card.Panel.Kind == board.Bars {
		next = begin - 1
		if by > 0 {
			next = end
		}
	} else {
		best := int64(math.MaxInt64)
		s.viewer.See(func(set *series.Set, _ int64, _ live_) {
			for _, m := range st.card.Shown {
				if e := set.Metrics[m.ID]; e != nil {
					if b, ok := e.Series.Next(c.ms, by); ok && max(b.Time-c.ms, c.ms-b.Time) < best {
						best = max(b.Time-c.ms, c.ms-b.Time)
						next = b.Time
					}
				}
			}
		})
	}
	s.crossTo(st, next, from, to)
}

func (s *stage) crossTo(st *stageCard, ms, from, to int64) {
	c := &s.time.cross
	c.on, c.of, c.by, c.ms = true, st, true, min(max(ms, from), to)
	s.crossSoon()
}

// key hears the page's keys for time: p holds and lets go, so does the space bar in the past.
func (s *stage) timeKey(event js.Value) {
	if s.viewer == nil || !s.turnable() || event.Get("ctrlKey").Bool() || event.Get("metaKey").Bool() || event.Get("altKey").Bool() || event.Get("defaultPrevented").Bool() {
		return
	}
	target := event.Get("target")
	if target.Get("closest").Type() == js.TypeFunction && target.Call("closest", "input, textarea, select, [contenteditable], [role=dialog]").Truthy() && target.Get("id").String() != "scrub" {
		return
	}
	switch event.Get("key").String() {
	case "p", "k":
		s.Toggle()
	case "l":
		if s.when().live() {
			return
		}
		s.Live()
	case " ":
		if s.when().live() || target.Call("closest", "button, a, summary, [tabindex]:not(main)").Truthy() {
			return
		}
		s.Toggle()
	default:
		return
	}
	event.Call("preventDefault")
}

// listenTime hears the slider and the keys.
func (s *stage) listenTime() {
	document := js.Global().Get("document")
	on := func(event string, do func(event js.Value)) {
		document.Call("addEventListener", event, js.FuncOf(func(_ js.Value, args []js.Value) any { do(args[0]); return nil }))
	}
	slider := func(settled bool) func(js.Value) {
		return func(event js.Value) {
			if target := event.Get("target"); target.Get("id").String() == "scrub" {
				value, _ := strconv.ParseFloat(strings.TrimSpace(target.Get("value").String()), 64)
				s.time.hand.scrubbing = !settled
				s.scrubTo(value, settled)
			}
		}
	}
	on("input", slider(false))
	on("change", slider(true))
	on("keydown", s.timeKey)
}
