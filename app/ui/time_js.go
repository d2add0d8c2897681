package ui

import (
	"strconv"
	"syscall/js"
	"time"

	"telltale/app/live"
)

// clockwork is what the stage keeps of time.
type clockwork struct {
	goTo   func(w when, push bool)
	aim    *when // shown before the place is there, until its values are
	steps  trail
	series bool        // gestures follow on each other: one step back goes before all of them
	settle *time.Timer // ends the series
	look   *time.Timer // looks at what is aimed at, a few times a second
	ms     int64       // the length of what was live last
	speed  int64       // the moment was played at last
	said   timeSaid
	cross  cross
	hand   hand
}

// timeSaid is what the page says of time.
type timeSaid struct {
	past    bool
	words   string
	ago     string
	at, max int64 // of the slider
	speed   int64
	bar     js.Value
}

const (
	settleAfter = 350 * time.Millisecond // of stillness a gesture has ended
	lookEvery   = 120 * time.Millisecond
)

// Turns has goTo called when the person turns to another stretch of time.
func (s *stage) Turns(goTo func(w when, push bool)) { s.time.goTo = goTo }

// Zone is the offset of the browser's time from UTC.
func (s *stage) Zone(ms int64) int { return s.clock.at(ms) }

// when is the stretch of time that is shown, or aimed at.
func (s *stage) when() when {
	if s.time.aim != nil {
		return *s.time.aim
	}
	return when{s.look.To, s.look.RangeMS}
}

// window is what the width of charts stands for, where what is shown is as of now.
func (s *stage) window(now int64) (from, to int64) {
	w := s.when()
	if s.time.aim != nil && !w.live() {
		return w.to - w.ms, w.to
	}
	return now - w.ms, now
}

// aimed has a look be at what is aimed at.
func (s *stage) aimed(look *live.Look) {
	if s.time.aim != nil {
		look.To, look.RangeMS = s.time.aim.to, s.time.aim.ms
	}
}

// opened takes notice that the page shows another place.
func (s *stage) opened(look live.Look) {
	if s.time.aim != nil && *s.time.aim != (when{look.To, look.RangeMS}) {
		s.time.aim = nil
	}
	if look.To == 0 {
		s.time.ms = look.RangeMS
	}
	s.crossOff()
}

// Aim shows another stretch of time at once, as far as it is there; the rest is asked for
// as the hand moves, and the page goes there once it rests.
func (s *stage) Aim(w when, settled bool) {
	t := &s.time
	if s.viewer == nil || t.goTo == nil {
		return
	}
	t.aim = &w
	s.all()
	if t.settle == nil {
		t.settle = time.AfterFunc(time.Hour, s.rest)
		t.look = time.AfterFunc(time.Hour, func() { s.viewer.Look(s.ctx, s.looks()) })
		t.look.Stop()
	}
	if settled {
		s.rest()
		return
	}
	if !t.series {
		t.series = true
		t.look.Reset(0)
	} else if t.look.Reset(lookEvery) {
		t.look.Reset(lookEvery / 2) // one was due already
	}
	t.settle.Reset(settleAfter)
}

// rest goes to what was aimed at.
func (s *stage) rest() {
	t := &s.time
	t.settle.Stop()
	t.look.Stop()
	push := !t.series || s.look.To == 0
	t.series = false
	if t.aim != nil {
		t.goTo(*t.aim, push)
	}
}

// zoom aims at a stretch to come back from.
func (s *stage) zoom(w when, settled bool) {
	if !s.time.series {
		s.time.steps.leave(s.when())
	}
	s.Aim(w, settled)
	if !settled {
		s.time.series = true
	}
}

// Back goes back to where one zoomed in from.
func (s *stage) Back() {
	usual := s.time.ms
	if usual == 0 {
		usual = spans[usualSpan].ms
	}
	s.Aim(s.time.steps.back(usual), true)
}

// Live goes back to the present, at the length that was shown of it last.
func (s *stage) Live() {
	s.time.steps = nil
	s.Aim(s.time.steps.back(max(s.time.ms, second)), true)
}

// Freeze shows this very moment, or lets it go on.
func (s *stage) Freeze() {
	if s.when().live() {
		s.Aim(when{s.viewer.Moment().Now, s.look.RangeMS}, true)
		return
	}
	s.Live()
}

// Play lets the moment move.
func (s *stage) Play(speed int64) {
	if s.when().live() {
		return
	}
	if s.viewer.Play(s.ctx, speed); speed != 0 {
		s.time.speed = speed
		s.time.aim = nil
		s.all()
		return
	}
	s.time.series = true // no step of its own
	s.Aim(when{s.viewer.Moment().At, s.look.RangeMS}, true)
}

// When is what is shown.
func (s *stage) When() when { return s.when() }

// There is the server's time.
func (s *stage) There() int64 { return s.viewer.Moment().Now }

// Toggle holds what moves and lets go what is held.
func (s *stage) Toggle() {
	switch m := s.viewer.Moment(); {
	case s.when().live():
		s.Freeze()
	case m.Speed != 0:
		s.Play(0)
	default:
		s.Play(max(s.time.speed, 1))
	}
}

// tellTime says on the page what time it shows, and keeps a moment that is played moving.
func (s *stage) tellTime() {
	if s.viewer == nil {
		return
	}
	t, m := &s.time, s.viewer.Moment()
	if a := t.aim; a != nil && !t.series && a.to == m.At && *a == (when{s.look.To, s.look.RangeMS}) {
		t.aim = nil
	}
	document := js.Global().Get("document")
	if past := m.At != 0; past != t.said.past {
		t.said.past = past
		state := "live"
		if past {
			state = "past"
		}
		document.Get("documentElement").Get("dataset").Set("time", state)
		s.said = "" // the lamp's words are others
		s.tellContact()
	}
	if !t.said.past {
		return
	}
	if m.Caught {
		s.Live()
		return
	}
	s.tellMoment(document, m)
	if m.Speed != 0 {
		s.all()
	}
}

// tellMoment brings the bar of the past up to date.
func (s *stage) tellMoment(document js.Value, m live.Moment) {
	said := &s.time.said
	if bar := document.Call("getElementById", "timebar"); !bar.Equal(said.bar) {
		*said = timeSaid{past: true, bar: bar, at: -1}
	}
	if !said.bar.Truthy() {
		return
	}
	at := m.At
	if a := s.time.aim; a != nil && a.to != 0 && s.time.series {
		at = a.to // what the hand is at
	}
	find := func(id string) js.Value { return document.Call("getElementById", id) }
	if words := momentWords(at, s.clock.at); words != said.words {
		said.words = words
		setText(find("moment"), words)
	}
	if past := ago(m.Now - at); past != said.ago {
		said.ago = past
		setText(find("moment-ago"), past)
	}
	slider := find("scrub")
	reached := reach(at, m.Now, s.look.RangeMS) / second
	if s.time.hand.scrubbing {
		reached = said.max
	}
	if reached != said.max {
		said.max = reached
		slider.Set("max", reached)
		slider.Set("step", max(reached/1000, 1))
		setText(find("scrub-from"), ago(reached*second))
	}
	if place := reached - (m.Now-at)/second; place != said.at && !s.time.hand.scrubbing {
		said.at = place
		slider.Set("value", place)
		slider.Call("setAttribute", "aria-valuetext", said.words)
		slider.Get("style").Call("setProperty", "--at", strconv.FormatFloat(float64(place)/float64(max(reached, 1)), 'f', 4, 64))
	}
	if m.Speed != said.speed {
		said.speed = m.Speed
		playing := "no"
		if m.Speed != 0 {
			playing = "yes"
		}
		said.bar.Get("dataset").Set("playing", playing)
		buttons := said.bar.Call("querySelectorAll", "[data-speed]")
		for i := range buttons.Length() {
			pressed := buttons.Index(i).Get("dataset").Get("speed").String() == strconv.FormatInt(m.Speed, 10)
			buttons.Index(i).Call("setAttribute", "aria-pressed", strconv.FormatBool(pressed))
		}
		label := "Play"
		if m.Speed != 0 {
			label = "Hold"
		}
		find("play").Call("setAttribute", "aria-label", label)
		find("play").Set("title", label+" (p)")
	}
}

// scrubTo takes the slider, which goes in seconds.
func (s *stage) scrubTo(value float64, settled bool) {
	now := s.viewer.Moment().Now
	w := when{now - (s.time.said.max-int64(value))*second, s.when().ms}
	if int64(value) >= s.time.said.max {
		w.to = 0
	}
	s.time.series = s.time.series || s.look.To != 0
	s.Aim(w, settled)
}
